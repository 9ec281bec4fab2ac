/* SPDX-License-Identifier: BSD-3-Clause */
/* STARTTLS dialogues without a socket: what is said, in whose turn, and where it ends. */
#include "test.h"

#include "starttls_scripts.h"

/* ---- what works ---- */

static void
test_ports(void **state)
{
        (void)state;
        static const struct {
                uint16_t port;
                enum pdane_starttls_protocol protocol;
        } ports[] = {
                {25, PDANE_STARTTLS_SMTP},  {587, PDANE_STARTTLS_SMTP},  {143, PDANE_STARTTLS_IMAP},
                {110, PDANE_STARTTLS_POP3}, {5222, PDANE_STARTTLS_XMPP}, {389, PDANE_STARTTLS_LDAP},
        };
        size_t plain = 0;
        for (unsigned port = 0; port <= UINT16_MAX; port++) {
                enum pdane_starttls_protocol want = PDANE_STARTTLS_NONE;
                for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
                        if (ports[i].port == port)
                                want = ports[i].protocol;
                assert_int_equal(pdane_starttls_for_port((uint16_t)port), want);
                plain += want != PDANE_STARTTLS_NONE;
        }
        assert_int_equal(plain, 6);
}

static void
test_good(void **state)
{
        (void)state;
        static const size_t pieces[] = {1, 2, 7, SIZE_MAX / 2};
        for (size_t i = 0; i < starttls_scripts_count; i++)
                for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
                        const struct script *script = &starttls_scripts[i];
                        play(script, turns(script) - 1, pieces[k]);
                        hear(script->server[turns(script) - 1], pieces[k]);
                        assert_int_equal(dialogue.state, PDANE_STARTTLS_TLS);
                        assert_int_equal(dialogue.out_len, 0);
                        assert_string_equal(dialogue.why, "");
                }
}

/* The dialogue stands still until the last byte of each turn. */
static void
test_unfinished(void **state)
{
        (void)state;
        for (size_t i = 0; i < starttls_scripts_count; i++)
                for (size_t turn = 0; turn < turns(&starttls_scripts[i]); turn++) {
                        const struct script *script = &starttls_scripts[i];
                        struct octets text = script->server[turn];
                        play(script, turn, SIZE_MAX / 2);
                        text.len--;
                        hear(text, SIZE_MAX / 2);
                        assert_int_equal(dialogue.state, PDANE_STARTTLS_READ);
                }
}

static void
test_protocol_invalid(void **state)
{
        (void)state;
        begin(PDANE_STARTTLS_AUTO);
        assert_failed("no such protocol");
        begin(PDANE_STARTTLS_NONE);
        assert_failed("no such protocol");
        begin(PDANE_STARTTLS_PROTOCOLS);
        assert_failed("no such protocol");
}

/* The host is written into XML. */
static void
test_xmpp_host(void **state)
{
        (void)state;
        static const char *const bad[] = {"",    "a'b.example", "a&b",
                                          "<a>", "a b",         "\xc3\xbc.example"};
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                pdane_starttls_init(&dialogue, PDANE_STARTTLS_XMPP, bad[i]);
                assert_failed("host cannot be asked for");
        }
        char longest[254], longer[PDANE_STARTTLS_OUT_MAX];
        memset(longest, 'a', sizeof longest);
        longest[sizeof longest - 1] = '\0';
        pdane_starttls_init(&dialogue, PDANE_STARTTLS_XMPP, longest);
        assert_int_equal(dialogue.state, PDANE_STARTTLS_SEND);
        memset(longer, 'a', sizeof longer);
        size_t around = dialogue.out_len - (sizeof longest - 1);
        longer[PDANE_STARTTLS_OUT_MAX - 1 - around] = '\0';
        pdane_starttls_init(&dialogue, PDANE_STARTTLS_XMPP, longer);
        assert_int_equal(dialogue.state, PDANE_STARTTLS_SEND);
        longer[PDANE_STARTTLS_OUT_MAX - 1 - around] = 'a';
        longer[PDANE_STARTTLS_OUT_MAX - around] = '\0';
        pdane_starttls_init(&dialogue, PDANE_STARTTLS_XMPP, longer);
        assert_failed("host cannot be asked for");
}

/* ---- injection ---- */

/* A byte too many after any of the server's turns: in the same piece, or in the next. */
static void
test_out_of_turn(void **state)
{
        (void)state;
        static const char *const extra[] = {"x", "\r\n", " ", "\x16\x03\x01", "220 x\r\n"};
        for (size_t i = 0; i < starttls_scripts_count; i++)
                for (size_t k = 0; k < 2 * sizeof extra / sizeof *extra; k++)
                        for (size_t turn = 0; turn < turns(&starttls_scripts[i]); turn++) {
                                const struct script *script = &starttls_scripts[i];
                                const char *more = extra[k / 2];
                                struct octets text = script->server[turn];
                                uint8_t both[512];
                                play(script, turn, 1);
                                memcpy(both, text.data, text.len);
                                memcpy(both + text.len, more, strlen(more));
                                if (k % 2) {
                                        hear(text, 1);
                                        pdane_starttls_feed(&dialogue, (const uint8_t *)more,
                                                            strlen(more));
                                } else {
                                        pdane_starttls_feed(&dialogue, both,
                                                            text.len + strlen(more));
                                }
                                assert_failed(
                                        turn + 1 == turns(script)
                                                ? "data between the go-ahead and the handshake"
                                                : "data out of turn");
                        }
}

/* The client speaks first in some protocols; a server that does not wait is not one. */
static void
test_before_first_turn(void **state)
{
        (void)state;
        for (size_t i = 0; i < starttls_scripts_count; i++) {
                if (!starttls_scripts[i].client_first)
                        continue;
                begin(starttls_scripts[i].protocol);
                pdane_starttls_feed(&dialogue, (const uint8_t *)"<", 1);
                assert_failed("data out of turn");
        }
}

/* ---- limits ---- */

static void
feed_text(const char *text)
{
        pdane_starttls_feed(&dialogue, (const uint8_t *)text, strlen(text));
}

static void
feed_fill(uint8_t c, size_t n)
{
        for (size_t i = 0; i < n; i++)
                pdane_starttls_feed(&dialogue, &c, 1);
}

static void
test_line_limit(void **state)
{
        (void)state;
        for (size_t over = 0; over < 2; over++) {
                begin(PDANE_STARTTLS_SMTP);
                feed_text("220 ");
                feed_fill('x', PDANE_STARTTLS_LINE_MAX - 4 + over);
                feed_text("\r\n");
                if (over)
                        assert_failed("line too long");
                else
                        assert_int_equal(dialogue.state, PDANE_STARTTLS_SEND);

                play(script_of(PDANE_STARTTLS_XMPP), 0, 1);
                feed_text("<stream:stream a='");
                feed_fill('x', PDANE_STARTTLS_LINE_MAX - 20 + over);
                feed_text("'>");
                if (over)
                        assert_failed("line too long");
                else
                        assert_int_equal(dialogue.state, PDANE_STARTTLS_READ);
                feed_text(XMPP_FEATURES);
                assert_int_equal(dialogue.state,
                                 over ? PDANE_STARTTLS_FAILED : PDANE_STARTTLS_SEND);
        }
}

/* A message of 2048 bytes, and one of a byte more, which is refused by its length alone. */
static void
test_ldap_limit(void **state)
{
        (void)state;
        const size_t text = PDANE_STARTTLS_LINE_MAX - 4 - 3 - 4 - 3 - 2 - 4;
        for (size_t over = 0; over < 2; over++) {
                const size_t lens[] = {PDANE_STARTTLS_LINE_MAX - 4 + over,
                                       PDANE_STARTTLS_LINE_MAX - 4 - 3 - 4 + over, text + over};
                const uint8_t head[] = {0x30,
                                        0x82,
                                        (uint8_t)(lens[0] >> 8),
                                        (uint8_t)lens[0],
                                        2,
                                        1,
                                        1,
                                        0x78,
                                        0x82,
                                        (uint8_t)(lens[1] >> 8),
                                        (uint8_t)lens[1],
                                        10,
                                        1,
                                        0,
                                        4,
                                        0,
                                        0x04,
                                        0x82,
                                        (uint8_t)(lens[2] >> 8),
                                        (uint8_t)lens[2]};
                play(script_of(PDANE_STARTTLS_LDAP), 0, 1);
                pdane_starttls_feed(&dialogue, head, 4);
                assert_int_equal(dialogue.state,
                                 over ? PDANE_STARTTLS_FAILED : PDANE_STARTTLS_READ);
                pdane_starttls_feed(&dialogue, head + 4, sizeof head - 4);
                feed_fill(0, text);
                if (over)
                        assert_failed("line too long");
                else
                        assert_int_equal(dialogue.state, PDANE_STARTTLS_TLS);
        }
}

static void
test_lines_limit(void **state)
{
        (void)state;
        for (size_t over = 0; over < 2; over++) {
                play(script_of(PDANE_STARTTLS_SMTP), 1, 1); /* two lines */
                for (size_t i = 0; i < PDANE_STARTTLS_LINES_MAX - 4 + over; i++)
                        feed_text("250-STARTTLS\r\n");
                feed_text("250 x\r\n");
                assert_int_equal(dialogue.state, PDANE_STARTTLS_SEND);
                pdane_starttls_sent(&dialogue, dialogue.out_len);
                feed_text("220 go\r\n");
                if (over)
                        assert_failed("too many lines");
                else
                        assert_int_equal(dialogue.state, PDANE_STARTTLS_TLS);

                play(script_of(PDANE_STARTTLS_XMPP), 0, 1);
                feed_text("<stream:stream><stream:features><starttls " XMPP_TLS "/>");
                for (size_t i = 0; i < PDANE_STARTTLS_LINES_MAX - 5 + over; i++)
                        feed_text("<a/>");
                feed_text("</stream:features>");
                assert_int_equal(dialogue.state, PDANE_STARTTLS_SEND);
                pdane_starttls_sent(&dialogue, dialogue.out_len);
                feed_text("<proceed " XMPP_TLS "/>");
                if (over)
                        assert_failed("too many lines");
                else
                        assert_int_equal(dialogue.state, PDANE_STARTTLS_TLS);
        }
}

/* White space between tags is no line, but counts as bytes. */
static void
test_bytes_limit(void **state)
{
        (void)state;
        static const char last[] = "<proceed " XMPP_TLS "/>";
        for (size_t over = 0; over < 2; over++) {
                play(script_of(PDANE_STARTTLS_XMPP), 1, 1);
                feed_fill(' ', PDANE_STARTTLS_BYTES_MAX - dialogue.bytes - strlen(last) + over);
                feed_text(last);
                if (over)
                        assert_failed("too much data");
                else
                        assert_int_equal(dialogue.state, PDANE_STARTTLS_TLS);

                begin(PDANE_STARTTLS_SMTP);
                for (size_t i = 0; i < 15; i++) {
                        feed_text("220-");
                        feed_fill('x', 1018);
                        feed_text("\r\n");
                }
                feed_text("220 ");
                feed_fill('x', 1018 + over);
                feed_text("\r\n");
                if (over)
                        assert_failed("too much data");
                else
                        assert_int_equal(dialogue.state, PDANE_STARTTLS_SEND);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ports),
                cmocka_unit_test(test_good),
                cmocka_unit_test(test_unfinished),
                cmocka_unit_test(test_protocol_invalid),
                cmocka_unit_test(test_xmpp_host),
                cmocka_unit_test(test_out_of_turn),
                cmocka_unit_test(test_before_first_turn),
                cmocka_unit_test(test_line_limit),
                cmocka_unit_test(test_ldap_limit),
                cmocka_unit_test(test_lines_limit),
                cmocka_unit_test(test_bytes_limit),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
