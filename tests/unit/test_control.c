/* SPDX-License-Identifier: BSD-3-Clause */
/* What the command line asks, without a socket: who may see and forget what, how often a lookup may
 * be forced, and that what is explained is the lookup that decided. */
#include "core_fixture.h"
#include "daemon/check.h"
#include "daemon/claims.h"
#include "daemon/counters.h"
#include "daemon/events.h"
#include "daemon/status.h"
#include "trust/judge.h"

#define PARTS_MAX 256

static struct pdane_question_env questions;
static struct pdane_counters counters;
static struct pdane_control_env env;

/* What was sent, decoded; the bytes that parts point to are copies. */
static struct {
        struct pdane_part parts[PARTS_MAX];
        size_t n;
        uint32_t number;
        bool end, pending;
        char error[257];
} got;

static void
on_send(void *arg, const uint8_t *data, size_t len)
{
        uint32_t ms;
        (void)arg;
        assert_false(got.end);
        if (pdane_error_decode(data, len, got.error) == 0)
                return;
        if (pdane_pending_decode(data, len, &ms) == 0) {
                got.pending = true;
                return;
        }
        if (pdane_end_decode(data, len, &got.number) == 0)
                return;
        assert_true(got.n < PARTS_MAX);
        assert_int_equal(pdane_part_decode(data, len, &got.parts[got.n]), 0);
        got.n++;
}

static void
on_end(void *arg)
{
        (void)arg;
        assert_false(got.end);
        got.end = true;
}

static int
setup(void **state)
{
        int r = core_setup(state);
        counters = (struct pdane_counters){0};
        questions = core_questions();
        questions.counters = &counters;
        env = (struct pdane_control_env){.questions = &questions};
        if (r == 0)
                r = pdane_events_new(&env.events);
        if (r == 0)
                pdane_hosts_observe(core.hosts, env.events, &counters);
        return r;
}

static int
teardown(void **state)
{
        int r = core_teardown(state);
        pdane_events_free(env.events);
        return r;
}

static struct pdane_control_work *
start(uid_t uid, enum pdane_control type, const char *host, uint16_t port, uint32_t flags)
{
        static const struct pdane_sink sink = {on_send, on_end, NULL, NULL};
        struct pdane_control_request rq = {.type = type, .port = port, .flags = flags};
        struct pdane_control_work *w = NULL;
        if (host)
                rq.host = (struct pdane_bytes){(const uint8_t *)host, strlen(host)};
        memset(&got, 0, sizeof got);
        assert_int_equal(pdane_control_start(&env, uid, &rq, &sink, &w), 0);
        assert_int_equal(w == NULL, got.end);
        return w;
}

/* The whole reply. */
static void
ask(uid_t uid, enum pdane_control type, const char *host, uint16_t port, uint32_t flags)
{
        struct pdane_control_work *w = start(uid, type, host, port, flags);
        core_run();
        assert_int_equal(got.end, w == NULL || type != PDANE_CONTROL_WATCH);
        pdane_control_cancel(w);
}

static void
check(uid_t uid, const char *host, uint32_t flags)
{
        ask(uid, PDANE_CONTROL_CHECK, host, 443, flags);
}

static const struct pdane_part *
part(enum pdane_part_kind kind, size_t nth)
{
        for (size_t i = 0; i < got.n; i++)
                if (got.parts[i].kind == kind && nth-- == 0)
                        return &got.parts[i];
        return NULL;
}

static size_t
count(enum pdane_part_kind kind)
{
        size_t n = 0;
        while (part(kind, n))
                n++;
        return n;
}

/* ---- check ---- */

static void
check_explains_what_decided(void **state)
{
        (void)state;
        check(1000, HOST, 0);
        assert_string_equal(got.error, "");
        assert_true(got.pending);
        const struct pdane_part *context = part(PDANE_PART_CONTEXT, 0);
        assert_string_equal(context->context.host, HOST);
        assert_int_equal(context->context.flags, PDANE_CONTEXT_CONFIGURED | PDANE_CONTEXT_HELD);
        assert_string_equal(context->context.ports, "443");
        assert_int_equal(count(PDANE_PART_DNS), 3);
        assert_int_equal(count(PDANE_PART_RECORD), 1);
        assert_int_equal(part(PDANE_PART_RECORD, 0)->record.usable, 1);
        const struct pdane_part_candidate *c = &part(PDANE_PART_CANDIDATE, 0)->candidate;
        assert_int_equal(c->reason, PDANE_REASON_ACCEPTED);
        assert_int_equal(c->source, PDANE_SOURCE_SERVER);
        assert_int_equal(c->matched, 1);
        assert_int_equal(count(PDANE_PART_NAME), 1);
        assert_int_equal(part(PDANE_PART_NAME, 0)->name.reason, PDANE_REASON_ACCEPTED);
        assert_int_equal(count(PDANE_PART_CLIENT), PDANE_JUDGE_KINDS);
        for (size_t k = 0; k < PDANE_JUDGE_KINDS; k++)
                assert_int_equal(part(PDANE_PART_CLIENT, k)->client.accepted, 1);
        const struct pdane_part_outcome *o = &part(PDANE_PART_OUTCOME, 0)->outcome;
        assert_int_equal(o->outcome, PDANE_OUTCOME_ACCEPTED);
        assert_int_equal(o->until, context->context.held_until);
        assert_int_equal(core_found(), 1); /* and it was the lookup that clients profit from */
        assert_int_equal(counters.checks, 1);
        assert_int_equal(counters.lookups[PDANE_OUTCOME_ACCEPTED], 1);
}

/* Each certificate has its own verdicts, behind its own part: what clients make of an accepted one
 * is worked out when the explanation is read. */
static void
check_explains_each_certificate(void **state)
{
        struct test_spec rsa = {.cn = HOST,
                                .dns = TEST_LIST(HOST),
                                .bc = TEST_BC_TRUE,
                                .serial = 5,
                                .key = test_key_rsa()};
        struct pdane_cert *other = test_cert(&rsa);
        size_t candidate = 0, clients[2] = {0, 0};
        (void)state;
        core_tlsa_too(HOST_TLSA, other);
        fake_prober_set_other(other);
        for (int again = 0; again < 2; again++) {
                check(1000, HOST, 0);
                assert_int_equal(count(PDANE_PART_CANDIDATE), 2);
                candidate = clients[0] = clients[1] = 0;
                for (size_t i = 0; i < got.n; i++) {
                        const struct pdane_part_client *c = &got.parts[i].client;
                        candidate += got.parts[i].kind == PDANE_PART_CANDIDATE;
                        if (got.parts[i].kind != PDANE_PART_CLIENT)
                                continue;
                        assert_in_range(candidate, 1, 2);
                        assert_int_equal(c->client, clients[candidate - 1]++);
                        if (c->client == PDANE_JUDGE_FIREFOX) /* it takes no CA:TRUE */
                                assert_int_equal(c->accepted, candidate == 1);
                }
                assert_int_equal(clients[0], PDANE_JUDGE_KINDS);
                assert_int_equal(clients[1], PDANE_JUDGE_KINDS);
        }
        pdane_cert_unref(other);
}

static void
check_says_why_not(void **state)
{
        (void)state;
        fake_resolver_set(HOST_TLSA, TYPE_TLSA, PDANE_DNS_BOGUS, 0, false, NULL, 0);
        check(1000, HOST, 0);
        assert_int_equal(part(PDANE_PART_OUTCOME, 0)->outcome.outcome, PDANE_OUTCOME_BOGUS);
        assert_int_equal(part(PDANE_PART_DNS, 2)->dns.verdict, PDANE_DNS_BOGUS);
        assert_int_equal(part(PDANE_PART_DNS, 2)->dns.flags, PDANE_DNS_DECIDED);
        assert_int_equal(count(PDANE_PART_CANDIDATE), 0);
        check(1000, "denied.test", 0);
        assert_int_equal(part(PDANE_PART_CONTEXT, 0)->context.flags,
                         PDANE_CONTEXT_CONFIGURED | PDANE_CONTEXT_DENIED);
        assert_int_equal(got.n, 1);
        check(1000, "not a name", 0);
        assert_string_equal(got.error, "name");
}

static void
one_lookup_for_many_checks(void **state)
{
        (void)state;
        check(1000, HOST, 0);
        unsigned asked = fake_resolver_count(HOST_TLSA, TYPE_TLSA);
        check(1000, HOST, 0);
        assert_false(got.pending);
        assert_int_equal(count(PDANE_PART_CLIENT), PDANE_JUDGE_KINDS);
        assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), asked);
        check(1000, HOST, PDANE_CHECK_FRESH);
        assert_true(got.pending);
        assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), asked + 1);
}

/* Each user has so many; they come back with time. */
static void
forced_lookups_are_rationed(void **state)
{
        (void)state;
        check(1000, HOST, PDANE_CHECK_FRESH); /* the first one anybody may have */
        for (unsigned i = 0; i < PDANE_BUDGET_BURST; i++) {
                check(1000, HOST, PDANE_CHECK_FRESH);
                assert_string_equal(got.error, "");
        }
        unsigned asked = fake_resolver_count(HOST_TLSA, TYPE_TLSA);
        check(1000, HOST, PDANE_CHECK_FRESH);
        assert_string_equal(got.error, "busy");
        ask(1000, PDANE_CONTROL_CHECK, HOST, 25, 0);
        assert_string_equal(got.error, "busy");
        assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), asked);
        check(1000, HOST, 0);
        assert_string_equal(got.error, "");
        check(1001, HOST, PDANE_CHECK_FRESH);
        assert_string_equal(got.error, "");
        fake_clock_advance(PDANE_BUDGET_EVERY_MS / 1000);
        check(1000, HOST, PDANE_CHECK_FRESH);
        assert_string_equal(got.error, "");
        check(1000, HOST, PDANE_CHECK_FRESH);
        assert_string_equal(got.error, "busy");
}

static void
budget_never_forgets_who_has_spent(void **state)
{
        struct pdane_budget b = {0};
        (void)state;
        for (uid_t uid = 0; uid < PDANE_BUDGET_UIDS; uid++)
                assert_true(pdane_budget_take(&b, uid, 1000));
        assert_false(pdane_budget_take(&b, PDANE_BUDGET_UIDS, 1000));
        assert_true(pdane_budget_take(&b, 3, 1000));
        assert_true(pdane_budget_take(&b, PDANE_BUDGET_UIDS, 1000 + PDANE_BUDGET_EVERY_MS));
}

/* A port that clients are not helped at leaves no trust behind. */
static void
other_ports_are_explained_only(void **state)
{
        (void)state;
        core_tlsa("_8443._tcp." HOST, core.leaf, PDANE_DNS_SECURE, false);
        ask(1000, PDANE_CONTROL_CHECK, HOST, 8443, 0);
        assert_int_equal(part(PDANE_PART_OUTCOME, 0)->outcome.outcome, PDANE_OUTCOME_ACCEPTED);
        assert_int_equal(part(PDANE_PART_CONTEXT, 0)->context.flags, 0);
        assert_int_equal(core_found(), 0);
        assert_int_equal(pdane_hosts_count(core.hosts), 0);
        assert_int_equal(env.n_alone, 0);
}

static void
checks_end_in_the_middle(void **state)
{
        (void)state;
        fake_prober_hold(true);
        core_tlsa("_8443._tcp." HOST, core.leaf, PDANE_DNS_SECURE, false);
        struct pdane_control_work *w = start(1000, PDANE_CONTROL_CHECK, HOST, 8443, 0);
        core_run();
        assert_int_equal(part(PDANE_PART_STAGE, 1)->stage.stage, 2);
        assert_int_equal(env.n_alone, 1);
        pdane_checks_drop(&env);
        assert_string_equal(got.error, "busy");
        assert_true(got.end);
        pdane_checks_drop(&env);
        pdane_control_cancel(w);
        assert_int_equal(env.n_alone, 0);

        w = start(1000, PDANE_CONTROL_CHECK, HOST, 443, 0);
        core_run();
        assert_false(got.end);
        pdane_control_cancel(w); /* the client went away: the lookup goes on */
        fake_prober_release();
        core_run();
        assert_int_equal(core_found(), 1);
}

static void
checks_alone_are_few(void **state)
{
        struct pdane_control_work *work[PDANE_CHECKS_ALONE_MAX];
        (void)state;
        fake_prober_hold(true);
        core_tlsa("_8443._tcp." HOST, core.leaf, PDANE_DNS_SECURE, false);
        for (unsigned i = 0; i < PDANE_CHECKS_ALONE_MAX; i++) {
                work[i] = start(1000 + i, PDANE_CONTROL_CHECK, HOST, 8443, 0);
                assert_non_null(work[i]);
        }
        assert_null(start(2000, PDANE_CONTROL_CHECK, HOST, 8443, 0));
        assert_string_equal(got.error, "busy");
        for (unsigned i = 0; i < PDANE_CHECKS_ALONE_MAX; i++)
                pdane_control_cancel(work[i]);
}

/* ---- privacy ---- */

static void
lists_are_each_users_own(void **state)
{
        (void)state;
        check(1000, HOST, 0);
        ask(1000, PDANE_CONTROL_LIST, NULL, 0, 0);
        assert_int_equal(count(PDANE_PART_TRUSTED), 1);
        assert_string_equal(part(PDANE_PART_TRUSTED, 0)->trusted.host, HOST);
        assert_int_equal(part(PDANE_PART_TRUSTED, 0)->trusted.clients,
                         (1u << PDANE_JUDGE_KINDS) - 1);
        assert_string_equal(part(PDANE_PART_NAME, 0)->name.name, HOST);
        ask(1001, PDANE_CONTROL_LIST, NULL, 0, 0);
        assert_int_equal(got.n, 0);
        ask(0, PDANE_CONTROL_LIST, NULL, 0, 0);
        assert_int_equal(count(PDANE_PART_TRUSTED), 1);
}

/* When others' lookup was made is not told. */
static void
checks_do_not_tell_of_others(void **state)
{
        (void)state;
        check(1000, HOST, 0);
        assert_int_not_equal(part(PDANE_PART_CONTEXT, 0)->context.looked_up, 0);
        check(1000, HOST, 0);
        assert_int_not_equal(part(PDANE_PART_CONTEXT, 0)->context.looked_up, 0);
        check(1001, HOST, 0);
        assert_int_equal(part(PDANE_PART_CONTEXT, 0)->context.looked_up, 0);
        check(0, HOST, 0);
        assert_int_not_equal(part(PDANE_PART_CONTEXT, 0)->context.looked_up, 0);
}

static void
flush_is_limited(void **state)
{
        (void)state;
        check(1000, HOST, 0);
        ask(1001, PDANE_CONTROL_FLUSH, HOST, 0, 0);
        assert_int_equal(got.number, 0);
        assert_int_equal(core_found(), 1);
        /* Shared: the second user's flush is the second user's affair. */
        check(1001, HOST, 0);
        ask(1001, PDANE_CONTROL_FLUSH, NULL, 0, 0);
        assert_int_equal(got.number, 1);
        assert_int_equal(core_found(), 1);
        ask(1001, PDANE_CONTROL_LIST, NULL, 0, 0);
        assert_int_equal(got.n, 0);
        /* Alone again: it goes. */
        ask(1000, PDANE_CONTROL_FLUSH, HOST, 25, 0);
        assert_int_equal(got.number, 0);
        ask(1000, PDANE_CONTROL_FLUSH, HOST, 443, 0);
        assert_int_equal(got.number, 1);
        assert_int_equal(core_found(), 0);
        check(1000, HOST, 0);
        assert_true(got.pending);
        assert_int_equal(core_found(), 1);
        ask(0, PDANE_CONTROL_FLUSH, NULL, 0, 0);
        assert_int_equal(got.number, 1);
        assert_int_equal(core_found(), 0);
        ask(1000, PDANE_CONTROL_FLUSH, "no name", 0, 0);
        assert_string_equal(got.error, "name");
}

static void
watched_hosts_stay(void **state)
{
        struct pdane_name name;
        (void)state;
        assert_int_equal(pdane_host_parse(HOST, strlen(HOST), &name), 0);
        assert_int_equal(pdane_hosts_watch(core.hosts, &name, 443), 0);
        core_run();
        check(1000, HOST, 0);
        assert_null(start(1000, PDANE_CONTROL_FLUSH, HOST, 0, 0));
        assert_int_equal(got.number, 1);
        assert_int_equal(core_found(), 1);
}

/* A question that one certificate answers shows its host; one that browses by subject does not. */
static void
questions_claim_what_they_meet(void **state)
{
        static uint8_t reply[PDANE_WIRE_MAX_REPLY];
        struct pdane_waiting *waiting = NULL;
        uint32_t ms;
        size_t len;
        struct pdane_question q = {
                .client = PDANE_CLIENT_GNUTLS, .subject = {NULL, 0}, .issuer = {NULL, 0}};
        (void)state;
        /* Its DN names no host; GnuTLS finds its anchor by subject. */
        static const char *const names[] = {HOST, NULL};
        core_serve(&(struct test_spec){.cn = "Router 42", .dns = names, .bc = TEST_BC_NONE});
        core_touch(HOST);
        core_run();
        q.subject = pdane_cert_subject(core.leaf);
        assert_int_equal(pdane_question_ask(&questions, 1000, &q, reply, sizeof reply, &len,
                                            &waiting, &ms, NULL, NULL),
                         0);
        pdane_waiting_cancel(waiting);
        ask(1000, PDANE_CONTROL_LIST, NULL, 0, 0);
        assert_int_equal(got.n, 0);
        q = (struct pdane_question){.client = PDANE_CLIENT_NSS,
                                    .issuer = pdane_cert_issuer(core.leaf),
                                    .serial = pdane_cert_serial(core.leaf)};
        assert_int_equal(pdane_question_ask(&questions, 1000, &q, reply, sizeof reply, &len,
                                            &waiting, &ms, NULL, NULL),
                         0);
        assert_null(waiting);
        ask(1000, PDANE_CONTROL_LIST, NULL, 0, 0);
        assert_int_equal(count(PDANE_PART_TRUSTED), 1);
        assert_int_equal(counters.questions, 2);
        assert_int_equal(counters.hits, 2);
}

static int
hint(uid_t uid)
{
        struct pdane_waiting *waiting = NULL;
        struct pdane_name name;
        uint32_t ms;
        assert_int_equal(pdane_host_parse(HOST, strlen(HOST), &name), 0);
        return pdane_question_hint(&questions, uid, &name, &waiting, &ms, NULL, NULL);
}

static void
events_are_each_users_own(void **state)
{
        (void)state;
        struct pdane_control_work *own = start(1000, PDANE_CONTROL_WATCH, NULL, 0, 0);
        assert_int_equal(hint(1000), 0);
        core_run();
        assert_int_equal(count(PDANE_PART_EVENT), 1);
        assert_non_null(strstr(part(PDANE_PART_EVENT, 0)->event.line, "host=" HOST));
        pdane_control_cancel(own);

        ask(0, PDANE_CONTROL_FLUSH, NULL, 0, 0);
        struct pdane_control_work *other = start(1001, PDANE_CONTROL_WATCH, NULL, 0, 0);
        assert_int_equal(hint(1000), 0);
        core_run();
        assert_int_equal(core_found(), 1);
        assert_int_equal(got.n, 0);
        pdane_control_cancel(other);
}

static void
claims_are_few(void **state)
{
        struct pdane_claims c = {0};
        (void)state;
        for (uid_t uid = 1; uid <= PDANE_CLAIMS_MAX; uid++)
                pdane_claims_add(&c, uid);
        pdane_claims_add(&c, 1);
        assert_false(c.others);
        pdane_claims_add(&c, 100);
        assert_false(pdane_claims_has(&c, 2)); /* the oldest */
        assert_true(pdane_claims_has(&c, 1));
        assert_true(pdane_claims_has(&c, 100));
        while (c.n)
                assert_true(pdane_claims_remove(&c, c.uids[0]));
        assert_false(pdane_claims_none(&c)); /* somebody's was dropped */
        assert_false(pdane_claims_remove(&c, 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(check_explains_what_decided),
                TEST(check_explains_each_certificate),
                TEST(check_says_why_not),
                TEST(one_lookup_for_many_checks),
                TEST(forced_lookups_are_rationed),
                cmocka_unit_test(budget_never_forgets_who_has_spent),
                TEST(other_ports_are_explained_only),
                TEST(checks_end_in_the_middle),
                TEST(checks_alone_are_few),
                TEST(lists_are_each_users_own),
                TEST(checks_do_not_tell_of_others),
                TEST(flush_is_limited),
                TEST(watched_hosts_stay),
                TEST(questions_claim_what_they_meet),
                TEST(events_are_each_users_own),
                cmocka_unit_test(claims_are_few),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
