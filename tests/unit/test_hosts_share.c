/* SPDX-License-Identifier: BSD-3-Clause */
/* Many lookups of several users, all of names that nobody answers for: who begins one more, and
 * whose ends for it. */
#include "daemon/hosts_share.h"

#include <stdio.h>

#include "core_fixture.h"
#include "daemon/clock.h"
#include "daemon/hosts_impl.h"

#define ME 1001
#define YOU 1002
#define THIRD 1003
#define FIRST_OF_MANY 2000
#define SLOW_MS ((int64_t)PDANE_RUN_SLOW_MS)
#define SLOW_TLSA_MS ((int64_t)PDANE_RUN_SLOW_TLSA_MS)

static struct pdane_host *
touch(uid_t uid, const char *text)
{
        struct pdane_name name;
        struct pdane_host *h = NULL;
        pdane_hosts_set_asker(core.hosts, uid, PDANE_RUNS_PER_UID_MAX);
        assert_int_equal(pdane_name_parse(text, strlen(text), &name), 0);
        assert_int_equal(pdane_hosts_touch(core.hosts, &name, 443, &h), 0);
        pdane_hosts_set_asker(core.hosts, PDANE_ASKER_NOBODY, 0);
        return h;
}

/* A user's lookup that lasts. */
static struct pdane_host *
held(uid_t uid, unsigned n)
{
        char text[32];
        snprintf(text, sizeof text, "u%u-%u.test", (unsigned)uid, n);
        fake_resolver_hold(text, TYPE_A);
        return touch(uid, text);
}

/* How many begin, of so many. */
static unsigned
begin(uid_t uid, unsigned from, unsigned count)
{
        unsigned n = 0;
        for (unsigned i = from; i < from + count; i++)
                n += pdane_host_running(held(uid, i));
        return n;
}

static unsigned
running_of(uid_t uid)
{
        const struct pdane_shares *s = &core.hosts->shares;
        unsigned n = 0;
        for (size_t i = 0; i < s->n_running; i++)
                n += s->running[i]->run && s->running[i]->run_for == uid;
        assert_int_equal(n, pdane_tally_of(&s->tally, uid));
        return n;
}

/* Two users take all there is. */
static void
take_all(void)
{
        assert_int_equal(begin(ME, 0, PDANE_RUNS_PER_UID_MAX), PDANE_RUNS_PER_UID_MAX);
        assert_int_equal(begin(YOU, 0, PDANE_RUNS_MAX - PDANE_RUNS_PER_UID_MAX),
                         PDANE_RUNS_MAX - PDANE_RUNS_PER_UID_MAX);
        assert_int_equal(core.hosts->shares.n_running, PDANE_RUNS_MAX);
}

static void
two_cannot_take_all(void **state)
{
        const unsigned rest = PDANE_RUNS_MAX - PDANE_RUNS_PER_UID_MAX,
                       half = PDANE_RUNS_PER_UID_MAX / 2;
        (void)state;
        take_all();
        assert_true(pdane_host_running(held(THIRD, 0)));
        /* As many as whoever has most, and no more than that. */
        assert_int_equal(begin(THIRD, 1, PDANE_RUNS_PER_UID_MAX), half - 1);
        assert_int_equal(running_of(THIRD), half);
        assert_int_equal(running_of(ME), half);
        assert_int_equal(running_of(YOU), rest); /* who had less lost none */
        assert_int_equal(core.hosts->shares.n_running, PDANE_RUNS_MAX);
}

static void
nor_can_eight(void **state)
{
        const unsigned each = PDANE_RUNS_MAX / 8, fair = PDANE_RUNS_MAX / 9;
        (void)state;
        for (unsigned u = 0; u < 8; u++)
                assert_int_equal(begin(FIRST_OF_MANY + u, 0, each), each);
        assert_int_equal(begin(ME, 0, fair), fair);
        for (unsigned u = 0; u < 8; u++)
                assert_true(running_of(FIRST_OF_MANY + u) >= fair);
        /* And they go on without disturbing it. */
        for (unsigned u = 0; u < 8; u++)
                begin(FIRST_OF_MANY + u, each, 2);
        assert_int_equal(running_of(ME), fair);
}

/* The limit of one user is not a matter of room. */
static void
one_users_limit_stays(void **state)
{
        (void)state;
        assert_int_equal(begin(ME, 0, PDANE_RUNS_PER_UID_MAX + 1), PDANE_RUNS_PER_UID_MAX);
        fake_clock_advance_ms(SLOW_TLSA_MS);
        assert_int_equal(begin(ME, 500, 1), 0);
        assert_int_equal(running_of(ME), PDANE_RUNS_PER_UID_MAX);
}

/* The daemon's own are a user's, too: a long watch list keeps nobody waiting, and is not kept from
 * its share. */
static void
what_is_watched_gives_way(void **state)
{
        (void)state;
        assert_int_equal(begin(PDANE_ASKER_NOBODY, 0, PDANE_RUNS_MAX), PDANE_RUNS_MAX);
        assert_int_equal(begin(ME, 0, PDANE_RUNS_MAX), PDANE_RUNS_MAX / 2);
}

static size_t told;

static void
on_told(void *arg)
{
        (void)arg;
        told++;
}

/* What gave way says nothing of its host: who waits is told, and the next question begins it again.
 */
static void
it_ends_without_a_verdict(void **state)
{
        struct pdane_host *h = held(ME, 0);
        struct pdane_host_waiter w = {.uid = ME, .changed = on_told};
        (void)state;
        told = 0;
        fake_clock_advance_ms(1); /* the others are younger */
        begin(ME, 1, PDANE_RUNS_PER_UID_MAX - 1);
        begin(YOU, 0, PDANE_RUNS_MAX - PDANE_RUNS_PER_UID_MAX);
        pdane_host_wait(h, &w);
        h->waited_ms = h->started_ms;
        uint64_t doubts = pdane_hosts_doubts(core.hosts);
        held(THIRD, 0);
        assert_false(pdane_host_running(h));
        assert_int_equal(told, 1);
        pdane_host_unwait(&w);
        assert_int_equal(h->failures, 0);
        assert_int_equal(pdane_host_settled_ms(h), 0);
        assert_true(pdane_hosts_doubts(core.hosts) > doubts);
        fake_resolver_release();
        core_run();
        assert_int_equal(core.hosts->shares.n_running, 0);
        assert_int_equal(core.hosts->shares.tally.n_users, 0);
        touch(ME, "u1001-0.test");
        assert_true(pdane_host_running(h));
}

/* A renewal that gives way costs no trust, and one that was begun for a user has that user's share.
 */
static void
evidence_stays(void **state)
{
        (void)state;
        struct pdane_host *h = touch(ME, HOST);
        core_run();
        assert_int_equal(core_found(), 1);
        fake_resolver_hold(HOST, TYPE_A);
        assert_int_equal(pdane_host_renew(h), 0);
        assert_int_equal(h->run_for, ME); /* though nobody asked */
        fake_clock_advance_ms(1);
        begin(ME, 1, PDANE_RUNS_PER_UID_MAX - 1);
        begin(YOU, 0, PDANE_RUNS_MAX - PDANE_RUNS_PER_UID_MAX);
        held(THIRD, 0);
        assert_false(pdane_host_running(h));
        assert_true(pdane_host_has_evidence(h));
        assert_int_equal(core_found(), 1);
}

/* Of one user's the one goes that is waited for least. */
static void
patience_decides(void **state)
{
        struct pdane_host *with_tlsa = held(ME, 0);
        (void)state;
        with_tlsa->has_tlsa = true;
        fake_clock_advance_ms(10);
        struct pdane_host *waited_for = held(ME, 1), *silent = held(ME, 2);
        struct pdane_host_waiter w = {.uid = ME, .changed = on_told};
        fake_clock_advance_ms(10);
        pdane_host_wait(waited_for, &w);
        begin(ME, 3, PDANE_RUNS_PER_UID_MAX - 3);
        begin(YOU, 0, PDANE_RUNS_MAX - PDANE_RUNS_PER_UID_MAX);
        held(THIRD, 0);
        assert_false(pdane_host_running(silent));
        assert_true(pdane_host_running(waited_for));
        assert_true(pdane_host_running(with_tlsa));
        begin(THIRD, 1, PDANE_RUNS_PER_UID_MAX / 2 - 1);
        assert_true(pdane_host_running(with_tlsa));
        pdane_host_unwait(&w);
}

/* Who begins the lookup of somebody's host, and then many more, cannot have that one ended. */
static void
what_others_wait_for_is_theirs(void **state)
{
        struct pdane_host *h = held(ME, 0);
        struct pdane_host_waiter w = {.uid = THIRD, .changed = on_told};
        (void)state;
        pdane_host_wait(h, &w);
        fake_clock_advance_ms(1);
        begin(ME, 1, PDANE_RUNS_PER_UID_MAX - 1);
        begin(YOU, 0, PDANE_RUNS_MAX - PDANE_RUNS_PER_UID_MAX);
        assert_int_equal(begin(FIRST_OF_MANY, 0, 10), 10);
        assert_true(pdane_host_running(h));
        assert_int_equal(h->run_for, THIRD);
        assert_int_equal(running_of(THIRD), 1);
        assert_int_equal(running_of(ME), PDANE_RUNS_PER_UID_MAX - 1 - 10);
        pdane_host_unwait(&w);
}

/* The same, where who waits has as many: then it is no theft. */
static void
not_for_an_accomplice(void **state)
{
        struct pdane_host *h = held(ME, 0);
        struct pdane_host_waiter w = {.uid = YOU, .changed = on_told};
        const unsigned half = PDANE_RUNS_MAX / 2;
        (void)state;
        pdane_host_wait(h, &w);
        fake_clock_advance_ms(1);
        begin(ME, 1, half - 1);
        begin(YOU, 0, half);
        held(THIRD, 0);
        assert_false(pdane_host_running(h));
        pdane_host_unwait(&w);
}

/* As many users as places, each with one. */
static void
what_nobody_waits_for_makes_room(void **state)
{
        (void)state;
        for (unsigned u = 0; u < PDANE_RUNS_MAX; u++)
                assert_true(pdane_host_running(held(FIRST_OF_MANY + u, 0)));
        assert_false(pdane_host_running(held(ME, 0)));
        fake_clock_advance_ms(SLOW_MS - 1);
        assert_false(pdane_host_running(held(ME, 0)));
        fake_clock_advance_ms(1);
        assert_true(pdane_host_running(held(ME, 0)));
        assert_false(pdane_host_running(held(ME, 1))); /* each has one again */
        assert_int_equal(core.hosts->shares.n_running, PDANE_RUNS_MAX);
}

static void
with_tlsa_later(void **state)
{
        (void)state;
        for (unsigned u = 0; u < PDANE_RUNS_MAX; u++)
                held(FIRST_OF_MANY + u, 0)->has_tlsa = true;
        fake_clock_advance_ms(SLOW_TLSA_MS - 1);
        assert_false(pdane_host_running(held(ME, 0)));
        fake_clock_advance_ms(1);
        assert_true(pdane_host_running(held(ME, 0)));
}

/* Address, records, and the records of the certificate's other names. */
static void
dns_is_asked_for_the_user(void **state)
{
        static const char other[] = "other.test", other_tlsa[] = "_443._tcp.other.test";
        struct test_spec both = {.cn = HOST,
                                 .dns = TEST_LIST(HOST, "other.test"),
                                 .bc = TEST_BC_FALSE,
                                 .serial = 0x1235};
        (void)state;
        core_serve(&both);
        core_address(other);
        core_tlsa(other_tlsa, core.leaf, PDANE_DNS_SECURE, false);
        struct pdane_host *h = touch(ME, HOST);
        core_run();
        assert_int_equal(core_found(), 1);
        assert_int_equal(fake_resolver_asker(HOST, TYPE_A), ME);
        assert_int_equal(fake_resolver_asker(HOST_TLSA, TYPE_TLSA), ME);
        assert_int_equal(fake_resolver_asker(other_tlsa, TYPE_TLSA), ME);
        pdane_hosts_set_asker(core.hosts, YOU, PDANE_RUNS_PER_UID_MAX);
        assert_int_equal(pdane_host_renew(h), 0);
        pdane_hosts_set_asker(core.hosts, PDANE_ASKER_NOBODY, 0);
        core_run();
        assert_int_equal(fake_resolver_asker(other_tlsa, TYPE_TLSA), YOU);
        const struct pdane_name name = pdane_host_name(h);
        assert_int_equal(pdane_hosts_watch(core.hosts, &name, 443), 0);
        assert_int_equal(pdane_host_renew(h), 0);
        core_run();
        assert_int_equal(fake_resolver_asker(HOST, TYPE_A), PDANE_DNS_NOBODY);
        assert_int_equal(fake_resolver_asker(other_tlsa, TYPE_TLSA), PDANE_DNS_NOBODY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, core_setup, core_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(two_cannot_take_all),       TEST(nor_can_eight),
                TEST(one_users_limit_stays),     TEST(what_is_watched_gives_way),
                TEST(it_ends_without_a_verdict), TEST(evidence_stays),
                TEST(patience_decides),          TEST(what_others_wait_for_is_theirs),
                TEST(not_for_an_accomplice),     TEST(what_nobody_waits_for_makes_room),
                TEST(with_tlsa_later),           TEST(dns_is_asked_for_the_user),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
