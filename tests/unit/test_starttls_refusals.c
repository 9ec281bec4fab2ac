/* SPDX-License-Identifier: BSD-3-Clause */
/* What a server may answer that does not lead to TLS, by protocol. */
#include "test.h"

#include "starttls_scripts.h"

struct refusal {
        enum pdane_starttls_protocol protocol;
        size_t turn; /* of the server; those before go well */
        struct octets text;
        const char *why;
};

static void
assert_refusals(const struct refusal *refusals, size_t n)
{
        for (size_t i = 0; i < n; i++)
                for (size_t piece = 1; piece <= refusals[i].text.len; piece += 511) {
                        const struct refusal *r = &refusals[i];
                        play(script_of(r->protocol), r->turn, 1);
                        for (size_t at = 0; at < r->text.len; at += piece)
                                pdane_starttls_feed(&dialogue, (const uint8_t *)r->text.data + at,
                                                    piece < r->text.len - at ? piece
                                                                             : r->text.len - at);
                        if (dialogue.state != PDANE_STARTTLS_FAILED ||
                            strcmp(dialogue.why, r->why) != 0)
                                fail_msg("refusal %zu: state %d, \"%s\" instead of \"%s\"", i,
                                         (int)dialogue.state, dialogue.why, r->why);
                        assert_failed(r->why);
                }
}
#define ASSERT_REFUSALS(table) assert_refusals(table, sizeof(table) / sizeof *(table))

static void
test_smtp(void **state)
{
        (void)state;
        static const struct refusal table[] = {
                {PDANE_STARTTLS_SMTP, 0, OCTETS("554 no\r\n"), "refused"},
                {PDANE_STARTTLS_SMTP, 0, OCTETS("421 busy\r\n"), "refused"},
                {PDANE_STARTTLS_SMTP, 0, OCTETS("250 x\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_SMTP, 0, OCTETS("22\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_SMTP, 0, OCTETS("\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_SMTP, 0, OCTETS("220x\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_SMTP, 0, OCTETS(" 220 x\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_SMTP, 0, OCTETS("220-x\r\n250 x\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_SMTP, 0, OCTETS("* OK\r\n"), "unexpected reply"},
                /* Nothing is left of the line before. */
                {PDANE_STARTTLS_SMTP, 0, OCTETS("220-x\r\n22\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_SMTP, 0, OCTETS("220 x\n"), "not text"},
                {PDANE_STARTTLS_SMTP, 0, OCTETS("220 x\r250 y"), "not text"},
                {PDANE_STARTTLS_SMTP, 0, OCTETS("220 x\r\r\n"), "not text"},
                {PDANE_STARTTLS_SMTP, 0, OCTETS("220 \0\r\n"), "not text"},
                {PDANE_STARTTLS_SMTP, 0, OCTETS("220 \x7f\r\n"), "not text"},
                {PDANE_STARTTLS_SMTP, 0, OCTETS("220 \x80\r\n"), "not text"},
                {PDANE_STARTTLS_SMTP, 0, OCTETS("\x15\x03\x01\x00\x02"), "not text"},
                {PDANE_STARTTLS_SMTP, 1, OCTETS("502 what?\r\n"), "refused"},
                {PDANE_STARTTLS_SMTP, 1, OCTETS("250 mx.example\r\n"), "not offered"},
                {PDANE_STARTTLS_SMTP, 1, OCTETS("250-x\r\n250 HELP\r\n"), "not offered"},
                {PDANE_STARTTLS_SMTP, 1, OCTETS("250-x\r\n250 XSTARTTLS\r\n"), "not offered"},
                {PDANE_STARTTLS_SMTP, 1, OCTETS("250-x\r\n250 STARTTLSX\r\n"), "not offered"},
                {PDANE_STARTTLS_SMTP, 1, OCTETS("250-x\r\n250 NO STARTTLS\r\n"), "not offered"},
                /* The first line holds the server's name. */
                {PDANE_STARTTLS_SMTP, 1, OCTETS("250-STARTTLS hi\r\n250 HELP\r\n"), "not offered"},
                {PDANE_STARTTLS_SMTP, 2, OCTETS("454 not now\r\n"), "refused"},
                {PDANE_STARTTLS_SMTP, 2, OCTETS("250 ok\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_SMTP, 2, OCTETS("334 \r\n"), "unexpected reply"},
        };
        ASSERT_REFUSALS(table);
}

static void
test_imap(void **state)
{
        (void)state;
        static const struct refusal table[] = {
                {PDANE_STARTTLS_IMAP, 0, OCTETS("* BYE\r\n"), "refused"},
                {PDANE_STARTTLS_IMAP, 0, OCTETS("* PREAUTH hello\r\n"), "refused"},
                {PDANE_STARTTLS_IMAP, 0, OCTETS("* NO\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_IMAP, 0, OCTETS("* OKAY\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_IMAP, 0, OCTETS("*\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_IMAP, 0, OCTETS("a OK\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_IMAP, 0, OCTETS("+OK\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_IMAP, 0, OCTETS("* OK \xff\r\n"), "not text"},
                {PDANE_STARTTLS_IMAP, 1, OCTETS("a OK\r\n"), "not offered"},
                {PDANE_STARTTLS_IMAP, 1, OCTETS("* CAPABILITY IMAP4rev1\r\na OK\r\n"),
                 "not offered"},
                {PDANE_STARTTLS_IMAP, 1, OCTETS("* CAPABILITY XSTARTTLS STARTTLS=1\r\na OK\r\n"),
                 "not offered"},
                {PDANE_STARTTLS_IMAP, 1, OCTETS("* OK no STARTTLS here\r\na OK\r\n"),
                 "not offered"},
                {PDANE_STARTTLS_IMAP, 1, OCTETS("a BAD\r\n"), "refused"},
                {PDANE_STARTTLS_IMAP, 1, OCTETS("a NO\r\n"), "refused"},
                {PDANE_STARTTLS_IMAP, 1, OCTETS("* BYE\r\n"), "refused"},
                {PDANE_STARTTLS_IMAP, 1, OCTETS("b OK\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_IMAP, 1, OCTETS("a\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_IMAP, 1, OCTETS("+ go on\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_IMAP, 1, OCTETS("* \r\n*\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_IMAP, 2, OCTETS("b BAD\r\n"), "refused"},
                {PDANE_STARTTLS_IMAP, 2, OCTETS("b NO\r\n"), "refused"},
                {PDANE_STARTTLS_IMAP, 2, OCTETS("* BYE\r\n"), "refused"},
                {PDANE_STARTTLS_IMAP, 2, OCTETS("a OK\r\n"), "unexpected reply"},
        };
        ASSERT_REFUSALS(table);
}

static void
test_pop3(void **state)
{
        (void)state;
        static const struct refusal table[] = {
                {PDANE_STARTTLS_POP3, 0, OCTETS("-ERR\r\n"), "refused"},
                {PDANE_STARTTLS_POP3, 0, OCTETS("+OKAY\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_POP3, 0, OCTETS("OK\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_POP3, 0, OCTETS("\0"), "not text"},
                {PDANE_STARTTLS_POP3, 1, OCTETS("-ERR what?\r\n"), "refused"},
                {PDANE_STARTTLS_POP3, 1, OCTETS("STLS\r\n"), "unexpected reply"},
                {PDANE_STARTTLS_POP3, 1, OCTETS("+OK\r\n.\r\n"), "not offered"},
                {PDANE_STARTTLS_POP3, 1, OCTETS("+OK STLS\r\nXSTLS\r\nSTLS2\r\n.\r\n"),
                 "not offered"},
                {PDANE_STARTTLS_POP3, 2, OCTETS("-ERR no\r\n"), "refused"},
                {PDANE_STARTTLS_POP3, 2, OCTETS("* OK\r\n"), "unexpected reply"},
        };
        ASSERT_REFUSALS(table);
}

#define FEATURES(inside) XMPP_HEADER "<stream:features>" inside "</stream:features>"

static void
test_xmpp(void **state)
{
        (void)state;
        static const struct refusal table[] = {
                {PDANE_STARTTLS_XMPP, 0, OCTETS("HTTP/1.1 400"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS("<stream:stream/>"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS("<stream:streams>"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS("<html>"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS("<?php?>"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS("<?xml>"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS("<?xml ?><?xml ?>"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS("<!DOCTYPE x>"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS("</stream:stream>"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS("<a <"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS("<a b='<"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS("<\0"), "not text"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS("\x15\x03\x01"), "not text"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS("<a b='\xff"), "not text"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS("<a b='\x7f"), "not text"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS(XMPP_HEADER "</stream:stream>"),
                 "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS(XMPP_HEADER "<stream:error>"), "refused"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS(XMPP_HEADER "<message>"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS(XMPP_HEADER "<proceed " XMPP_TLS "/>"),
                 "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS(XMPP_HEADER "text"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS(XMPP_HEADER "<stream:features>text"),
                 "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS(XMPP_HEADER "<stream:features/>"), "not offered"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS(FEATURES("")), "not offered"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS(FEATURES("<starttls/>")), "not offered"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS(FEATURES("<starttls xmlns='urn:other'/>")),
                 "not offered"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS(FEATURES("<starttls2 " XMPP_TLS "/>")),
                 "not offered"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS(FEATURES("<a><starttls " XMPP_TLS "/></a>")),
                 "not offered"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS(FEATURES("<!-- --><starttls " XMPP_TLS "/>")),
                 "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS(FEATURES("<a b='<starttls")), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 0, OCTETS(XMPP_HEADER "<stream:features></proceed>"),
                 "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 1, OCTETS("<failure " XMPP_TLS "/>"), "refused"},
                {PDANE_STARTTLS_XMPP, 1, OCTETS("<stream:error>"), "refused"},
                {PDANE_STARTTLS_XMPP, 1, OCTETS("<proceed/>"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 1, OCTETS("<proceed xmlns='urn:other'/>"),
                 "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 1, OCTETS("<proceeds " XMPP_TLS "/>"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 1, OCTETS("<proceed " XMPP_TLS "><a/>"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 1, OCTETS("<proceed " XMPP_TLS "></a>"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 1, OCTETS("<proceed " XMPP_TLS ">x"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 1, OCTETS(XMPP_FEATURES), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 1, OCTETS("<stream:features/>"), "unexpected reply"},
                {PDANE_STARTTLS_XMPP, 1, OCTETS("<?xml ?>"), "unexpected reply"},
        };
        ASSERT_REFUSALS(table);
}

#define LDAP(text) PDANE_STARTTLS_LDAP, 0, OCTETS(text)

static void
test_ldap(void **state)
{
        (void)state;
        static const struct refusal table[] = {
                {LDAP("HTTP"), "unexpected reply"},
                {LDAP("\x31\x0c"), "unexpected reply"},
                /* lengths: indefinite, of five octets, more than there may be */
                {LDAP("\x30\x80"), "unexpected reply"},
                {LDAP("\x30\x85"), "unexpected reply"},
                {LDAP("\x30\x84\xff\xff\xff\xff"), "line too long"},
                /* message id: another, none, of two octets */
                {LDAP("\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x00\x04\x00\x04\x00"),
                 "unexpected reply"},
                {LDAP("\x30\x0c\x02\x01\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00"),
                 "unexpected reply"},
                {LDAP("\x30\x0d\x02\x02\x00\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"),
                 "unexpected reply"},
                {LDAP("\x30\x09\x78\x07\x0a\x01\x00\x04\x00\x04\x00"), "unexpected reply"},
                /* another operation */
                {LDAP("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"),
                 "unexpected reply"},
                /* results: protocolError, unavailable, of no octet, of two */
                {LDAP("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"), "refused"},
                {LDAP("\x30\x10\x02\x01\x01\x78\x0b\x0a\x01\x34\x04\x00\x04\x04"
                      "busy"),
                 "refused"},
                {LDAP("\x30\x0b\x02\x01\x01\x78\x06\x0a\x00\x04\x00\x04\x00"), "unexpected reply"},
                {LDAP("\x30\x0d\x02\x01\x01\x78\x08\x0a\x02\x00\x00\x04\x00\x04\x00"),
                 "unexpected reply"},
                /* no message; a name of another operation, shorter, followed by more */
                {LDAP("\x30\x0a\x02\x01\x01\x78\x05\x0a\x01\x00\x04\x00"), "unexpected reply"},
                {LDAP("\x30\x24\x02\x01\x01\x78\x1f\x0a\x01\x00\x04\x00\x04\x00\x8a\x16"
                      "1.3.6.1.4.1.1466.20038"),
                 "unexpected reply"},
                {LDAP("\x30\x0e\x02\x01\x01\x78\x09\x0a\x01\x00\x04\x00\x04\x00\x8a\x00"),
                 "unexpected reply"},
                {LDAP("\x30\x0f\x02\x01\x01\x78\x0a\x0a\x01\x00\x04\x00\x04\x00\x8b\x01x"),
                 "unexpected reply"},
                {LDAP("\x30\x26\x02\x01\x01\x78\x21\x0a\x01\x00\x04\x00\x04\x00\x8a\x16" LDAP_OID
                      "\x8b\x00"),
                 "unexpected reply"},
                /* inner lengths that reach out of their element, or end before it */
                {LDAP("\x30\x0c\x02\x01\x01\x78\x08\x0a\x01\x00\x04\x00\x04\x00"),
                 "unexpected reply"},
                {LDAP("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x01"),
                 "unexpected reply"},
                {LDAP("\x30\x0d\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00\x00"),
                 "unexpected reply"},
                {LDAP("\x30\x0e\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00\xa0\x00"),
                 "unexpected reply"},
                {LDAP("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x80\x04\x00"),
                 "unexpected reply"},
                {LDAP("\x30\x10\x02\x01\x01\x78\x0b\x0a\x01\x00\x04\x84\xff\xff\xff\xff\x04\x00"),
                 "unexpected reply"},
                {LDAP("\x30\x00"), "unexpected reply"},
                {LDAP("\x30\x02\x02\x84"), "unexpected reply"},
        };
        ASSERT_REFUSALS(table);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_smtp), cmocka_unit_test(test_imap),
                cmocka_unit_test(test_pop3), cmocka_unit_test(test_xmpp),
                cmocka_unit_test(test_ldap),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
