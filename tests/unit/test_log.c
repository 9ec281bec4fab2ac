/* SPDX-License-Identifier: BSD-3-Clause */
#include <unistd.h>

#include "common/log.h"
#include "test.h"

static const char *
escape(const char *in, size_t len, size_t cap)
{
        static char buf[64];
        memset(buf, 'Z', sizeof buf);
        return pdane_log_escape(in, len, buf, cap);
}

static void
escaping(void **state)
{
        (void)state;
        assert_string_equal(escape("host.test", 9, 64), "host.test");
        assert_string_equal(escape("a b", 3, 64), "a\\x20b");
        assert_string_equal(escape("a=\"\\\n\0\xc3", 7, 64), "a\\x3d\\x22\\x5c\\x0a\\x00\\xc3");
        assert_string_equal(escape("", 0, 64), "");
}

static void
cutting(void **state)
{
        (void)state;
        assert_string_equal(escape("abcdefgh", 8, 9), "abcdefgh");
        assert_string_equal(escape("abcdefgh", 8, 8), "abcd...");
        assert_string_equal(escape("\n\n\n", 3, 9), "\\x0a...");
        assert_string_equal(escape("abc", 3, 1), "");
        assert_int_equal(strlen(escape("abc", 3, 3)), 2);
}

/* Runs one log call with standard error in a pipe and gives back what came out. */
static const char *
caught(enum pdane_log_level at, const char *text)
{
        static char out[4096];
        int fds[2], saved = dup(STDERR_FILENO);
        assert_int_equal(pipe(fds), 0);
        dup2(fds[1], STDERR_FILENO);
        pdane_log(at, "event=x text=%s", text);
        dup2(saved, STDERR_FILENO);
        close(saved);
        close(fds[1]);
        ssize_t n = read(fds[0], out, sizeof out - 1);
        close(fds[0]);
        assert_true(n >= 0);
        out[n] = '\0';
        return out;
}

static void
levels_and_lines(void **state)
{
        char text[4000];
        (void)state;
        unsetenv("JOURNAL_STREAM");
        pdane_log_set_level(PDANE_LOG_WARNING);
        assert_string_equal(caught(PDANE_LOG_INFO, "a"), "");
        assert_string_equal(caught(PDANE_LOG_WARNING, "a"), "warning event=x text=a\n");
        setenv("JOURNAL_STREAM", "8:1", 1);
        assert_string_equal(caught(PDANE_LOG_ERROR, "a"), "<3>event=x text=a\n");
        unsetenv("JOURNAL_STREAM");
        memset(text, 'y', sizeof text - 1);
        text[sizeof text - 1] = '\0';
        const char *out = caught(PDANE_LOG_ERROR, text);
        assert_true(strlen(out) < 2048);
        assert_int_equal(out[strlen(out) - 1], '\n');
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(escaping),
                cmocka_unit_test(cutting),
                cmocka_unit_test(levels_and_lines),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
