/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an XMPP server says (RFC 6120 section 5.4): tags, of which only those that decide are looked
 * at, and nesting is counted. It is no XML parser, and needs none for what it may conclude.
 */
#include "daemon/starttls_impl.h"

#include <stdio.h>
#include <string.h>

static bool
is_space(uint8_t c)
{
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
name_is(const struct pdane_starttls *s, const char *start)
{
        size_t len = strlen(start);
        if (s->n <= len || memcmp(s->line, start, len) != 0)
                return false;
        uint8_t c = s->line[len];
        return is_space(c) || c == '/' || c == '>';
}

static bool
in_tls_namespace(const struct pdane_starttls *s)
{
        static const char one[] = " xmlns='" PDANE_XMPP_TLS_NS "'",
                          two[] = " xmlns=\"" PDANE_XMPP_TLS_NS "\"";
        return memmem(s->line, s->n, one, sizeof one - 1) ||
               memmem(s->line, s->n, two, sizeof two - 1);
}

/* A child of the stream. */
static void
xml_open_stanza(struct pdane_starttls *s)
{
        if (s->stage == PDANE_STAGE_OFFER && name_is(s, "<stream:features"))
                return;
        if (s->stage == PDANE_STAGE_GO_AHEAD && name_is(s, "<proceed") && in_tls_namespace(s))
                return;
        bool refused = name_is(s, "<stream:error") || name_is(s, "<failure");
        pdane_starttls_fail(s, refused ? "refused" : "unexpected reply");
}

static void
xml_open(struct pdane_starttls *s)
{
        bool empty = s->line[s->n - 2] == '/';
        if (s->depth == 0 && (empty || !name_is(s, "<stream:stream")))
                pdane_starttls_fail(s, "unexpected reply");
        else if (s->depth == 1)
                xml_open_stanza(s);
        else if (s->depth == 2 && s->stage == PDANE_STAGE_GO_AHEAD)
                pdane_starttls_fail(s, "unexpected reply");
        else if (s->depth == 2 && name_is(s, "<starttls") && in_tls_namespace(s))
                s->offered = true;
        if (s->state == PDANE_STARTTLS_FAILED)
                return;
        if (!empty)
                s->depth++;
        else if (s->depth == 1)
                pdane_starttls_stage_over(s);
}

static void
xml_close(struct pdane_starttls *s)
{
        const char *stanza = s->stage == PDANE_STAGE_OFFER ? "</stream:features" : "</proceed";
        if (s->depth < 2 || (s->depth == 2 && !name_is(s, stanza))) {
                pdane_starttls_fail(s, "unexpected reply");
                return;
        }
        if (--s->depth == 1)
                pdane_starttls_stage_over(s);
}

/* Comments, document types and processing instructions are not in XMPP (RFC 6120 section 11.1). */
static void
xml_tag(struct pdane_starttls *s)
{
        if (!pdane_starttls_count_line(s))
                return;
        switch (s->line[1]) {
        case '?':
                if (s->lines != 1 || !name_is(s, "<?xml") || s->line[s->n - 2] != '?')
                        pdane_starttls_fail(s, "unexpected reply");
                break;
        case '!':
                pdane_starttls_fail(s, "unexpected reply");
                break;
        case '/':
                xml_close(s);
                break;
        default:
                xml_open(s);
                break;
        }
        s->n = 0;
}

/* Within a tag: an attribute's value may hold ">". */
static void
xml_tag_byte(struct pdane_starttls *s, uint8_t c)
{
        if (c == '<') {
                pdane_starttls_fail(s, "unexpected reply");
                return;
        }
        if (!pdane_starttls_keep(s, c))
                return;
        if (s->quote)
                s->quote = c == s->quote ? 0 : s->quote;
        else if (c == '"' || c == '\'')
                s->quote = c;
        else if (c == '>')
                xml_tag(s);
}

/* Names in it may be UTF-8. Text stands only in what a feature holds. */
void
pdane_starttls_xmpp_byte(struct pdane_starttls *s, uint8_t c)
{
        if ((c < 0x20 && !is_space(c)) || c == 0x7f || c > 0xf4)
                pdane_starttls_fail(s, "not text");
        else if (s->n > 0)
                xml_tag_byte(s, c);
        else if (c == '<')
                (void)pdane_starttls_keep(s, c);
        else if (s->depth < 3 && !is_space(c))
                pdane_starttls_fail(s, "unexpected reply");
}

void
pdane_starttls_xmpp_begin(struct pdane_starttls *s, const char *host)
{
        static const char safe[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
        char text[PDANE_STARTTLS_OUT_MAX];
        int n = snprintf(text, sizeof text,
                         "<?xml version='1.0'?><stream:stream to='%s' version='1.0' "
                         "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
                         host);
        if (n < 0 || (size_t)n >= sizeof text || !*host || host[strspn(host, safe)] != '\0')
                pdane_starttls_fail(s, "host cannot be asked for");
        else
                pdane_starttls_say(s, text, (size_t)n);
}
