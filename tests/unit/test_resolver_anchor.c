/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the root key comes from, and that it is never half there. */
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/resolver_anchor.h"

#define SEED "seed\n"

static char directory[64], seed[96], state_dir[96], root_key[128];

static int
setup(void **state)
{
        (void)state;
        strcpy(directory, "/tmp/pdane-anchor-XXXXXX");
        assert_non_null(mkdtemp(directory));
        snprintf(seed, sizeof seed, "%s/seed", directory);
        snprintf(state_dir, sizeof state_dir, "%s/state", directory);
        snprintf(root_key, sizeof root_key, "%s/root.key", state_dir);
        assert_int_equal(mkdir(state_dir, 0700), 0);
        return 0;
}

/* Only the files that are meant to be there. */
static int
teardown(void **state)
{
        (void)state;
        unlink(seed);
        unlink(root_key);
        assert_int_equal(rmdir(state_dir), 0);
        assert_int_equal(rmdir(directory), 0);
        return 0;
}

static void
make_file(const char *path, const char *text, size_t len, time_t mtime)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        struct timespec times[2] = {{mtime, 0}, {mtime, 0}};
        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, len), (ssize_t)len);
        assert_int_equal(futimens(fd, times), 0);
        close(fd);
}

static void
assert_content(const char *path, const char *text)
{
        char buf[256] = "";
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        buf[fread(buf, 1, sizeof buf - 1, f)] = '\0';
        fclose(f);
        assert_string_equal(buf, text);
}

static int
prepare(const char *dir, struct pdane_anchor *ret, char **ret_error)
{
        const char *const seeds[] = {"/nonexistent/root.key", seed, NULL};
        return pdane_anchor_prepare(dir, seeds, ret, ret_error);
}

static void
assert_prepared(const char *path, bool tracked)
{
        struct pdane_anchor a = {NULL, false};
        char *error = NULL;
        assert_int_equal(prepare(state_dir, &a, &error), 0);
        assert_null(error);
        assert_string_equal(a.path, path);
        assert_int_equal(a.tracked, tracked);
        pdane_anchor_clear(&a);
        assert_null(a.path);
}

static void
assert_fails(const char *dir, int expected, const char *part)
{
        struct pdane_anchor a = {NULL, false};
        char *error = NULL;
        assert_int_equal(prepare(dir, &a, &error), expected);
        assert_null(a.path);
        assert_non_null(error);
        assert_non_null(strstr(error, part));
        free(error);
}

static void
test_seeded(void **state)
{
        (void)state;
        make_file(seed, SEED, 5, 1000);
        assert_prepared(root_key, true);
        assert_content(root_key, SEED);
}

static void
test_kept(void **state)
{
        (void)state;
        make_file(seed, SEED, 5, 1000);
        make_file(root_key, "state\n", 6, 2000);
        assert_prepared(root_key, true);
        assert_content(root_key, "state\n");
        unlink(seed);
        assert_prepared(root_key, true);
        assert_content(root_key, "state\n");
}

/* The distribution's key is renewed when the root's is; old state would know no key at all. */
static void
test_renewed(void **state)
{
        (void)state;
        make_file(root_key, "state\n", 6, 1000);
        make_file(seed, SEED, 5, 2000);
        assert_prepared(root_key, true);
        assert_content(root_key, SEED);
}

static void
test_empty_state(void **state)
{
        (void)state;
        make_file(root_key, "", 0, 2000);
        make_file(seed, SEED, 5, 1000);
        assert_prepared(root_key, true);
        assert_content(root_key, SEED);
}

/* What a file system gives back that lost power. */
static void
test_zeros(void **state)
{
        static const char zeros[512];
        (void)state;
        make_file(seed, SEED, strlen(SEED), 1000);
        make_file(root_key, zeros, sizeof zeros, 2000);
        assert_prepared(root_key, true);
        assert_content(root_key, SEED);
        make_file(root_key, "old\nkey\0\0", 9, 2000);
        assert_prepared(root_key, true);
        assert_content(root_key, SEED);
}

static void
test_nothing(void **state)
{
        (void)state;
        assert_fails(state_dir, -ENOENT, root_key);
        make_file(seed, "", 0, 1000);
        assert_fails(state_dir, -ENOENT, root_key);
}

static void
test_size_limit(void **state)
{
        (void)state;
        char *big = calloc(1, PDANE_ROOT_KEY_MAX + 1);
        assert_non_null(big);
        make_file(seed, big, PDANE_ROOT_KEY_MAX + 1, 1000);
        assert_fails(state_dir, -ENOENT, root_key);
        make_file(seed, big, PDANE_ROOT_KEY_MAX, 1000);
        assert_prepared(root_key, true);
        free(big);
}

/* libunbound would end the process over state that it cannot write. */
static void
test_state_not_writable(void **state)
{
        (void)state;
        struct pdane_anchor a = {NULL, false};
        char *error = NULL;
        assert_fails("/nonexistent", -ENOENT, "/nonexistent/root.key");
        make_file(seed, SEED, 5, 1000);
        assert_int_equal(prepare("/nonexistent", &a, &error), 0);
        assert_string_equal(a.path, seed);
        assert_false(a.tracked);
        pdane_anchor_clear(&a);
}

static void
test_own_file(void **state)
{
        (void)state;
        struct pdane_anchor a = {NULL, false};
        char *error = NULL;
        assert_int_equal(pdane_anchor_use(seed, &a, &error), -ENOENT);
        assert_non_null(strstr(error, seed));
        free(error);
        assert_int_equal(pdane_anchor_use(directory, &a, &error), -EINVAL);
        assert_non_null(strstr(error, directory));
        free(error);
        assert_null(a.path);
        make_file(seed, SEED, 5, 1000);
        assert_int_equal(pdane_anchor_use(seed, &a, &error), 0);
        assert_string_equal(a.path, seed);
        assert_false(a.tracked);
        pdane_anchor_clear(&a);
        pdane_anchor_clear(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_seeded),
                TEST(test_kept),
                TEST(test_renewed),
                TEST(test_empty_state),
                TEST(test_zeros),
                TEST(test_nothing),
                TEST(test_size_limit),
                TEST(test_state_not_writable),
                TEST(test_own_file),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
