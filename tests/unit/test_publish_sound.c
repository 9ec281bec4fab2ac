/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rule of the table, tried at random: whatever has happened, when a client is told "no" without
 * asking, the daemon, asked at this moment, answers at once with nothing, and begins nothing.
 */
#include "daemon/clock.h"
#include "daemon/hosts_impl.h"
#include "publish_fixture.h"

#define STEPS 30000
#define NAMES 6

static const char *const names[NAMES] = {HOST,          "slow.test",   "public.test",
                                         "broken.test", "denied.test", "next.test"};
static unsigned said_no, said_no_beside_evidence;

static unsigned
pick(unsigned n)
{
        return (unsigned)random() % n;
}

static struct pdane_question
any_question(void)
{
        static const char *const cns[] = {"Some CA 1", NULL};
        const char *cn = pick(2) ? cns[pick(2)] : names[pick(NAMES)];
        struct pdane_question q = publish_question(cn, (uint8_t)(1 + pick(3)));
        switch (pick(6)) {
        case 0: /* the good site's own certificate */
                q.issuer = pdane_cert_issuer(core.leaf);
                q.serial = pdane_cert_serial(core.leaf);
                break;
        case 1:
                q.subject = q.issuer;
                q.issuer = q.serial = (struct pdane_bytes){NULL, 0};
                break;
        case 2:
                q.subject = publish_dn(names[pick(NAMES)]);
                break;
        default:
                break;
        }
        return q;
}

static void
check(const struct pdane_question *q)
{
        bool no = publish_says_no(q);
        size_t running = core.hosts->shares.n_running;
        struct publish_answer a = publish_ask_and_note(q);
        if (!no)
                return;
        said_no++;
        said_no_beside_evidence += pdane_store_count(core.store) > 0;
        assert_true(a.at_once);
        assert_true(a.nothing);
        assert_int_equal(core.hosts->shares.n_running, running);
}

static void
script_dns(void)
{
        static const enum pdane_dns_verdict verdicts[] = {PDANE_DNS_INSECURE, PDANE_DNS_BOGUS,
                                                          PDANE_DNS_TIMEOUT, PDANE_DNS_SECURE};
        const char *name = names[pick(NAMES)];
        int64_t until = pdane_clock_wall() + 1 + pick(40);
        static const uint8_t v4[] = {10, 53, 1, 1};
        fake_resolver_set(name, TYPE_A, verdicts[pick(4)], until, false, v4, sizeof v4);
        fake_resolver_set_not_after(HOST_TLSA, TYPE_TLSA, until);
        if (pick(3) == 0)
                fake_resolver_hold(name, TYPE_A);
}

static void
step(void)
{
        struct pdane_name name;
        switch (pick(12)) {
        case 0:
                publish_hint(pick(2) ? ME : PDANE_HINT_EVERYONE, names[pick(NAMES)]);
                break;
        case 1:
                fake_clock_advance(1 + pick(8));
                break;
        case 2:
                script_dns();
                break;
        case 3:
                fake_resolver_release();
                break;
        case 4:
                if (pick(20) == 0)
                        pdane_hosts_set_access(core.hosts, core.access);
                break;
        case 5:
                if (pick(10) == 0 && pdane_name_parse(names[0], strlen(names[0]), &name) == 0)
                        (void)pdane_hosts_watch(core.hosts, &name, 443);
                else if (pick(10) == 0)
                        pdane_hosts_unwatch_all(core.hosts);
                break;
        case 6:
                pdane_publisher_heard(pub.publisher);
                break;
        case 7:
                pdane_publisher_beat(pub.publisher);
                break;
        case 8:
                event_base_loop(core.base, EVLOOP_NONBLOCK);
                break;
        case 9:
                core_run();
                break;
        default:
                publish_settle();
                break;
        }
}

static void
a_no_is_the_daemons(void **state)
{
        unsigned seed = *(const unsigned *)*state;
        srandom(seed);
        said_no = said_no_beside_evidence = 0;
        for (unsigned i = 0; i < STEPS; i++) {
                struct pdane_question q = any_question();
                step();
                if (pick(3) == 0)
                        check(&q);
        }
        /* It was worth trying. */
        assert_true(said_no > STEPS / 100);
        assert_true(said_no_beside_evidence > STEPS / 1000);
}

static int
setup(void **state)
{
        void *unused = NULL;
        (void)state;
        return publish_setup(&unused);
}

static int
teardown(void **state)
{
        void *unused = NULL;
        (void)state;
        fake_resolver_release();
        return publish_teardown(&unused);
}

int
main(void)
{
        static unsigned seeds[] = {1, 2, 3, 4};
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_prestate_setup_teardown(a_no_is_the_daemons, setup, teardown,
                                                         &seeds[0]),
                cmocka_unit_test_prestate_setup_teardown(a_no_is_the_daemons, setup, teardown,
                                                         &seeds[1]),
                cmocka_unit_test_prestate_setup_teardown(a_no_is_the_daemons, setup, teardown,
                                                         &seeds[2]),
                cmocka_unit_test_prestate_setup_teardown(a_no_is_the_daemons, setup, teardown,
                                                         &seeds[3]),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
