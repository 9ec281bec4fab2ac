/* SPDX-License-Identifier: BSD-3-Clause */
/* However many take all they can, what is left for the next is as much as any of them has. */
#include "daemon/resolver_share.h"

#include "test.h"

#define ME 1001
#define YOU 1002
#define FIRST_OF_MANY 2000

static struct pdane_dns_shares shares;

static int
setup(void **state)
{
        (void)state;
        pdane_dns_shares_init(&shares);
        return 0;
}

/* How many a user gets, of so many. */
static unsigned
take(uid_t uid, unsigned count)
{
        unsigned n = 0;
        for (unsigned i = 0; i < count; i++)
                n += pdane_dns_shares_take(&shares, uid, false);
        return n;
}

static void
one_leaves_half(void **state)
{
        (void)state;
        assert_int_equal(take(ME, PDANE_DNS_SHARED), PDANE_DNS_SHARED / 2);
        assert_int_equal(pdane_tally_of(&shares.tally, ME), PDANE_DNS_SHARED / 2);
        pdane_dns_shares_give(&shares, ME);
        assert_int_equal(take(ME, 2), 1);
}

/* They take turns, which is how to get most. */
static void
many_leave_a_share(void **state)
{
        for (unsigned users = 2; users <= 32; users *= 2) {
                setup(state);
                for (unsigned i = 0; i < PDANE_DNS_SHARED; i++)
                        for (unsigned u = 0; u < users; u++)
                                take(FIRST_OF_MANY + u, 1);
                unsigned each = PDANE_DNS_SHARED / (users + 1);
                for (unsigned u = 0; u < users; u++)
                        assert_in_range(pdane_tally_of(&shares.tally, FIRST_OF_MANY + u), each,
                                        each + 1);
                assert_true(PDANE_DNS_SHARED - shares.tally.total >= each - 1);
                unsigned half = each / 2 < PDANE_DNS_FEW ? PDANE_DNS_FEW : each / 2;
                assert_in_range(take(ME, PDANE_DNS_SHARED), half, half + 1);
        }
}

/* One after the other they get less and less, and together no more than there is. */
static void
one_after_the_other(void **state)
{
        (void)state;
        for (unsigned u = 0; u < 32; u++)
                assert_true(take(FIRST_OF_MANY + u, PDANE_DNS_SHARED) >= PDANE_DNS_FEW);
        assert_true(shares.tally.total <= PDANE_DNS_SHARED + 32 * PDANE_DNS_FEW);
}

/* What others leave is nobody's. */
static void
what_is_left_may_be_had(void **state)
{
        (void)state;
        assert_int_equal(take(YOU, 1), 1);
        assert_int_equal(take(ME, PDANE_DNS_SHARED), (PDANE_DNS_SHARED - 1 + 1) / 2);
}

/* What goes on is not refused, and counts; a few are left for others all the same. */
static void
what_goes_on(void **state)
{
        (void)state;
        for (unsigned i = 0; i < 2 * PDANE_DNS_SHARED; i++)
                assert_true(pdane_dns_shares_take(&shares, FIRST_OF_MANY, true));
        assert_int_equal(take(FIRST_OF_MANY, 1), 0);
        assert_int_equal(take(ME, PDANE_DNS_SHARED), PDANE_DNS_FEW);
}

static void
what_is_the_daemons_own(void **state)
{
        (void)state;
        assert_int_equal(take(PDANE_DNS_NOBODY, 2 * PDANE_DNS_SHARED), 2 * PDANE_DNS_SHARED);
        assert_int_equal(shares.tally.total, 0);
        pdane_dns_shares_give(&shares, PDANE_DNS_NOBODY);
        assert_int_equal(shares.tally.total, 0);
        assert_int_equal(take(ME, 1), 1);
}

static void
who_has_none_has_no_place(void **state)
{
        (void)state;
        for (unsigned u = 0; u < 10 * PDANE_DNS_USERS_MAX; u++) {
                assert_true(pdane_dns_shares_take(&shares, FIRST_OF_MANY + u, false));
                pdane_dns_shares_give(&shares, FIRST_OF_MANY + u);
        }
        assert_int_equal(shares.tally.n_users, 0);
}

/* A place for each user, taken by somebody. */
static void
take_places(void)
{
        for (unsigned u = 0; u < PDANE_DNS_USERS_MAX; u++)
                assert_true(pdane_dns_shares_take(&shares, FIRST_OF_MANY + u, false));
}

/* Who comes then is not counted alone, and not uncounted either: all of them have a few together,
 * however many they are, and each has again when another's has ended. */
static void
past_the_places_all_are_one(void **state)
{
        const uid_t past = FIRST_OF_MANY + PDANE_DNS_USERS_MAX;
        unsigned n = 0;
        (void)state;
        take_places();
        for (unsigned u = 0; u < 4 * PDANE_DNS_FEW; u++)
                n += take(past + u, 1);
        assert_int_equal(n, PDANE_DNS_FEW);
        assert_int_equal(take(past, PDANE_DNS_SHARED), 0);
        assert_int_equal(shares.tally.total, PDANE_DNS_USERS_MAX + PDANE_DNS_FEW);
        /* Who has a place is not one of them. */
        assert_int_equal(take(FIRST_OF_MANY, PDANE_DNS_SHARED), PDANE_DNS_FEW - 1);
        pdane_dns_shares_give(&shares, past);
        assert_int_equal(take(past + 4 * PDANE_DNS_FEW, 2), 1);
}

/* What goes on counts there too, and a place that is given back is the next one's. */
static void
past_the_places_it_passes(void **state)
{
        const uid_t past = FIRST_OF_MANY + PDANE_DNS_USERS_MAX;
        (void)state;
        take_places();
        for (unsigned i = 0; i < PDANE_DNS_SHARED; i++)
                assert_true(pdane_dns_shares_take(&shares, past, true));
        assert_int_equal(take(ME, 1), 0);
        pdane_dns_shares_give(&shares, FIRST_OF_MANY);
        assert_int_equal(take(ME, PDANE_DNS_SHARED), PDANE_DNS_FEW);
        for (unsigned i = 0; i < PDANE_DNS_SHARED; i++)
                pdane_dns_shares_give(&shares, past);
        assert_int_equal(take(past, PDANE_DNS_SHARED), PDANE_DNS_FEW);
        assert_int_equal(shares.tally.total, PDANE_DNS_USERS_MAX - 1 + 2 * PDANE_DNS_FEW);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(one_leaves_half, setup),
                cmocka_unit_test_setup(many_leave_a_share, setup),
                cmocka_unit_test_setup(one_after_the_other, setup),
                cmocka_unit_test_setup(what_is_left_may_be_had, setup),
                cmocka_unit_test_setup(what_goes_on, setup),
                cmocka_unit_test_setup(what_is_the_daemons_own, setup),
                cmocka_unit_test_setup(who_has_none_has_no_place, setup),
                cmocka_unit_test_setup(past_the_places_all_are_one, setup),
                cmocka_unit_test_setup(past_the_places_it_passes, setup),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
