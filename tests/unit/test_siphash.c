/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/siphash.h"

#include "test.h"

/* The values of the paper's appendix and of its authors' test vectors: key 00 01 ... 0f. */
static void
known_values(void **state)
{
        const struct pdane_siphash_key key = {{0x0706050403020100u, 0x0f0e0d0c0b0a0908u}};
        uint8_t in[15];
        (void)state;
        for (uint8_t i = 0; i < sizeof in; i++)
                in[i] = i;
        assert_true(pdane_siphash(&key, in, 0) == 0x726fdb47dd0e0e31u);
        assert_true(pdane_siphash(&key, in, 8) == 0x93f5f5799a932462u);
        assert_true(pdane_siphash(&key, in, sizeof in) == 0xa129ca6149be45e5u);
}

static struct pdane_bytes
bytes(const char *s, size_t n)
{
        return (struct pdane_bytes){(const uint8_t *)s, n};
}

/* The same bytes, divided in another way or of another kind, are something else. */
static void
pairs_differ(void **state)
{
        const struct pdane_siphash_key key = {{1, 2}}, other = {{1, 3}};
        const struct pdane_bytes none = {NULL, 0};
        static const char text[] = "abcdefghijklmnopqrstuvwxyz";
        uint64_t seen[64];
        size_t n = 0;
        (void)state;
        for (size_t i = 0; i <= 26; i++)
                seen[n++] = pdane_siphash_pair(&key, 1, bytes(text, i), bytes(text + i, 26 - i));
        seen[n++] = pdane_siphash_pair(&key, 2, bytes(text, 0), bytes(text, 26));
        seen[n++] = pdane_siphash_pair(&other, 1, bytes(text, 0), bytes(text, 26));
        seen[n++] = pdane_siphash_pair(&key, 1, bytes(text, 25), none);
        for (size_t i = 0; i < n; i++)
                for (size_t j = i + 1; j < n; j++)
                        assert_false(seen[i] == seen[j]);
        assert_true(pdane_siphash_pair(&key, 1, bytes(text, 26), none) ==
                    pdane_siphash_pair(&key, 1, bytes(text, 26), bytes(text, 0)));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(known_values),
                cmocka_unit_test(pairs_differ),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
