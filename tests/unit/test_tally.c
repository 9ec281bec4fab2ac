/* SPDX-License-Identifier: BSD-3-Clause */
/* Counts of users, in fewer places than there are users. */
#include "daemon/tally.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

#define PLACES 4
#define USERS 9

static struct pdane_tally_user users[PLACES + 1];
static struct pdane_tally tally;

static int
setup(void **state)
{
        (void)state;
        memset(users, 0xff, sizeof users);
        pdane_tally_init(&tally, users, PLACES);
        return 0;
}

static void
add(uid_t uid, unsigned n)
{
        while (n-- > 0)
                pdane_tally_add(&tally, uid);
}

static void
remove_from(uid_t uid, unsigned n)
{
        while (n-- > 0)
                pdane_tally_remove(&tally, uid);
}

static void
each_has_its_own(void **state)
{
        (void)state;
        assert_int_equal(pdane_tally_most(&tally), 0);
        add(0, 3);
        add((uid_t)-1, 1);
        assert_int_equal(pdane_tally_of(&tally, 0), 3);
        assert_int_equal(pdane_tally_of(&tally, (uid_t)-1), 1);
        assert_int_equal(pdane_tally_of(&tally, 1), 0);
        assert_int_equal(pdane_tally_most(&tally), 3);
        assert_int_equal(tally.total, 4);
        remove_from(0, 2);
        assert_int_equal(pdane_tally_of(&tally, 0), 1);
        assert_int_equal(pdane_tally_most(&tally), 1);
        remove_from(0, 1);
        remove_from((uid_t)-1, 1);
        assert_int_equal(tally.n_users, 0);
        assert_int_equal(tally.total, 0);
}

static void
past_the_places(void **state)
{
        (void)state;
        for (uid_t u = 0; u < PLACES; u++)
                add(u, 1);
        assert_int_equal(pdane_tally_of(&tally, PLACES), 0);
        add(PLACES, 2);
        add(PLACES + 1, 3);
        assert_int_equal(tally.n_users, PLACES);
        assert_int_equal(users[PLACES].uid, (uid_t)-1); /* not written to */
        /* One count for all who have no place, who have none at all among them. */
        for (uid_t u = PLACES; u < USERS; u++)
                assert_int_equal(pdane_tally_of(&tally, u), 5);
        assert_int_equal(pdane_tally_of(&tally, 0), 1);
        assert_int_equal(pdane_tally_most(&tally), 5);
        assert_int_equal(tally.total, PLACES + 5);
        remove_from(PLACES, 2);
        assert_int_equal(pdane_tally_of(&tally, PLACES), 3);
}

/* Who was counted with others and finds a place later is counted there, and what others have stays
 * until it has ended. */
static void
a_place_found_later(void **state)
{
        (void)state;
        for (uid_t u = 0; u < PLACES; u++)
                add(u, 1);
        add(PLACES, 2);
        remove_from(1, 1);
        assert_int_equal(pdane_tally_of(&tally, PLACES), 0);
        add(PLACES, 1);
        assert_int_equal(pdane_tally_of(&tally, PLACES), 1);
        assert_int_equal(pdane_tally_of(&tally, 1), 2);
        remove_from(PLACES, 3);
        assert_int_equal(tally.others, 0);
        assert_int_equal(tally.total, PLACES - 1);
        assert_int_equal(tally.n_users, PLACES - 1);
}

static void
never_added(void **state)
{
        (void)state;
        remove_from(1, 1);
        assert_int_equal(tally.total, 0);
        assert_int_equal(tally.others, 0);
        add(1, 1);
        remove_from(2, 1);
        assert_int_equal(tally.total, 1);
        assert_int_equal(pdane_tally_of(&tally, 1), 1);
}

/* Whatever comes and goes in whatever order: nothing is lost, and nothing stays. */
static void
at_random(void **state)
{
        unsigned has[USERS] = {0}, total = 0;
        (void)state;
        srandom(1);
        for (unsigned i = 0; i < 100000; i++) {
                uid_t u = (uid_t)random() % USERS;
                if (random() % 2) {
                        add(u, 1);
                        has[u]++;
                        total++;
                } else if (has[u] > 0) {
                        remove_from(u, 1);
                        has[u]--;
                        total--;
                }
                unsigned counted = tally.others;
                for (size_t k = 0; k < tally.n_users; k++) {
                        assert_in_range(users[k].n, 1, has[users[k].uid]);
                        counted += users[k].n;
                }
                assert_int_equal(counted, total);
                assert_int_equal(tally.total, total);
                assert_true(pdane_tally_of(&tally, u) <= pdane_tally_most(&tally));
        }
        for (uid_t u = 0; u < USERS; u++)
                remove_from(u, has[u]);
        assert_int_equal(tally.total + tally.others, 0);
        assert_int_equal(tally.n_users, 0);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(each_has_its_own, setup),
                cmocka_unit_test_setup(past_the_places, setup),
                cmocka_unit_test_setup(a_place_found_later, setup),
                cmocka_unit_test_setup(never_added, setup),
                cmocka_unit_test_setup(at_random, setup),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
