/* SPDX-License-Identifier: BSD-3-Clause */
/* Names that are kept come back as they were, up to the most and the longest that there may be. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "test.h"
#include "trust/name_list.h"

static struct pdane_name
name(const char *text, bool wildcard)
{
        struct pdane_name n = {.wildcard = wildcard};

        snprintf(n.text, sizeof(n.text), "%s", text);
        return n;
}

static void
none(void **state)
{
        struct pdane_name n = name("untouched", true);
        struct pdane_name_list *l = (struct pdane_name_list *)&n;

        (void)state;
        assert_int_equal(pdane_name_list_new(&n, 0, &l), 0);
        assert_null(l);
        assert_int_equal(pdane_name_list_count(l), 0);
        assert_false(pdane_name_list_get(l, 0, &n));
        assert_string_equal(n.text, "untouched");
        assert_true(n.wildcard);
        assert_false(pdane_name_list_has(l, &n));
        pdane_name_list_free(l);
}

static void
come_back(void **state)
{
        const struct pdane_name names[] = {name("a.example", false), name("b", true),
                                           name("a.example", true)};
        struct pdane_name_list *l = NULL;
        struct pdane_name n;

        (void)state;
        assert_int_equal(pdane_name_list_new(names, 3, &l), 0);
        assert_int_equal(pdane_name_list_count(l), 3);
        for (size_t i = 0; i < 3; i++) {
                n = name("something.longer.than.that", !names[i].wildcard);
                assert_true(pdane_name_list_get(l, i, &n));
                assert_true(pdane_name_equal(&n, &names[i]));
                assert_true(pdane_name_list_has(l, &n));
        }
        assert_false(pdane_name_list_get(l, 3, &n));
        assert_true(pdane_name_equal(&n, &names[2]));
        n = name("b", false);
        assert_false(pdane_name_list_has(l, &n));
        n = name("a.exampl", false);
        assert_false(pdane_name_list_has(l, &n));
        pdane_name_list_free(l);
}

static void
at_the_limits(void **state)
{
        static struct pdane_name names[PDANE_CERT_NAMES_MAX + 1];
        char text[PDANE_NAME_MAX + 1];
        struct pdane_name_list *l = NULL;
        struct pdane_name n;

        (void)state;
        for (unsigned i = 0; i <= PDANE_CERT_NAMES_MAX; i++) {
                memset(text, 'x', PDANE_NAME_MAX);
                text[PDANE_NAME_MAX] = '\0';
                text[i] = '.';
                names[i] = name(text, i % 2);
        }
        assert_int_equal(pdane_name_list_new(names, PDANE_CERT_NAMES_MAX + 1, &l), -EINVAL);
        assert_null(l);
        assert_int_equal(pdane_name_list_new(names, PDANE_CERT_NAMES_MAX, &l), 0);
        assert_int_equal(pdane_name_list_count(l), PDANE_CERT_NAMES_MAX);
        for (size_t i = 0; i < PDANE_CERT_NAMES_MAX; i++)
                assert_true(pdane_name_list_get(l, i, &n) && pdane_name_equal(&n, &names[i]));
        assert_false(pdane_name_list_has(l, &names[PDANE_CERT_NAMES_MAX]));
        pdane_name_list_free(l);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(none),
                cmocka_unit_test(come_back),
                cmocka_unit_test(at_the_limits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
