/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose turn it is, and what is said in it. A byte is only ever taken in the server's turn, which
 * ends with its reply; what a reply is, the files of the protocols know.
 */
#include "daemon/starttls.h"

#include <string.h>

#include "daemon/starttls_impl.h"

struct protocol {
        enum pdane_starttls_stage first;
        const char *commands[2]; /* said after the greeting, after the offer */
        void (*byte)(struct pdane_starttls *s, uint8_t c);
        void (*begin)(struct pdane_starttls *s,
                      const char *host); /* NULL: the server speaks first */
};

/*
 * EHLO wants a name (RFC 5321 section 4.1.1.1): one that tells nothing and is nobody's (RFC 2606).
 */
static const struct protocol protocols[PDANE_STARTTLS_PROTOCOLS] = {
        [PDANE_STARTTLS_SMTP] = {.commands = {"EHLO client.invalid\r\n", "STARTTLS\r\n"},
                                 .byte = pdane_starttls_smtp_byte},
        [PDANE_STARTTLS_IMAP] = {.commands = {"a CAPABILITY\r\n", "b STARTTLS\r\n"},
                                 .byte = pdane_starttls_imap_byte},
        [PDANE_STARTTLS_POP3] = {.commands = {"CAPA\r\n", "STLS\r\n"},
                                 .byte = pdane_starttls_pop3_byte},
        [PDANE_STARTTLS_XMPP] = {.first = PDANE_STAGE_OFFER,
                                 .commands = {NULL, "<starttls xmlns='" PDANE_XMPP_TLS_NS "'/>"},
                                 .byte = pdane_starttls_xmpp_byte,
                                 .begin = pdane_starttls_xmpp_begin},
        [PDANE_STARTTLS_LDAP] = {.first = PDANE_STAGE_GO_AHEAD,
                                 .byte = pdane_starttls_ldap_byte,
                                 .begin = pdane_starttls_ldap_begin},
};

enum pdane_starttls_protocol
pdane_starttls_for_port(uint16_t port)
{
        switch (port) {
        case 25:
        case 587:
                return PDANE_STARTTLS_SMTP;
        case 110:
                return PDANE_STARTTLS_POP3;
        case 143:
                return PDANE_STARTTLS_IMAP;
        case 389:
                return PDANE_STARTTLS_LDAP;
        case 5222:
                return PDANE_STARTTLS_XMPP;
        default:
                return PDANE_STARTTLS_NONE;
        }
}

/* ---- turns ---- */

void
pdane_starttls_fail(struct pdane_starttls *s, const char *why)
{
        s->state = PDANE_STARTTLS_FAILED;
        s->why = why;
}

void
pdane_starttls_say(struct pdane_starttls *s, const void *data, size_t len)
{
        if (len == 0 || len > sizeof s->out) {
                pdane_starttls_fail(s, "request too long");
                return;
        }
        memcpy(s->out, data, len);
        s->out_len = len;
        s->state = PDANE_STARTTLS_SEND;
}

/* The reply that ends a stage was positive. */
void
pdane_starttls_stage_over(struct pdane_starttls *s)
{
        if (s->stage == PDANE_STAGE_GO_AHEAD) {
                s->state = PDANE_STARTTLS_TLS;
                return;
        }
        if (s->stage == PDANE_STAGE_OFFER && !s->offered) {
                pdane_starttls_fail(s, "not offered");
                return;
        }
        const char *command = protocols[s->protocol].commands[s->stage++];
        s->reply_lines = 0;
        pdane_starttls_say(s, command, strlen(command));
}

/* One more byte into the line buffer. */
bool
pdane_starttls_keep(struct pdane_starttls *s, uint8_t c)
{
        if (s->n >= sizeof s->line) {
                pdane_starttls_fail(s, "line too long");
                return false;
        }
        s->line[s->n++] = c;
        return true;
}

/* A line or a tag is whole. */
bool
pdane_starttls_count_line(struct pdane_starttls *s)
{
        if (++s->lines <= PDANE_STARTTLS_LINES_MAX)
                return true;
        pdane_starttls_fail(s, "too many lines");
        return false;
}

/* ---- the dialogue ---- */

void
pdane_starttls_init(struct pdane_starttls *s, enum pdane_starttls_protocol protocol,
                    const char *host)
{
        *s = (struct pdane_starttls){.state = PDANE_STARTTLS_READ, .why = "", .protocol = protocol};
        if ((unsigned)protocol >= PDANE_STARTTLS_PROTOCOLS || !protocols[protocol].byte) {
                pdane_starttls_fail(s, "no such protocol");
                return;
        }
        s->stage = protocols[protocol].first;
        if (protocols[protocol].begin)
                protocols[protocol].begin(s, host);
}

static void
take_byte(struct pdane_starttls *s, uint8_t c)
{
        if (s->state == PDANE_STARTTLS_TLS)
                pdane_starttls_fail(s, "data between the go-ahead and the handshake");
        else if (s->state == PDANE_STARTTLS_SEND)
                pdane_starttls_fail(s, "data out of turn");
        else if (++s->bytes > PDANE_STARTTLS_BYTES_MAX)
                pdane_starttls_fail(s, "too much data");
        else
                protocols[s->protocol].byte(s, c);
}

enum pdane_starttls_state
pdane_starttls_feed(struct pdane_starttls *s, const uint8_t *data, size_t len)
{
        for (size_t i = 0; i < len && s->state != PDANE_STARTTLS_FAILED; i++)
                take_byte(s, data[i]);
        return s->state;
}

void
pdane_starttls_sent(struct pdane_starttls *s, size_t n)
{
        if (s->state != PDANE_STARTTLS_SEND)
                return;
        if (n > s->out_len)
                n = s->out_len;
        s->out_len -= n;
        memmove(s->out, s->out + n, s->out_len);
        if (s->out_len == 0)
                s->state = PDANE_STARTTLS_READ;
}
