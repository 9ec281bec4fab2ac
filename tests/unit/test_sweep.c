/* SPDX-License-Identifier: BSD-3-Clause */
/* What takes many turns of the event loop: lists, flushes, other policy, waking. What is asked
 * between two of these turns is answered as after the last one, where trust is taken away. */
#include "core_fixture.h"
#include "daemon/clock.h"
#include "daemon/hosts_impl.h"
#include "daemon/list.h"

#define N 60u
#define SOME 12u

static char names[N][16];
static struct pdane_cert *leaves[N];

static void
add(unsigned i, const char *also)
{
        char owner[40];
        snprintf(names[i], sizeof names[i], "m%u.test", i);
        snprintf(owner, sizeof owner, "_443._tcp.m%u.test", i);
        const char *dns[] = {names[i], also, NULL};
        const struct test_spec spec = {
                .cn = names[i], .dns = dns, .bc = TEST_BC_FALSE, .serial = 5000 + i};
        leaves[i] = test_cert(&spec);
        core_address(names[i]);
        core_tlsa(owner, leaves[i], PDANE_DNS_SECURE, false);
        if (also) {
                snprintf(owner, sizeof owner, "_443._tcp.%s", also);
                core_tlsa(owner, leaves[i], PDANE_DNS_SECURE, false);
        }
        fake_prober_set(&leaves[i], 1);
        core_touch(names[i]);
        core_run();
}

static void
add_many(unsigned n)
{
        for (unsigned i = 0; i < n; i++)
                add(i, NULL);
        assert_int_equal(pdane_store_count(core.store), n);
}

static int
teardown(void **state)
{
        for (unsigned i = 0; i < N; i++) {
                pdane_cert_unref(leaves[i]);
                leaves[i] = NULL;
        }
        return core_teardown(state);
}

static void
turn(void)
{
        event_base_loop(core.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static bool
is_found(unsigned i)
{
        const struct pdane_wanted w = {.issuer = pdane_cert_issuer(leaves[i]),
                                       .serial = pdane_cert_serial(leaves[i])};
        struct pdane_found f[4];
        return pdane_store_find(core.store, &w, pdane_clock_wall(), f, 4) > 0;
}

static size_t
found(void)
{
        size_t n = 0;
        for (unsigned i = 0; i < N && leaves[i]; i++)
                n += is_found(i);
        return n;
}

/* The host that was not used for longest makes room for a new one. */
static void
evict_for(const char *fresh)
{
        size_t count = core.hosts->count;
        core.hosts->count = PDANE_HOSTS_MAX;
        core_touch(fresh);
        core.hosts->count = count;
}

/* ---- any sweep ---- */

static struct pdane_sweep *sweep;
static struct pdane_host *visited[N + 8];
static unsigned n_visited, n_done, visit_cost;
static bool is_ready;

static unsigned
visit(void *arg, struct pdane_host *h)
{
        assert_ptr_equal(arg, &sweep);
        visited[n_visited++] = h;
        return visit_cost;
}

static void
on_done(void *arg)
{
        assert_ptr_equal(arg, &sweep);
        n_done++;
        pdane_sweep_free(sweep);
        sweep = NULL;
}

static bool
ready(void *arg)
{
        (void)arg;
        return is_ready;
}

static void
begin_sweep(unsigned cost)
{
        static const struct pdane_sweep_job job = {visit, on_done, ready};
        n_visited = n_done = 0;
        visit_cost = cost;
        is_ready = true;
        assert_int_equal(pdane_sweep_new(core.hosts, &job, &sweep, &sweep), 0);
}

static unsigned
times_visited(const struct pdane_host *h)
{
        unsigned n = 0;
        for (unsigned i = 0; i < n_visited; i++)
                n += visited[i] == h;
        return n;
}

/* Used meanwhile, gone meanwhile, new meanwhile: who stays is visited once, in its turn. */
static void
hosts_come_and_go_under_it(void **state)
{
        struct pdane_host *hosts[SOME], *fresh;
        (void)state;
        for (unsigned i = 0; i < SOME; i++) {
                char name[16];
                snprintf(name, sizeof name, "s%u.public", i);
                hosts[i] = core_touch(name);
                core_run();
        }
        begin_sweep(PDANE_SWEEP_TURN); /* one in each turn, the newest first */
        for (unsigned i = SOME; i-- > SOME - 3;) {
                turn();
                assert_ptr_equal(visited[n_visited - 1], hosts[i]);
        }
        assert_int_equal(n_visited, 3);
        core_touch("s11.public"); /* visited */
        core_touch("s2.public");  /* not yet */
        for (unsigned i = 0; i < SOME; i++)
                if (i != SOME - 4)
                        core_touch(hosts[i]->name);
        evict_for("fresh.public"); /* the next one goes: nobody used it for so long */
        fresh = core_touch("fresh.public");
        core_run();
        assert_null(sweep);
        assert_int_equal(n_done, 1);
        assert_int_equal(n_visited, SOME - 1);
        for (unsigned i = 0; i < SOME; i++)
                if (i != SOME - 4)
                        assert_int_equal(times_visited(hosts[i]), 1);
        (void)fresh; /* may lie where the other one lay */
}

static void
it_waits_and_may_end_early(void **state)
{
        (void)state;
        add_many(3);
        begin_sweep(PDANE_SWEEP_TURN);
        is_ready = false;
        for (unsigned i = 0; i < 5; i++)
                turn();
        assert_int_equal(n_visited, 0);
        is_ready = true;
        for (unsigned i = 0; i < 1000 && n_visited == 0; i++)
                event_base_loop(core.base, EVLOOP_ONCE);
        assert_int_equal(n_visited, 1);
        pdane_sweep_free(sweep);
        core_run();
        assert_int_equal(n_visited, 1);
        assert_int_equal(n_done, 0);
        begin_sweep(1);
        assert_true(pdane_sweep_first(sweep));
        assert_int_equal(n_visited, 3);
        pdane_sweep_free(sweep);
        pdane_sweep_free(NULL);
}

/* ---- lists and flushes ---- */

static struct pdane_question_env questions;
static struct pdane_control_env env;
static struct pdane_control_work *work;
static struct {
        unsigned hosts, ends;
        uint32_t number;
        bool full;
        char last[PDANE_NAME_MAX + 3];
} got;

static void
on_send(void *arg, const uint8_t *data, size_t len)
{
        struct pdane_part p;
        (void)arg;
        if (pdane_end_decode(data, len, &got.number) == 0)
                return;
        assert_int_equal(pdane_part_decode(data, len, &p), 0);
        if (p.kind != PDANE_PART_TRUSTED)
                return;
        got.hosts++;
        snprintf(got.last, sizeof got.last, "%s", p.trusted.host);
}

static void
on_end(void *arg)
{
        (void)arg;
        got.ends++;
}

static bool
full(void *arg)
{
        (void)arg;
        return got.full;
}

static void
start(enum pdane_control type, uid_t uid)
{
        static const struct pdane_sink sink = {on_send, on_end, NULL, full};
        const struct pdane_control_request rq = {.type = type};
        questions = core_questions();
        env = (struct pdane_control_env){.questions = &questions};
        memset(&got, 0, sizeof got);
        assert_int_equal(pdane_control_start(&env, uid, &rq, &sink, &work), 0);
}

static void
a_list_in_turns(void **state)
{
        (void)state;
        add_many(SOME);
        start(PDANE_CONTROL_LIST, 0);
        turn();
        turn();
        assert_in_range(got.hosts, 1, 4); /* and questions are answered between */
        unsigned before = got.hosts;
        got.full = true; /* it is not read */
        for (unsigned i = 0; i < 20; i++)
                turn();
        assert_int_equal(got.hosts, before);
        got.full = false;
        for (unsigned i = 0; i < 1000 && got.hosts == before; i++)
                event_base_loop(core.base, EVLOOP_ONCE);
        core_touch(names[1]); /* not told of yet, and now the latest used */
        add(SOME, NULL);      /* came later */
        core_run();
        assert_int_equal(got.ends, 1);
        assert_int_equal(got.hosts, SOME);
        assert_string_equal(got.last, names[0]);
        pdane_control_cancel(work);
        start(PDANE_CONTROL_LIST, 0);
        turn();
        pdane_control_cancel(work); /* the client went away */
        core_run();
        assert_int_equal(got.ends, 0);
}

/* What is forgotten is so when that is said; what is learned meanwhile stays. */
static void
a_flush_in_turns(void **state)
{
        (void)state;
        add_many(N - 1);
        start(PDANE_CONTROL_FLUSH, 0);
        assert_non_null(work);
        assert_int_equal(got.ends, 0);
        assert_in_range(found(), 1, N - 2);
        assert_true(is_found(0)); /* still to come, and good until then */
        core_touch(names[0]);
        add(N - 1, NULL);
        core_run();
        assert_int_equal(got.ends, 1);
        assert_int_equal(got.number, N - 1);
        assert_int_equal(found(), 1);
        assert_true(is_found(N - 1));
        pdane_control_cancel(work);
        start(PDANE_CONTROL_FLUSH, 0);
        pdane_control_cancel(work);
        core_run();
        assert_int_equal(got.ends, 0);
}

/* ---- policy ---- */

static unsigned n_rechecked;

static void
on_rechecked(void *arg)
{
        assert_null(arg);
        n_rechecked++;
}

static struct pdane_access *
lists(const char *denied)
{
        char *none[] = {NULL}, text[64], *list[] = {text, NULL}, *error = NULL;
        const struct pdane_config cfg = {
                .allow_domains = none, .deny_domains = list, .deny_programs = none};
        struct pdane_access *a = NULL;
        snprintf(text, sizeof text, "%s", denied);
        assert_int_equal(pdane_access_new(&cfg, "test.conf", &a, &error), 0);
        return a;
}

/* Nothing is answered by the old lists once there are new ones, however long it takes to tidy up.
 */
static void
denied_at_once(void **state)
{
        struct pdane_access *old = core.access;
        (void)state;
        add_many(N);
        n_rechecked = 0;
        pdane_hosts_follow_recheck(core.hosts, on_rechecked, NULL);
        core.access = lists("test");
        pdane_hosts_set_access(core.hosts, core.access);
        assert_int_equal(n_rechecked, 0);
        assert_true(pdane_hosts_rechecking(core.hosts));
        assert_in_range(pdane_store_count(core.store), 1, N - 1);
        assert_int_equal(found(), 0);
        core_run();
        assert_int_equal(n_rechecked, 1);
        assert_false(pdane_hosts_rechecking(core.hosts));
        assert_int_equal(pdane_store_count(core.store), 0);
        pdane_access_free(old);
}

/* Certificates that name what is denied, at hosts that are not; and anchors made of several. */
static void
denied_names_at_once(void **state)
{
        struct pdane_access *old = core.access;
        const struct test_spec other = {.cn = "Merged", .dns = TEST_LIST("m1.test"), .serial = 9};
        struct pdane_found f[1];
        struct pdane_evidence *members[1];
        (void)state;
        add(0, "www.other.test");
        for (unsigned i = 1; i < N - 1; i++)
                add(i, NULL);
        leaves[N - 1] = test_cert(&other);
        const struct pdane_wanted w = {.value = pdane_cert_der(leaves[0])};
        assert_int_equal(pdane_store_find(core.store, &w, pdane_clock_wall(), f, 1), 1);
        members[0] = pdane_evidence_ref(f[0].evidence);
        struct pdane_evidence merged = {.refs = 1,
                                        .leaf = leaves[N - 1],
                                        .not_after = TEST_NOW + TTL,
                                        .members = members,
                                        .n_members = 1};
        assert_int_equal(pdane_store_add(core.store, &merged), 0);
        assert_int_equal(found(), N);
        core.access = lists("other.test");
        pdane_hosts_set_access(core.hosts, core.access);
        assert_int_equal(pdane_store_count(core.store), N);
        assert_int_equal(found(), N - 2);
        assert_false(is_found(0));
        assert_false(is_found(N - 1));
        core_run();
        assert_int_equal(pdane_store_count(core.store), N - 1);
        assert_int_equal(found(), N - 2); /* what was made of it holds no more */
        merged.refs++;                    /* it is not on the heap */
        pdane_store_remove(core.store, &merged);
        pdane_evidence_unref(members[0]);
        pdane_access_free(old);
}

/* The second reload counts for those that the first one has been at as well. */
static void
a_second_reload_meanwhile(void **state)
{
        struct pdane_access *old = core.access, *first = lists("m7.test");
        (void)state;
        add_many(N);
        n_rechecked = 0;
        pdane_hosts_follow_recheck(core.hosts, on_rechecked, NULL);
        pdane_hosts_set_access(core.hosts, first);
        assert_int_equal(found(), N - 1);
        turn();
        core.access = lists("m59.test"); /* the newest, which has been looked at */
        pdane_hosts_set_access(core.hosts, core.access);
        assert_false(is_found(N - 1));
        assert_int_equal(n_rechecked, 0);
        core_run();
        assert_int_equal(n_rechecked, 1);
        assert_false(is_found(N - 1));
        assert_in_range(pdane_store_count(core.store), N - 2, N - 1);
        assert_int_equal(found(), pdane_store_count(core.store));
        pdane_access_free(old);
        pdane_access_free(first);
}

/* Nor is what imitates a name that was not reserved before. */
static void
reserved_at_once(void **state)
{
        (void)state;
        add_many(N);
        core.reserved_dn = pdane_cert_subject(leaves[0]); /* looked at last */
        pdane_hosts_recheck(core.hosts);
        assert_int_equal(pdane_store_count(core.store), N);
        assert_int_equal(found(), N - 1);
        assert_false(is_found(0));
        core_run();
        assert_int_equal(pdane_store_count(core.store), N - 1);
        core.reserved_dn = (struct pdane_bytes){NULL, 0};
        assert_int_equal(found(), N - 1);
}

/* New lists during a recheck, and the other way round: both are seen through. */
static void
both_at_once(void **state)
{
        struct pdane_access *old = core.access;
        (void)state;
        add_many(N);
        core.reserved_dn = pdane_cert_subject(leaves[1]);
        pdane_hosts_recheck(core.hosts);
        core.access = lists("m2.test");
        pdane_hosts_set_access(core.hosts, core.access);
        assert_int_equal(found(), N - 2);
        core_run();
        assert_int_equal(pdane_store_count(core.store), N - 2);
        assert_int_equal(found(), N - 2);
        pdane_access_free(old);
}

/* ---- waking ---- */

static void
waking_in_turns(void **state)
{
        (void)state;
        add_many(N);
        fake_clock_advance(1000); /* nobody wants them any more */
        assert_int_equal(found(), 0);
        pdane_hosts_wake(core.hosts);
        assert_in_range(pdane_store_count(core.store), 1, N - 1);
        turn();
        pdane_hosts_wake(core.hosts); /* and again, meanwhile */
        core_run();
        assert_int_equal(pdane_store_count(core.store), 0);
}

/* ---- many that are due at once ---- */

static void
due_in_turns(void **state)
{
        struct pdane_host *hosts[N];
        (void)state;
        add_many(N);
        fake_clock_advance(1000);
        for (unsigned i = 0; i < N; i++) {
                struct pdane_name name;
                assert_int_equal(pdane_name_parse(names[i], strlen(names[i]), &name), 0);
                hosts[i] = pdane_hosts_find(core.hosts, &name, 443);
                assert_true(pdane_host_is_planned(hosts[i]));
                /* The last of them will be first, and some go before they are due. */
                pdane_host_due_in(hosts[i], i % 3 == 0 ? 60000 : -(int64_t)i);
        }
        for (unsigned i = 0; i < N; i += 6)
                pdane_host_not_due(hosts[i]);
        pdane_host_not_due(hosts[0]);
        assert_int_equal(pdane_store_count(core.store), N);
        turn();
        size_t left = pdane_store_count(core.store);
        assert_in_range(left, N - 20, N - 1);
        for (unsigned i = 0; i < N; i++) /* those of the largest i, of what was due */
                if (i % 3)
                        assert_int_equal(hosts[i]->shelf.places[0] == NULL,
                                         i > N - 1 - (N - left) * 3 / 2);
        core_run();
        assert_int_equal(pdane_store_count(core.store), N / 3);
        for (unsigned i = 0; i < N; i++)
                assert_int_equal(pdane_host_is_planned(hosts[i]), i % 6 == 3);
        evict_for("fresh.test"); /* one that is planned may go, too */
        core_run();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, core_setup, teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(hosts_come_and_go_under_it),
                TEST(it_waits_and_may_end_early),
                TEST(a_list_in_turns),
                TEST(a_flush_in_turns),
                TEST(denied_at_once),
                TEST(denied_names_at_once),
                TEST(a_second_reload_meanwhile),
                TEST(reserved_at_once),
                TEST(both_at_once),
                TEST(waking_in_turns),
                TEST(due_in_turns),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
