/* SPDX-License-Identifier: BSD-3-Clause */
/* TLSA records: wire and presentation form, limits, and which are usable. */
#include <errno.h>

#include "test.h"
#include "trust/tlsa.h"

#define TEXT_311 "3 1 1 " HEX32
#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct pdane_tlsa_set *
set_new(void)
{
        struct pdane_tlsa_set *s = NULL;

        assert_int_equal(pdane_tlsa_set_new(&s), 0);
        assert_int_equal(pdane_tlsa_set_count(s), 0);
        assert_null(pdane_tlsa_set_get(s, 0));
        return s;
}

static void
wire_form(void **state)
{
        static const uint8_t rdata[] = {3, 1, 1, 0xaa, 0xbb};
        struct pdane_tlsa_set *s = set_new();
        const struct pdane_tlsa *t;

        (void)state;
        assert_int_equal(pdane_tlsa_set_add(s, rdata, 0), -EBADMSG);
        assert_int_equal(pdane_tlsa_set_add(s, rdata, 3), -EBADMSG);
        assert_int_equal(pdane_tlsa_set_count(s), 0);
        assert_int_equal(pdane_tlsa_set_add(s, rdata, 4), 0);
        assert_int_equal(pdane_tlsa_set_add(s, rdata, sizeof(rdata)), 0);
        assert_int_equal(pdane_tlsa_set_count(s), 2);
        t = pdane_tlsa_set_get(s, 1);
        assert_int_equal(t->usage, 3);
        assert_int_equal(t->selector, 1);
        assert_int_equal(t->matching, 1);
        assert_int_equal(t->len, 2);
        assert_memory_equal(t->data, rdata + 3, 2);
        assert_null(pdane_tlsa_set_get(s, 2));
        pdane_tlsa_set_free(s);
        pdane_tlsa_set_free(NULL);
}

static void
data_limit(void **state)
{
        uint8_t *rdata = calloc(1, 3 + PDANE_TLSA_DATA_MAX + 1);
        struct pdane_tlsa_set *s = set_new();

        (void)state;
        assert_int_equal(pdane_tlsa_set_add(s, rdata, 3 + PDANE_TLSA_DATA_MAX + 1), -EMSGSIZE);
        assert_int_equal(pdane_tlsa_set_count(s), 0);
        assert_int_equal(pdane_tlsa_set_add(s, rdata, 3 + PDANE_TLSA_DATA_MAX), 0);
        assert_int_equal(pdane_tlsa_set_get(s, 0)->len, PDANE_TLSA_DATA_MAX);
        pdane_tlsa_set_free(s);
        free(rdata);
}

static void
count_limit(void **state)
{
        static const uint8_t rdata[] = {3, 1, 1, 0xaa};
        struct pdane_tlsa_set *s = set_new();

        (void)state;
        for (size_t i = 0; i < PDANE_TLSA_MAX; i++)
                assert_int_equal(pdane_tlsa_set_add(s, rdata, sizeof(rdata)), 0);
        assert_int_equal(pdane_tlsa_set_add(s, rdata, sizeof(rdata)), -E2BIG);
        assert_int_equal(pdane_tlsa_set_add_text(s, "3 1 1 aa"), -E2BIG);
        assert_int_equal(pdane_tlsa_set_count(s), PDANE_TLSA_MAX);
        pdane_tlsa_set_free(s);
}

static void
text_form(void **state)
{
        static const char *const good[] = {
                TEXT_311, "  3\t1 1  00 01 02 03\n04", "255 0 0 aA", "003 1 1 00", "2 0 0 ff ",
        };
        static const char *const bad[] = {
                "",         "3",          "3 1 1",      "3 1 1 ",      "3 1 1 a",   "3 1 1 abc",
                "3 1 1 0g", "3 1 1 0x00", "256 1 1 00", "0003 1 1 00", "-3 1 1 00", "3,1,1 00",
                "3 1 100",  "+3 1 1 00",  "3 1 1 00;",  "a 1 1 00",    "3  1 00",
        };
        struct pdane_tlsa_set *s = set_new();

        (void)state;
        for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
                assert_int_equal(pdane_tlsa_set_add_text(s, good[i]), 0);
        assert_int_equal(pdane_tlsa_set_get(s, 0)->len, 32);
        assert_int_equal(pdane_tlsa_set_get(s, 0)->data[31], 0x1f);
        assert_int_equal(pdane_tlsa_set_get(s, 1)->len, 5);
        assert_int_equal(pdane_tlsa_set_get(s, 2)->usage, 255);
        assert_int_equal(pdane_tlsa_set_get(s, 2)->data[0], 0xaa);
        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
                if (pdane_tlsa_set_add_text(s, bad[i]) != -EINVAL)
                        fail_msg("taken: \"%s\"", bad[i]);
        assert_int_equal(pdane_tlsa_set_count(s), sizeof(good) / sizeof(*good));
        pdane_tlsa_set_free(s);
}

/* "3 0 0 " and n octets in hexadecimal. */
static char *
long_text(size_t n)
{
        char *text = malloc(6 + 2 * n + 1);

        assert_non_null(text);
        memcpy(text, "3 0 0 ", 6);
        memset(text + 6, '7', 2 * n);
        text[6 + 2 * n] = '\0';
        return text;
}

static void
text_limit(void **state)
{
        struct pdane_tlsa_set *s = set_new();
        char *most = long_text(PDANE_TLSA_DATA_MAX), *more = long_text(PDANE_TLSA_DATA_MAX + 1);

        (void)state;
        assert_int_equal(pdane_tlsa_set_add_text(s, most), 0);
        assert_int_equal(pdane_tlsa_set_get(s, 0)->len, PDANE_TLSA_DATA_MAX);
        assert_int_equal(pdane_tlsa_set_add_text(s, more), -EMSGSIZE);
        assert_int_equal(pdane_tlsa_set_count(s), 1);
        free(most);
        free(more);
        pdane_tlsa_set_free(s);
}

static void
copy_is_deep(void **state)
{
        struct pdane_tlsa_set *s = set_new(), *copy = NULL;

        (void)state;
        assert_int_equal(pdane_tlsa_set_add_text(s, "3 1 1 " HEX32), 0);
        assert_int_equal(pdane_tlsa_set_add_text(s, "2 0 0 aabb"), 0);
        assert_int_equal(pdane_tlsa_set_copy(s, &copy), 0);
        pdane_tlsa_set_free(s);
        assert_int_equal(pdane_tlsa_set_count(copy), 2);
        assert_int_equal(pdane_tlsa_set_get(copy, 0)->data[31], 0x1f);
        assert_int_equal(pdane_tlsa_set_get(copy, 1)->usage, 2);
        pdane_tlsa_set_free(copy);
}

static bool
usable(uint8_t usage, uint8_t selector, uint8_t matching, size_t len)
{
        uint8_t data[65] = {0};
        const struct pdane_tlsa t = {usage, selector, matching, data, len};

        return pdane_tlsa_usable(&t);
}

static void
which_are_usable(void **state)
{
        (void)state;
        for (unsigned u = 0; u <= UINT8_MAX; u++)
                assert_int_equal(usable((uint8_t)u, 1, 1, 32), u == 2 || u == 3);
        for (unsigned v = 0; v <= UINT8_MAX; v++)
                assert_int_equal(usable(3, (uint8_t)v, 1, 32), v <= 1);
        for (unsigned m = 3; m <= UINT8_MAX; m++)
                assert_false(usable(3, 1, (uint8_t)m, 32));
        for (size_t len = 0; len <= 65; len++) {
                assert_int_equal(usable(3, 1, 0, len), len > 0);
                assert_int_equal(usable(3, 1, 1, len), len == 32);
                assert_int_equal(usable(3, 1, 2, len), len == 64);
        }
}

static void
set_usable(void **state)
{
        struct pdane_tlsa_set *s = set_new();

        (void)state;
        assert_false(pdane_tlsa_set_usable(s));
        assert_int_equal(pdane_tlsa_set_add_text(s, "1 1 1 " HEX32), 0);
        assert_int_equal(pdane_tlsa_set_add_text(s, "3 1 9 " HEX32), 0);
        assert_false(pdane_tlsa_set_usable(s));
        assert_int_equal(pdane_tlsa_set_add_text(s, "3 1 1 " HEX32), 0);
        assert_true(pdane_tlsa_set_usable(s));
        pdane_tlsa_set_free(s);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(wire_form),        cmocka_unit_test(data_limit),
                cmocka_unit_test(count_limit),      cmocka_unit_test(text_form),
                cmocka_unit_test(text_limit),       cmocka_unit_test(copy_is_deep),
                cmocka_unit_test(which_are_usable), cmocka_unit_test(set_usable),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
