/* SPDX-License-Identifier: BSD-3-Clause */
/* Labels that strangers wrote. */
#include "cli/dot.h"

#include <stdlib.h>

#include "test.h"

static char *
text_of(const char *text)
{
        char *out = NULL;
        size_t len = 0;
        FILE *f = open_memstream(&out, &len);
        assert_non_null(f);
        pdane_dot_text(f, text);
        assert_int_equal(fclose(f), 0);
        return out;
}

static void
check_text(const char *text, const char *expected)
{
        char *out = text_of(text);
        assert_string_equal(out, expected);
        free(out);
}

static void
test_escapes(void **state)
{
        (void)state;
        check_text("", "");
        check_text("plain text", "plain text");
        check_text("a\"b", "a\\\"b");
        check_text("a\\b", "a\\\\b");
        check_text("\\", "\\\\");
        check_text("\\N\\G\\l\\n", "\\\\N\\\\G\\\\l\\\\n");
        check_text("\"];evil [label=\"", "\\\"];evil [label=\\\"");
        check_text("a\nb\tc\x1b[31m\x7f", "a\\\\x0ab\\\\x09c\\\\x1b[31m\\\\x7f");
        check_text("\xc3\xa9\xff", "\\\\xc3\\\\xa9\\\\xff");
        check_text("<b>{a|b}</b>", "<b>{a|b}</b>");
        check_text("AT&T &lt; &#65;", "AT&amp;T &amp;lt; &amp;#65;");
}

/* Every byte: nothing but printable ASCII comes out, no quote without a backslash before it, and
 * backslashes in pairs. */
static void
test_every_byte(void **state)
{
        char all[256];
        (void)state;
        for (unsigned c = 1; c < 256; c++) {
                snprintf(all, sizeof all, "x%cx", (char)c);
                char *out = text_of(all);
                for (size_t i = 0; out[i]; i++) {
                        assert_true(out[i] >= 0x20 && out[i] <= 0x7e);
                        assert_true(out[i] != '"');
                        if (out[i] == '\\') {
                                assert_true(out[i + 1] == '\\' || out[i + 1] == '"');
                                i++;
                        }
                }
                free(out);
        }
}

static void
test_lines(void **state)
{
        char word[PDANE_DOT_LINE_MAX + 2];
        char expected[sizeof word + 16];
        (void)state;
        memset(word, 'a', sizeof word);
        word[PDANE_DOT_LINE_MAX] = '\0';
        check_text(word, word); /* at the limit */
        word[PDANE_DOT_LINE_MAX] = 'a';
        word[PDANE_DOT_LINE_MAX + 1] = '\0';
        snprintf(expected, sizeof expected, "%.*s\\na", (int)PDANE_DOT_LINE_MAX, word);
        check_text(word, expected); /* one past it */
        word[PDANE_DOT_LINE_MAX - 3] = ' ';
        snprintf(expected, sizeof expected, "%.*s\\naaa", (int)PDANE_DOT_LINE_MAX - 3, word);
        check_text(word, expected); /* at the space before */
        word[PDANE_DOT_LINE_MAX] = '\0';
        check_text(word, word);
}

static void
test_long(void **state)
{
        char text[100000];
        (void)state;
        memset(text, '"', sizeof text);
        text[PDANE_DOT_TEXT_MAX] = '\0';
        char *out = text_of(text);
        assert_null(strstr(out, "..."));
        free(out);
        text[PDANE_DOT_TEXT_MAX] = '"';
        text[sizeof text - 1] = '\0';
        out = text_of(text);
        assert_true(strlen(out) < 3 * PDANE_DOT_TEXT_MAX);
        assert_string_equal(out + strlen(out) - 3, "...");
        free(out);
}

static void
test_whole(void **state)
{
        char *out = NULL;
        size_t len = 0;
        FILE *f = open_memstream(&out, &len);
        (void)state;
        assert_non_null(f);
        pdane_dot_begin(f, "ti\"tle", "sub");
        pdane_dot_frame_begin(f, "f0", "fra\"me");
        pdane_dot_node_begin(f, "a", PDANE_DOT_GOOD);
        pdane_dot_line(f, "%s %d", "li\"ne", 1);
        pdane_dot_line(f, "two");
        pdane_dot_node_end(f);
        pdane_dot_frame_end(f);
        pdane_dot_node_begin(f, "b", PDANE_DOT_BROKEN);
        pdane_dot_node_end(f);
        pdane_dot_edge(f, "a", "b", PDANE_DOT_BAD, "do\"es not");
        pdane_dot_end(f);
        assert_int_equal(fclose(f), 0);
        assert_non_null(strstr(out, "label=\"ti\\\"tle\\nsub\\n \""));
        assert_non_null(strstr(out, "subgraph cluster_f0 {"));
        assert_non_null(strstr(out, "label=\"fra\\\"me\""));
        assert_non_null(strstr(out, "  a [id=\"a\", class=\"good\", shape=box,"));
        assert_non_null(strstr(out, "label=\"li\\\"ne 1\\ntwo\\n\"];\n  }\n"));
        assert_non_null(strstr(out, "  b [id=\"b\", class=\"broken\", shape=doubleoctagon,"));
        assert_non_null(strstr(out, "  a -> b [id=\"a_b\", class=\"bad\","));
        assert_non_null(strstr(out, "label=\" do\\\"es not \"];\n}\n"));
        free(out);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_escapes), cmocka_unit_test(test_every_byte),
                cmocka_unit_test(test_lines),   cmocka_unit_test(test_long),
                cmocka_unit_test(test_whole),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
