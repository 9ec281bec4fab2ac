/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading the table: each thing that must make a reader ask does, and nothing that lies in the
 * memory makes it do more than that. */
#include "common/table.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "test.h"

#define NOW 1000000u

static size_t size;
static struct pdane_table *table;
static struct pdane_table_view view;

static int
setup(void **state)
{
        (void)state;
        size = pdane_table_size(PDANE_TABLE_BITS_MIN);
        table = aligned_alloc(64, (size + 63) / 64 * 64);
        if (!table)
                return -1;
        memset(table, 0, size);
        table->magic = PDANE_TABLE_MAGIC;
        table->bits = PDANE_TABLE_BITS_MIN;
        table->key = (struct pdane_siphash_key){{7, 8}};
        table->epoch = 5;
        table->turn = 9;
        table->no_until_ms = NOW + 500;
        return pdane_table_view(table, size, &view);
}

static int
teardown(void **state)
{
        (void)state;
        free(table);
        return 0;
}

static struct pdane_bytes
text(const char *s)
{
        return (struct pdane_bytes){(const uint8_t *)s, strlen(s)};
}

static void
set(enum pdane_table_kind kind, const char *a, const char *b)
{
        struct pdane_table_places p =
                pdane_table_places(&table->key, table->bits, kind, text(a), text(b));
        for (size_t i = 0; i < PDANE_TABLE_PLACES; i++)
                table->filter[p.bit[i] / 64] |= (uint64_t)1 << (p.bit[i] % 64);
}

static void
what_is_no_table(void **state)
{
        struct pdane_table_view v;
        (void)state;
        assert_int_equal(pdane_table_view(table, size - 1, &v), -EBADMSG);
        assert_int_equal(pdane_table_view(table, size + 1, &v), -EBADMSG);
        assert_int_equal(pdane_table_view(table, sizeof *table - 1, &v), -EBADMSG);
        assert_int_equal(pdane_table_view(table, 0, &v), -EBADMSG);
        for (uint64_t bits = 0; bits < 70000; bits += 64) {
                table->bits = bits;
                assert_int_equal(pdane_table_view(table, pdane_table_size(bits), &v),
                                 bits == PDANE_TABLE_BITS_MIN ? 0 : -EBADMSG);
        }
        table->bits = (uint64_t)PDANE_TABLE_BITS_MAX * 2;
        assert_int_equal(pdane_table_view(table, pdane_table_size(table->bits), &v), -EBADMSG);
        table->bits = PDANE_TABLE_BITS_MIN;
        table->magic++;
        assert_int_equal(pdane_table_view(table, size, &v), -EBADMSG);
}

/* Whatever is changed in a table that is in use, a reader stays within what it has mapped. */
static void
its_size_is_read_once(void **state)
{
        (void)state;
        table->bits = UINT64_MAX;
        for (char c = 'a'; c <= 'z'; c++)
                (void)pdane_table_may_hold(&view, PDANE_TABLE_SUBJECT,
                                           (struct pdane_bytes){(uint8_t *)&c, 1},
                                           (struct pdane_bytes){NULL, 0});
        assert_int_equal(view.bits, PDANE_TABLE_BITS_MIN);
}

static void
open_for_a_while(void **state)
{
        struct pdane_table_look l;
        (void)state;
        assert_true(pdane_table_look(&view, NOW, &l));
        assert_int_equal(l.epoch, 5);
        assert_int_equal(l.turn, 9);
        assert_true(pdane_table_look(&view, NOW + 499, &l));
        assert_false(pdane_table_look(&view, NOW + 500, &l));
        /* So far ahead is another clock, or one that was put back. */
        assert_true(pdane_table_look(&view, NOW + 500 - PDANE_TABLE_HORIZON_MS, &l));
        assert_false(pdane_table_look(&view, NOW + 500 - PDANE_TABLE_HORIZON_MS - 1, &l));
        assert_false(pdane_table_look(&view, 0, &l));
        assert_false(pdane_table_look(&view, UINT64_MAX, &l));
        table->no_until_ms = 0;
        assert_false(pdane_table_look(&view, NOW, &l));
        assert_false(pdane_table_look(&view, 0, &l));
        table->no_until_ms = NOW + 500;
        table->superseded = 1;
        assert_false(pdane_table_look(&view, NOW, &l));
        assert_false(pdane_table_look(&(struct pdane_table_view){0}, NOW, &l));
}

static void
a_change_ends_a_look(void **state)
{
        struct pdane_table_look l;
        (void)state;
        assert_true(pdane_table_look(&view, NOW, &l));
        assert_true(pdane_table_held_still(&view, &l));
        table->turn++;
        assert_false(pdane_table_held_still(&view, &l));
}

static void
the_filter(void **state)
{
        const struct pdane_bytes none = {NULL, 0};
        (void)state;
        assert_false(pdane_table_may_hold(&view, PDANE_TABLE_SUBJECT, text("a"), none));
        set(PDANE_TABLE_SUBJECT, "a", "");
        set(PDANE_TABLE_ISSUER_SERIAL, "i", "s");
        assert_true(pdane_table_may_hold(&view, PDANE_TABLE_SUBJECT, text("a"), none));
        assert_true(pdane_table_may_hold(&view, PDANE_TABLE_ISSUER_SERIAL, text("i"), text("s")));
        assert_false(pdane_table_may_hold(&view, PDANE_TABLE_ISSUER_SERIAL, text("a"), none));
        assert_false(pdane_table_may_hold(&view, PDANE_TABLE_ISSUER_SERIAL, text("is"), none));
        assert_false(pdane_table_may_hold(&view, PDANE_TABLE_SUBJECT, text("i"), text("s")));
}

/* Any bytes at all: reading ends, within the memory (the sanitizers look). */
static void
garbage(void **state)
{
        uint8_t *raw = (uint8_t *)table;
        (void)state;
        srandom(7);
        for (unsigned round = 0; round < 300; round++) {
                struct pdane_table_view v;
                struct pdane_table_look l = {0, 0};
                for (size_t i = 0; i < size; i++)
                        raw[i] = (uint8_t)random();
                if (round % 2)
                        table->magic = PDANE_TABLE_MAGIC;
                if (round % 4 == 3)
                        table->bits = PDANE_TABLE_BITS_MIN;
                if (pdane_table_view(table, size, &v) < 0)
                        continue;
                assert_int_equal(round % 4, 3);
                (void)pdane_table_look(&v, NOW, &l);
                (void)pdane_table_may_hold(&v, PDANE_TABLE_SUBJECT, text("x"), text("y"));
                (void)pdane_table_held_still(&v, &l);
        }
}

/*
 * One writer that closes, changes two places that must always agree, and opens; many readers. Each
 * look that ends well has seen both places alike.
 */
static atomic_bool stop;

static void
put(const struct pdane_table_places *p, bool on)
{
        for (size_t i = 0; i < PDANE_TABLE_PLACES; i++) {
                uint64_t mask = (uint64_t)1 << (p->bit[i] % 64);
                if (on)
                        atomic_fetch_or(&table->filter[p->bit[i] / 64], mask);
                else
                        atomic_fetch_and(&table->filter[p->bit[i] / 64], ~mask);
        }
}

static void *
write_all_the_time(void *arg)
{
        struct pdane_table_places a = pdane_table_places(&table->key, table->bits,
                                                         PDANE_TABLE_SUBJECT, text("a"), text(""));
        struct pdane_table_places b = pdane_table_places(&table->key, table->bits,
                                                         PDANE_TABLE_SUBJECT, text("b"), text(""));
        (void)arg;
        for (unsigned i = 0; i < 100000; i++) {
                atomic_store(&table->no_until_ms, 0);
                atomic_fetch_add(&table->turn, 1);
                put(&a, i % 2);
                put(&b, i % 2);
                atomic_store(&table->no_until_ms, NOW + 500);
        }
        atomic_store(&stop, true);
        return NULL;
}

static void *
read_all_the_time(void *arg)
{
        const struct pdane_bytes none = {NULL, 0};
        size_t *wrong = arg;
        while (!atomic_load(&stop)) {
                struct pdane_table_look l;
                if (!pdane_table_look(&view, NOW, &l))
                        continue;
                bool a = pdane_table_may_hold(&view, PDANE_TABLE_SUBJECT, text("a"), none);
                bool b = pdane_table_may_hold(&view, PDANE_TABLE_SUBJECT, text("b"), none);
                if (pdane_table_held_still(&view, &l) && a != b)
                        ++*wrong;
        }
        return NULL;
}

static void
a_writer_and_many_readers(void **state)
{
        pthread_t writer, readers[4];
        size_t wrong[4] = {0};
        (void)state;
        atomic_store(&stop, false);
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(pthread_create(&readers[i], NULL, read_all_the_time, &wrong[i]),
                                 0);
        assert_int_equal(pthread_create(&writer, NULL, write_all_the_time, NULL), 0);
        pthread_join(writer, NULL);
        for (size_t i = 0; i < 4; i++) {
                pthread_join(readers[i], NULL);
                assert_int_equal(wrong[i], 0);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(what_is_no_table, setup, teardown),
                cmocka_unit_test_setup_teardown(its_size_is_read_once, setup, teardown),
                cmocka_unit_test_setup_teardown(open_for_a_while, setup, teardown),
                cmocka_unit_test_setup_teardown(a_change_ends_a_look, setup, teardown),
                cmocka_unit_test_setup_teardown(the_filter, setup, teardown),
                cmocka_unit_test_setup_teardown(garbage, setup, teardown),
                cmocka_unit_test_setup_teardown(a_writer_and_many_readers, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
