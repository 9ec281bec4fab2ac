/* SPDX-License-Identifier: BSD-3-Clause */
/* published.c while the daemon writes. Its rules are tried against the daemon in test_publish.c. */
#include "published.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test_module_fake.h"

#define NOW 5000u
#define READERS 3
#define WRITES 200000u
#define WRITES_MAX 50000000u
/* A look that goes wrong without the last check is one in many thousands. */
#ifdef __SANITIZE_THREAD__
#define LOOKS 300000u /* there the order of what is read is what counts */
#else
#define LOOKS 10000000u
#endif

static struct pdane_table *table; /* the daemon's mapping */
static int fd = -1;
static atomic_bool stop;
static atomic_uint looks;

static struct pdane_bytes
text(const char *s)
{
        return (struct pdane_bytes){(const uint8_t *)s, strlen(s)};
}

static int
setup(void **state)
{
        const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
        size_t size = pdane_table_size(PDANE_TABLE_BITS_MIN);

        (void)state;
        fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
                return -1;
        table = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (table == MAP_FAILED || fcntl(fd, F_ADD_SEALS, seals) < 0)
                return -1;
        table->magic = PDANE_TABLE_MAGIC;
        table->bits = PDANE_TABLE_BITS_MIN;
        table->epoch = 1;
        table->no_until_ms = NOW + 1;
        return 0;
}

static int
teardown(void **state)
{
        (void)state;
        munmap(table, pdane_table_size(PDANE_TABLE_BITS_MIN));
        close(fd);
        return 0;
}

static struct pdane_question
question(void)
{
        return (struct pdane_question){
                .client = PDANE_CLIENT_NSS, .issuer = text("issuer"), .serial = text("serial")};
}

/* Either the certificate is known and its names are settled, or it is not and they are not: a
 * client has to ask all the time. */
static void *
write_all_the_time(void *arg)
{
        const struct pdane_question q = question();
        struct pdane_table_places p = pdane_table_places(
                &table->key, table->bits, PDANE_TABLE_ISSUER_SERIAL, q.issuer, q.serial);
        uint64_t mask = (uint64_t)1 << (p.bit[0] % 64);

        (void)arg;
        /* However busy the machine is: until all have looked often enough while this writes. */
        for (unsigned i = 0; i < WRITES_MAX && (i < WRITES || atomic_load(&looks) < LOOKS); i++) {
                bool known = i % 2;

                atomic_store(&table->no_until_ms, 0);
                atomic_fetch_add(&table->turn, 1);
                if (known)
                        atomic_fetch_or(&table->filter[p.bit[0] / 64], mask);
                else
                        atomic_fetch_and(&table->filter[p.bit[0] / 64], ~mask);
                atomic_store(&table->epoch, known ? 1u : 2u);
                atomic_store(&table->no_until_ms, NOW + 1);
        }
        atomic_store(&stop, true);
        return NULL;
}

static void *
read_all_the_time(void *arg)
{
        const struct pdane_question q = question();
        struct pdane_published p = {0};
        size_t *wrong = arg;

        pdane_published_take(&p, fd);
        pdane_published_settle(&p, &q, 1, 1000, NOW);
        for (; !atomic_load(&stop); atomic_fetch_add(&looks, 1))
                *wrong += pdane_published_says_no(&p, &q, NOW);
        pdane_published_clear(&p);
        return NULL;
}

static void
test_a_look_is_of_one_moment(void **state)
{
        const struct pdane_question q = question();
        pthread_t writer, readers[READERS];
        size_t wrong[READERS] = {0};
        struct pdane_table_places p = pdane_table_places(
                &table->key, table->bits, PDANE_TABLE_ISSUER_SERIAL, q.issuer, q.serial);

        (void)state;
        /* The other bits are always set. */
        for (size_t i = 0; i < PDANE_TABLE_PLACES; i++)
                table->filter[p.bit[i] / 64] |= (uint64_t)1 << (p.bit[i] % 64);
        atomic_store(&stop, false);
        atomic_store(&looks, 0);
        for (size_t i = 0; i < READERS; i++)
                assert_int_equal(pthread_create(&readers[i], NULL, read_all_the_time, &wrong[i]),
                                 0);
        assert_int_equal(pthread_create(&writer, NULL, write_all_the_time, NULL), 0);
        pthread_join(writer, NULL);
        for (size_t i = 0; i < READERS; i++) {
                pthread_join(readers[i], NULL);
                assert_int_equal(wrong[i], 0);
        }
}

/* What is of no use makes room; nothing is kept for longer than the module's own limit. */
static void
test_settled_names(void **state)
{
        struct pdane_published p = {0};
        char names[1200][16];

        (void)state;
        pdane_published_take(&p, fd);
        table->no_until_ms = NOW + 1;
        for (unsigned i = 0; i < 1200; i++) {
                struct pdane_question q = question();

                snprintf(names[i], sizeof(names[i]), "issuer %u", i);
                q.issuer = text(names[i]);
                assert_false(pdane_published_says_no(&p, &q, NOW));
                pdane_published_settle(&p, &q, 1, 1000 + i, NOW);
                assert_true(pdane_published_says_no(&p, &q, NOW));
        }
        struct pdane_question q = question();
        pdane_published_settle(&p, &q, 1, UINT64_MAX / 2, NOW);
        table->no_until_ms = NOW + PDANE_SETTLED_MAX_MS + 10;
        assert_true(pdane_published_says_no(&p, &q, NOW + PDANE_SETTLED_MAX_MS - 1));
        assert_false(pdane_published_says_no(&p, &q, NOW + PDANE_SETTLED_MAX_MS));
        pdane_published_clear(&p);
        assert_true(pdane_published_wanted(&p));
}

/* Names that are of use stay, however many others come; those of another epoch are nothing. */
static void
test_settled_names_in_use(void **state)
{
        struct pdane_question used = question(), other = question();
        struct pdane_published p = {0};
        char name[16];

        (void)state;
        pdane_published_take(&p, fd);
        table->epoch = 1;
        table->no_until_ms = NOW + 1;
        pdane_published_settle(&p, &used, 1, 1000, NOW);
        for (unsigned i = 0; i < 5000; i++) {
                snprintf(name, sizeof(name), "issuer %u", i);
                other.issuer = text(name);
                pdane_published_settle(&p, &other, 1, 1000, NOW);
                assert_true(pdane_published_says_no(&p, &used, NOW));
                assert_true(pdane_published_says_no(&p, &other, NOW));
        }
        table->epoch = 2;
        assert_false(pdane_published_says_no(&p, &used, NOW));
        pdane_published_settle(&p, &other, 2, 1000, NOW);
        assert_true(pdane_published_says_no(&p, &other, NOW));
        assert_false(pdane_published_says_no(&p, &used, NOW));
        pdane_published_clear(&p);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_a_look_is_of_one_moment, setup, teardown),
                cmocka_unit_test_setup_teardown(test_settled_names, setup, teardown),
                cmocka_unit_test_setup_teardown(test_settled_names_in_use, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
