/* SPDX-License-Identifier: BSD-3-Clause */
/* Dialogues as real servers hold them, and what plays them. */
#include "test.h"

#include "starttls_scripts.h"

#define SMTP_CLIENT .client = {OCTETS(EHLO), OCTETS("STARTTLS\r\n")}
#define IMAP_CLIENT .client = {OCTETS("a CAPABILITY\r\n"), OCTETS("b STARTTLS\r\n")}
#define POP3_CLIENT .client = {OCTETS("CAPA\r\n"), OCTETS("STLS\r\n")}
#define XMPP_CLIENT .client_first = true, .client = {OCTETS(XMPP_OPEN), OCTETS(XMPP_WISH)}
#define LDAP_CLIENT .client_first = true, .client = {OCTETS(LDAP_WISH)}

const struct script starttls_scripts[] = {
        {
                PDANE_STARTTLS_SMTP,
                SMTP_CLIENT,
                .server =
                        {OCTETS("220-mx.example ESMTP\r\n220 no spam\r\n"),
                         OCTETS("250-mx.example\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250 HELP\r\n"),
                         OCTETS("220 2.0.0 Ready to start TLS\r\n")},
        },
        {
                PDANE_STARTTLS_IMAP,
                IMAP_CLIENT,
                .server = {OCTETS("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"),
                           OCTETS("* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na OK done\r\n"),
                           OCTETS("b OK begin\r\n")},
        },
        {
                PDANE_STARTTLS_POP3,
                POP3_CLIENT,
                .server = {OCTETS("+OK ready <1@mx.example>\r\n"),
                           OCTETS("+OK\r\nTOP\r\nSTLS\r\nUIDL\r\n.\r\n"), OCTETS("+OK begin\r\n")},
        },
        {
                PDANE_STARTTLS_XMPP,
                XMPP_CLIENT,
                .server = {OCTETS(XMPP_HEADER XMPP_FEATURES), OCTETS("<proceed " XMPP_TLS "/>")},
        },
        {
                PDANE_STARTTLS_LDAP,
                LDAP_CLIENT,
                .server = {OCTETS("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00")},
        },
        /* The least a server may say, in any case. */
        {
                PDANE_STARTTLS_SMTP,
                SMTP_CLIENT,
                .server = {OCTETS("220\r\n"), OCTETS("250-a\r\n250 StartTLS\r\n"),
                           OCTETS("220\r\n")},
        },
        {
                PDANE_STARTTLS_IMAP,
                IMAP_CLIENT,
                .server = {OCTETS("* ok\r\n"),
                           OCTETS("* capability starttls\r\n* 3 EXISTS\r\na ok\r\n"),
                           OCTETS("* OK soon\r\nb ok\r\n")},
        },
        {
                PDANE_STARTTLS_POP3,
                POP3_CLIENT,
                .server = {OCTETS("+OK\r\n"), OCTETS("+ok\r\n.x\r\nstls\r\n.\r\n"),
                           OCTETS("+OK\r\n")},
        },
        /* Double quotes, white space, other features with text, UTF-8, and an element that is not
           empty. */
        {
                PDANE_STARTTLS_XMPP,
                XMPP_CLIENT,
                .server =
                        {OCTETS("<stream:stream from='b\xc3\xbc"
                                "cher.example'>\n <stream:features>\n<mechanisms><mechanism>PLAIN"
                                "</mechanism></mechanisms><starttls "
                                "xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"/></stream:features>"),
                         OCTETS(" <proceed xmlns=\"urn:ietf:params:xml:ns:xmpp-tls\"></proceed>")},
        },
        /* Lengths of four octets, and the name of the operation. */
        {
                PDANE_STARTTLS_LDAP,
                LDAP_CLIENT,
                .server = {OCTETS("\x30\x84\x00\x00\x00\x28\x02\x01\x01\x78\x84\x00\x00\x00\x1f\x0a"
                                  "\x01\x00\x04\x00\x04\x00\x8a\x16" LDAP_OID)},
        },
        /* A matched name and a message. */
        {
                PDANE_STARTTLS_LDAP,
                LDAP_CLIENT,
                .server = {OCTETS("\x30\x11\x02\x01\x01\x78\x0c\x0a\x01\x00\x04\x02"
                                  "dc\x04\x03yes")},
        },
};
const size_t starttls_scripts_count = sizeof starttls_scripts / sizeof *starttls_scripts;

struct pdane_starttls dialogue;

void
begin(enum pdane_starttls_protocol protocol)
{
        memset(&dialogue, 0xa5, sizeof dialogue);
        pdane_starttls_init(&dialogue, protocol, "www.example");
}

/* The client's turn: all that it says, sent in pieces of this size. */
static void
assert_says(struct octets want, size_t piece)
{
        assert_int_equal(dialogue.state, PDANE_STARTTLS_SEND);
        assert_int_equal(dialogue.out_len, want.len);
        assert_memory_equal(dialogue.out, want.data, want.len);
        for (size_t at = 0; at < want.len; at += piece) {
                assert_int_equal(dialogue.state, PDANE_STARTTLS_SEND);
                assert_memory_equal(dialogue.out, want.data + at, want.len - at);
                pdane_starttls_sent(&dialogue, piece < want.len - at ? piece : want.len - at);
        }
        assert_int_equal(dialogue.state, PDANE_STARTTLS_READ);
        assert_int_equal(dialogue.out_len, 0);
}

/* Each byte that is not the last leaves the server its turn. */
void
hear(struct octets text, size_t piece)
{
        for (size_t at = 0; at < text.len; at += piece) {
                size_t n = piece < text.len - at ? piece : text.len - at;
                assert_int_equal(dialogue.state, PDANE_STARTTLS_READ);
                enum pdane_starttls_state state =
                        pdane_starttls_feed(&dialogue, (const uint8_t *)text.data + at, n);
                assert_int_equal(state, dialogue.state);
        }
}

/* The first turns of a script, up to where the server's turn number end would come. */
void
play(const struct script *script, size_t end, size_t piece)
{
        begin(script->protocol);
        for (size_t i = 0; i < end || (script->client_first && i == end); i++) {
                if (script->client_first)
                        assert_says(script->client[i], piece);
                if (i == end)
                        break;
                hear(script->server[i], piece);
                if (!script->client_first && script->client[i].data)
                        assert_says(script->client[i], piece);
        }
}

size_t
turns(const struct script *script)
{
        size_t n = 0;
        while (n < TURNS_MAX && script->server[n].data)
                n++;
        return n;
}

const struct script *
script_of(enum pdane_starttls_protocol protocol)
{
        return &starttls_scripts[protocol - PDANE_STARTTLS_SMTP];
}

void
assert_failed(const char *why)
{
        assert_int_equal(dialogue.state, PDANE_STARTTLS_FAILED);
        assert_string_equal(dialogue.why, why);
        /* For good. */
        pdane_starttls_sent(&dialogue, 1);
        assert_int_equal(pdane_starttls_feed(&dialogue, (const uint8_t *)"220 x\r\n", 7),
                         PDANE_STARTTLS_FAILED);
        assert_string_equal(dialogue.why, why);
}
