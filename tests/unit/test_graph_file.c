/* SPDX-License-Identifier: BSD-3-Clause */
/* Programs named dot that do all sorts of things, and what becomes of the file. */
#include "cli/graph_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#define LONG_MS 60000

static char dir[64], programs[128], path[128], error[PDANE_GRAPH_ERROR_MAX];

static void
put(const char *name, const char *text, mode_t mode)
{
        int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        assert_int_equal(close(fd), 0);
}

static void
check_file(const char *expected)
{
        char buf[256] = "";
        FILE *f = fopen(path, "re");
        assert_non_null(f);
        buf[fread(buf, 1, sizeof buf - 1, f)] = '\0';
        fclose(f);
        assert_string_equal(buf, expected);
}

/* Nothing but the file and the program is left. */
static void
check_left(unsigned expected)
{
        unsigned n = 0;
        DIR *d = opendir(dir);
        assert_non_null(d);
        while (readdir(d))
                n++;
        closedir(d);
        assert_int_equal(n, expected + 2);
}

static int
setup(void **state)
{
        (void)state;
        snprintf(dir, sizeof dir, "/tmp/pdane-graph-XXXXXX");
        if (!mkdtemp(dir))
                return -1;
        snprintf(programs, sizeof programs, "/nowhere:%s", dir);
        snprintf(path, sizeof path, "%s/a.svg", dir);
        return 0;
}

static int
teardown(void **state)
{
        char name[128];
        (void)state;
        unlink(path);
        snprintf(name, sizeof name, "%s/dot", dir);
        unlink(name);
        snprintf(name, sizeof name, "%s/a.dot", dir);
        unlink(name);
        return rmdir(dir);
}

static void
program(const char *script)
{
        char name[128], text[512];
        snprintf(name, sizeof name, "%s/dot", dir);
        snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
        put(name, text, 0755);
}

static int
draw(const char *text, int ms)
{
        return pdane_graph_write(path, text, strlen(text), programs, ms, error);
}

static void
test_forms(void **state)
{
        (void)state;
        assert_string_equal(pdane_graph_form("a.dot"), "dot");
        assert_string_equal(pdane_graph_form("/x.y/a.b.svg"), "svg");
        assert_string_equal(pdane_graph_form("a.png"), "png");
        const char *const bad[] = {"",      "a",      "a.",     "a.pdf",      "a.SVG",
                                   "svg",   ".svg",   "a.svg/", "x.svg/a",    "a.svgz",
                                   "-Tsvg", "x/.dot", "a.dot ", "a.svg -o x", NULL};
        for (size_t i = 0; bad[i]; i++)
                assert_null(pdane_graph_form(bad[i]));
        assert_int_equal(pdane_graph_write("a.pdf", "x", 1, programs, LONG_MS, error), -EINVAL);
}

static void
test_text(void **state)
{
        struct stat st;
        (void)state;
        mode_t mask = umask(027);
        snprintf(path, sizeof path, "%s/a.dot", dir);
        put(path, "old and longer than that", 0600);
        assert_int_equal(pdane_graph_write(path, "digraph {}", 10, "", LONG_MS, error), 0);
        check_file("digraph {}");
        check_left(1);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0640);
        umask(mask);
}

static void
test_drawn(void **state)
{
        (void)state;
        put(path, "old", 0644);
        /* Its arguments, its input, an environment that is not ours; and a word on the side. */
        setenv("GVBINDIR", "/nowhere", 1);
        program("echo warning >&2; echo \"$# $1 ${GVBINDIR-none}\"; exec /bin/cat");
        assert_int_equal(draw("digraph {}", LONG_MS), 0);
        check_file("1 -Tsvg none\ndigraph {}");
        check_left(2);
}

static void
test_much(void **state)
{
        struct stat st;
        char *text = malloc(1000001);
        (void)state;
        assert_non_null(text);
        memset(text, 'x', 1000000);
        text[1000000] = '\0';
        program("exec /bin/cat");
        assert_int_equal(draw(text, LONG_MS), 0);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_size, 1000000);
        /* One that reads nothing: not the end of us, and no file. */
        program("exit 3");
        assert_int_equal(draw(text, LONG_MS), -EIO);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_size, 1000000);
        free(text);
        check_left(2);
}

static void
test_failures(void **state)
{
        (void)state;
        put(path, "old", 0644);
        assert_int_equal(draw("x", LONG_MS), -ENOENT);
        assert_non_null(strstr(error, "install the package graphviz"));
        check_left(1);
        program("echo part; echo 'bad \033[31m line' >&2; exit 1");
        assert_int_equal(draw("x", LONG_MS), -EIO);
        assert_non_null(strstr(error, "failed: bad \\x1b[31m line"));
        program("echo part; kill -9 $$");
        assert_int_equal(draw("x", LONG_MS), -EIO);
        program("exec /nowhere/at-all");
        assert_int_equal(draw("x", LONG_MS), -EIO);
        check_file("old");
        check_left(2);
}

/* Whether it holds on to its standard error or lets it go. */
static void
test_deadline(void **state)
{
        (void)state;
        put(path, "old", 0644);
        program("exec /bin/sleep 600");
        assert_int_equal(draw("x", 200), -ETIMEDOUT);
        program("exec 2>&-; exec /bin/sleep 600");
        assert_int_equal(draw("x", 200), -ETIMEDOUT);
        assert_non_null(strstr(error, "too long"));
        check_file("old");
        check_left(2);
}

static void
test_no_directory(void **state)
{
        (void)state;
        program("exec /bin/cat");
        assert_int_equal(pdane_graph_write("/nowhere/a.svg", "x", 1, programs, LONG_MS, error),
                         -ENOENT);
        assert_non_null(strstr(error, "No such file"));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_forms, setup, teardown),
                cmocka_unit_test_setup_teardown(test_text, setup, teardown),
                cmocka_unit_test_setup_teardown(test_drawn, setup, teardown),
                cmocka_unit_test_setup_teardown(test_much, setup, teardown),
                cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
                cmocka_unit_test_setup_teardown(test_deadline, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_directory, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
