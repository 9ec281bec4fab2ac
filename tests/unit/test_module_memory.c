/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>

#include "test_module_fake.h"

static struct pdane_bytes
text(const char *s)
{
        return (struct pdane_bytes){(const uint8_t *)s, strlen(s)};
}

static struct pdane_question
question(const char *issuer, struct pdane_bytes serial)
{
        return (struct pdane_question){
                .client = PDANE_CLIENT_NSS, .issuer = text(issuer), .serial = serial};
}

static struct pdane_answer
positive(uint32_t remember_s, uint32_t expires_s)
{
        struct pdane_answer a = {.remember_s = remember_s, .n_items = 1};

        a.items[0] = sample_item(1, PDANE_ITEM_CERTIFICATE, PDANE_TRUST_PEER);
        a.items[0].expires_s = expires_s;
        return a;
}

static void
test_hold(void **state)
{
        static const uint8_t byte[1];
        const struct pdane_bytes some = {byte, 1};
        struct pdane_question q = {.issuer = some, .serial = some};
        struct pdane_answer none = {0}, a;

        (void)state;
        assert_int_equal(pdane_memory_hold_ms(&q, &none), PDANE_HOLD_MIN_MS);
        none.remember_s = 3600;
        assert_int_equal(pdane_memory_hold_ms(&q, &none), PDANE_HOLD_MIN_MS);
        a = positive(20, 1000);
        assert_int_equal(pdane_memory_hold_ms(&q, &a), 20000);
        a = positive(0, 1000);
        assert_int_equal(pdane_memory_hold_ms(&q, &a), PDANE_HOLD_MIN_MS);
        a = positive(UINT32_MAX, UINT32_MAX);
        assert_int_equal(pdane_memory_hold_ms(&q, &a), PDANE_HOLD_MAX_MS);
        a = positive(20, 7);
        assert_int_equal(pdane_memory_hold_ms(&q, &a), 7000);
        /* Not even the end of a verification is a reason to offer what has expired. */
        a = positive(20, 1);
        assert_int_equal(pdane_memory_hold_ms(&q, &a), 1000);
        a.n_items = 2;
        a.items[1] = a.items[0];
        a.items[0].expires_s = 100;
        assert_int_equal(pdane_memory_hold_ms(&q, &a), 1000);
        /* By subject and more than that it is about one certificate; by subject alone about a CA.
         */
        q.subject = some;
        assert_int_equal(pdane_memory_hold_ms(&q, &a), 1000);
        q.issuer.data = q.serial.data = NULL;
        assert_int_equal(pdane_memory_hold_ms(&q, &a), 0);
        assert_int_equal(pdane_memory_hold_ms(&q, &none), 0);
}

static void
test_every_field_is_part_of_the_question(void **state)
{
        struct pdane_memory m = {0};
        struct pdane_question q = question("issuer", text("12")), other;

        (void)state;
        assert_null(pdane_memory_find(&m, &q, 10));
        assert_non_null(pdane_memory_store(&m, &q, NULL, 1000, 10));
        assert_non_null(pdane_memory_find(&m, &q, 11));
        other = q;
        other.client = PDANE_CLIENT_GNUTLS;
        assert_null(pdane_memory_find(&m, &other, 11));
        other = q;
        other.issuer = text("issueR");
        assert_null(pdane_memory_find(&m, &other, 11));
        other = q;
        other.serial = text("13");
        assert_null(pdane_memory_find(&m, &other, 11));
        other = q;
        other.subject = text("s");
        assert_null(pdane_memory_find(&m, &other, 11));
        other = q;
        other.value = text("v");
        assert_null(pdane_memory_find(&m, &other, 11));
        other = q;
        other.serial = (struct pdane_bytes){0};
        assert_null(pdane_memory_find(&m, &other, 11));
        pdane_memory_clear(&m);
        assert_null(pdane_memory_find(&m, &q, 11));
}

static void
test_both_serial_forms_are_one(void **state)
{
        static const uint8_t der[] = {0x02, 0x03, 0x00, 0x91, 0x33};
        struct pdane_memory m = {0};
        struct pdane_question as_der = question("i", (struct pdane_bytes){der, 5});
        struct pdane_question as_raw = question("i", (struct pdane_bytes){der + 2, 3});
        struct pdane_question without_zero = question("i", (struct pdane_bytes){der + 3, 2});
        const struct pdane_remembered *e = pdane_memory_store(&m, &as_raw, NULL, 1000, 0);

        (void)state;
        assert_non_null(e);
        assert_ptr_equal(pdane_memory_find(&m, &as_der, 0), e);
        assert_null(pdane_memory_find(&m, &without_zero, 0));
        pdane_memory_clear(&m);
}

static void
test_ends(void **state)
{
        struct pdane_memory m = {0};
        struct pdane_question q = question("i", text("1"));

        (void)state;
        assert_non_null(pdane_memory_store(&m, &q, NULL, 1000, 5000));
        assert_non_null(pdane_memory_find(&m, &q, 5999));
        assert_null(pdane_memory_find(&m, &q, 6000));
        assert_int_equal(m.n, 0);
        assert_int_equal(m.bytes, 0);
}

static void
test_first_answer_wins(void **state)
{
        struct pdane_memory m = {0};
        struct pdane_question q = question("i", text("1"));
        struct pdane_answer a = positive(10, 100);
        const struct pdane_remembered *first = pdane_memory_store(&m, &q, &a, 10000, 0);

        (void)state;
        assert_non_null(first);
        assert_int_equal(first->n_items, 1);
        assert_ptr_equal(pdane_memory_store(&m, &q, NULL, 20000, 5), first);
        assert_int_equal(pdane_memory_find(&m, &q, 9999)->n_items, 1);
        assert_int_equal(pdane_memory_store(&m, &q, NULL, 20000, 10000)->n_items, 0);
        pdane_memory_clear(&m);
}

static void
test_bounded_under_many_questions(void **state)
{
        struct pdane_memory m = {0};
        struct pdane_question first = question("first", text("1"));
        char issuer[160];

        (void)state;
        assert_non_null(pdane_memory_store(&m, &first, NULL, 1000000, 0));
        for (unsigned i = 0; i < 100000; i++) {
                struct pdane_question q;

                snprintf(issuer, sizeof(issuer), "%0100u", i);
                q = question(issuer, text("0123456789abcdef"));
                assert_non_null(pdane_memory_store(&m, &q, NULL, 1000000, i));
                assert_true(m.n <= PDANE_MEMORY_ENTRIES);
                assert_true(m.bytes <= (size_t)102400);
                /* What is used stays. */
                if (i % 100 == 0)
                        assert_non_null(pdane_memory_find(&m, &first, i));
        }
        assert_int_equal(m.n, PDANE_MEMORY_ENTRIES);
        pdane_memory_clear(&m);
        assert_int_equal(m.bytes, 0);
}

/* How many questions were used after question i. */
static unsigned
used_since(const uint64_t *used, unsigned n, unsigned i)
{
        unsigned count = 0;

        for (unsigned j = 0; j < n; j++)
                count += used[j] > used[i];
        return count;
}

/* Against what a plain list would know: the end of each, and who was of no use for longest. */
static void
test_as_a_list_would(void **state)
{
        enum { N = 700 };
        static uint64_t ends[N], used[N];
        static const struct pdane_remembered *entries[N];
        struct pdane_memory m = {0};
        uint64_t random = 1;
        unsigned known = 0, displaced = 0;

        (void)state;
        for (uint64_t now = 1; now < 30000; now++) {
                const struct pdane_remembered *e;
                struct pdane_question q;
                char issuer[16];
                unsigned i;

                random = random * 6364136223846793005u + 1442695040888963407u;
                i = (unsigned)(random >> 33) % (now % 8000 < 4000 ? N : 150);
                snprintf(issuer, sizeof(issuer), "%u", i);
                q = question(issuer, text("1"));
                e = pdane_memory_find(&m, &q, now);
                if (e) {
                        assert_ptr_equal(e, entries[i]);
                        assert_true(ends[i] > now);
                        known++;
                } else {
                        if (ends[i] > now) {
                                assert_true(used_since(used, N, i) >= PDANE_MEMORY_ENTRIES);
                                displaced++;
                        }
                        ends[i] = now + 1 + (random >> 40) % 2000;
                        entries[i] = pdane_memory_store(&m, &q, NULL, ends[i] - now, now);
                        assert_non_null(entries[i]);
                        assert_ptr_equal(pdane_memory_find(&m, &q, now), entries[i]);
                }
                used[i] = now;
        }
        assert_true(known > 1000 && displaced > 1000);
        pdane_memory_clear(&m);
        assert_int_equal(m.n, 0);
        for (unsigned i = 0; i < PDANE_MEMORY_ENTRIES; i++)
                assert_int_equal(m.heads[i], 0);
}

static void
test_largest_answers_fit_one_after_the_other(void **state)
{
        struct pdane_memory m = {0};
        static uint8_t cert[PDANE_CERT_MAX - 1000];
        struct pdane_answer a = {.n_items = PDANE_ANSWER_MAX_ITEMS};
        char issuer[8];

        (void)state;
        for (size_t i = 0; i < a.n_items; i++) {
                a.items[i] = sample_item((unsigned)i, PDANE_ITEM_CERTIFICATE, PDANE_TRUST_PEER);
                a.items[i].value = (struct pdane_bytes){cert, sizeof(cert)};
        }
        for (unsigned i = 0; i < 20; i++) {
                const struct pdane_remembered *e;
                struct pdane_question q;

                snprintf(issuer, sizeof(issuer), "%u", i);
                q = question(issuer, text("1"));
                e = pdane_memory_store(&m, &q, &a, 1000, 0);
                assert_non_null(e);
                assert_int_equal(e->n_items, PDANE_ANSWER_MAX_ITEMS);
                assert_true(m.bytes <= PDANE_MEMORY_BYTES);
                assert_ptr_equal(pdane_memory_find(&m, &q, 0), e);
        }
        pdane_memory_clear(&m);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_hold),
                cmocka_unit_test(test_every_field_is_part_of_the_question),
                cmocka_unit_test(test_both_serial_forms_are_one),
                cmocka_unit_test(test_ends),
                cmocka_unit_test(test_first_answer_wins),
                cmocka_unit_test(test_bounded_under_many_questions),
                cmocka_unit_test(test_as_a_list_would),
                cmocka_unit_test(test_largest_answers_fit_one_after_the_other),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
