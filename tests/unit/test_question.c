/* SPDX-License-Identifier: BSD-3-Clause */
/* Who waits, for what, and what comes of it. */
#include "core_fixture.h"
#include "daemon/question.h"

#define ME 1001
#define OTHER_USER 1002

static struct pdane_question_env env;
static uint8_t reply[PDANE_WIRE_MAX_REPLY];
static size_t reply_len;
static struct pdane_waiting *waiting;
static uint32_t wait_ms;
static unsigned done_count;
static struct pdane_answer late;

static void
on_done(void *arg, const uint8_t *data, size_t len)
{
        (void)arg;
        done_count++;
        assert_true(len <= sizeof reply);
        memcpy(reply, data, len);
        assert_int_equal(pdane_answer_decode(reply, len, &late), 0);
        waiting = NULL;
}

static int
setup(void **state)
{
        int r = core_setup(state);
        env = (struct pdane_question_env){
                .base = core.base,
                .hosts = core.hosts,
                .store = core.store,
                .merger = core.merger,
                .hints = core.hints,
                .access = core.access,
                .ports = {443},
                .n_ports = 1,
                .deadline_ms = 4000,
                .name_deadline_ms = 1500,
                .hint_deadline_ms = 250,
                .legacy_sha1 = true,
        };
        done_count = 0;
        waiting = NULL;
        memset(&late, 0, sizeof late);
        return r;
}

static struct pdane_question
question(void)
{
        return (struct pdane_question){.client = PDANE_CLIENT_NSS,
                                       .issuer = pdane_cert_issuer(core.leaf),
                                       .serial = pdane_cert_serial(core.leaf)};
}

/* Asks; an answer that came at once is in *ret. True when it did. */
static bool
ask(struct pdane_question q, struct pdane_answer *ret)
{
        assert_int_equal(pdane_question_ask(&env, ME, &q, reply, sizeof reply, &reply_len, &waiting,
                                            &wait_ms, on_done, NULL),
                         0);
        assert_int_equal(done_count, 0);
        if (waiting)
                return false;
        assert_int_equal(pdane_answer_decode(reply, reply_len, ret), 0);
        return true;
}

/* Runs until the waiting question is answered; its own timers are real, so they are kept short. */
static void
run_until_done(void)
{
        for (int i = 0; i < 1000 && done_count == 0; i++)
                event_base_loop(core.base, EVLOOP_ONCE);
        assert_int_equal(done_count, 1);
}

static void
cold_then_warm(void **state)
{
        struct pdane_answer a;
        (void)state;
        assert_false(ask(question(), &a));
        assert_int_equal(wait_ms, 4000);
        run_until_done();
        assert_int_equal(late.n_items, 1);
        done_count = 0;
        assert_true(ask(question(), &a));
        assert_int_equal(a.n_items, 1);
        assert_int_equal(a.items[0].trust, PDANE_TRUST_PEER);
}

static void
names_nobody(void **state)
{
        static const uint8_t dn[] = {0x30, 0x00};
        struct pdane_answer a;
        struct pdane_question q = question();
        (void)state;
        q.issuer = (struct pdane_bytes){dn, sizeof dn};
        assert_true(ask(q, &a));
        assert_int_equal(a.n_items, 0);
        assert_int_equal(pdane_hosts_count(core.hosts), 0);
}

/* A certificate with the good site's names but another serial: the lookup is waited for, and does
 * not help it. */
static void
another_serial(void **state)
{
        static const uint8_t serial[] = {0x02, 0x01, 0x55};
        struct pdane_answer a;
        struct pdane_question q = question();
        (void)state;
        q.serial = (struct pdane_bytes){serial, sizeof serial};
        assert_false(ask(q, &a));
        run_until_done();
        assert_int_equal(late.n_items, 0);
        assert_int_equal(core_found(), 1);
}

static void
many_wait_for_one(void **state)
{
        struct pdane_waiting *w[20];
        struct pdane_question q = question();
        (void)state;
        for (size_t i = 0; i < 20; i++) {
                assert_int_equal(pdane_question_ask(&env, ME, &q, reply, sizeof reply, &reply_len,
                                                    &w[i], &wait_ms, on_done, NULL),
                                 0);
                assert_non_null(w[i]);
        }
        for (int i = 0; i < 1000 && done_count < 20; i++)
                event_base_loop(core.base, EVLOOP_ONCE);
        assert_int_equal(done_count, 20);
        core_run();
        assert_int_equal(fake_prober_count(), 2); /* one lookup: once for each key family */
}

/* The answer to "is there TLSA?" does not come: the question ends by itself, with nothing. */
static void
name_deadline(void **state)
{
        struct pdane_answer a;
        (void)state;
        env.name_deadline_ms = 20;
        fake_resolver_hold(HOST_TLSA, TYPE_TLSA);
        assert_false(ask(question(), &a));
        core_run();
        assert_int_equal(done_count, 0);
        fake_clock_advance(1);
        run_until_done();
        assert_int_equal(late.n_items, 0);
}

/* Another question about the same host does not get the whole time again. */
static void
one_budget_for_a_lookup(void **state)
{
        struct pdane_answer a;
        (void)state;
        fake_resolver_hold(HOST_TLSA, TYPE_TLSA);
        assert_false(ask(question(), &a));
        pdane_waiting_cancel(waiting);
        fake_clock_advance(1);
        assert_false(ask(question(), &a));
        pdane_waiting_cancel(waiting);
        fake_clock_advance(1); /* 2 s after its start */
        assert_true(ask(question(), &a));
        assert_int_equal(a.n_items, 0);
}

/* With secure TLSA known the longer deadline holds. */
static void
tlsa_deadline(void **state)
{
        struct pdane_answer a;
        (void)state;
        env.name_deadline_ms = 20;
        fake_prober_hold(true);
        assert_false(ask(question(), &a));
        core_run();
        fake_clock_advance(2); /* past the name deadline, within the other */
        core_run();
        assert_int_equal(done_count, 0);
        fake_prober_release();
        run_until_done();
        assert_int_equal(late.n_items, 1);
}

static void
insecure_is_answered_at_once(void **state)
{
        struct pdane_answer a;
        (void)state;
        fake_resolver_set(HOST, TYPE_A, PDANE_DNS_INSECURE, TEST_NOW + TTL, false, NULL, 0);
        assert_false(ask(question(), &a));
        run_until_done();
        assert_int_equal(late.n_items, 0);
        done_count = 0;
        assert_true(ask(question(), &a)); /* known by now */
        assert_int_equal(a.n_items, 0);
}

/* The watch list makes up for a DN that names nobody. */
/* A new certificate behind known evidence: the question for it brings a new lookup, and is answered
 * right. */
static void
rotated(void **state)
{
        struct test_spec spec = {
                .cn = HOST, .dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE, .serial = 0x77};
        struct pdane_answer a;
        (void)state;
        assert_false(ask(question(), &a));
        run_until_done();
        done_count = 0;
        core_run();
        core_serve(&spec); /* the same key: its record matches both */
        fake_clock_advance(5);
        assert_false(ask(question(), &a));
        run_until_done();
        assert_int_equal(late.n_items, 1);
        assert_int_equal(pdane_store_count(core.store), 2);
}

/* Firefox can not be told of a CA:TRUE leaf: that there is nothing to say is no reason to look
 * again. */
static void
known_but_unspeakable(void **state)
{
        struct test_spec spec = {
                .cn = HOST, .dns = TEST_LIST(HOST), .bc = TEST_BC_TRUE, .serial = 0x77};
        struct pdane_answer a;
        (void)state;
        core_serve(&spec);
        struct pdane_question q = question();
        q.client = PDANE_CLIENT_MOZPKIX;
        assert_false(ask(q, &a));
        run_until_done();
        assert_int_equal(late.n_items, 0);
        done_count = 0;
        core_run();
        fake_clock_advance(60);
        assert_true(ask(q, &a));
        assert_int_equal(a.n_items, 0);
}

static void
watched(void **state)
{
        struct test_spec spec = {.dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE, .serial = 8};
        struct pdane_name name;
        struct pdane_answer a;
        (void)state;
        core_serve(&spec); /* an empty DN */
        assert_int_equal(pdane_host_parse(HOST, strlen(HOST), &name), 0);
        fake_prober_hold(true);
        assert_int_equal(pdane_hosts_watch(core.hosts, &name, 443), 0);
        core_run();
        assert_false(ask(question(), &a));
        fake_prober_release();
        run_until_done();
        assert_int_equal(late.n_items, 1);
}

/* Its evidence has run out and is being renewed: no gap in which it is refused. */
static void
watched_and_renewed(void **state)
{
        struct test_spec spec = {.dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE, .serial = 8};
        struct pdane_name name;
        struct pdane_answer a;
        (void)state;
        core_serve(&spec);
        assert_int_equal(pdane_host_parse(HOST, strlen(HOST), &name), 0);
        assert_int_equal(pdane_hosts_watch(core.hosts, &name, 443), 0);
        core_run();
        assert_int_equal(core_found(), 1);
        fake_clock_advance(TTL);
        fake_resolver_set_not_after(HOST_TLSA, TYPE_TLSA, TEST_NOW + 2 * TTL);
        fake_prober_hold(true);
        assert_int_equal(pdane_hosts_watch(core.hosts, &name, 443), 0);
        core_run();
        assert_false(ask(question(), &a));
        fake_prober_release();
        run_until_done();
        assert_int_equal(late.n_items, 1);
}

/* A watched host that never answers is waited for by nobody after its first lookup. */
static void
watched_but_dead(void **state)
{
        static const uint8_t dn[] = {0x30, 0x00};
        struct pdane_name name;
        struct pdane_answer a;
        struct pdane_question q = question();
        (void)state;
        q.issuer = (struct pdane_bytes){dn, sizeof dn};
        fake_prober_set(NULL, 0);
        assert_int_equal(pdane_host_parse(HOST, strlen(HOST), &name), 0);
        assert_int_equal(pdane_hosts_watch(core.hosts, &name, 443), 0);
        core_run();
        fake_clock_advance(1000);
        fake_prober_hold(true);
        assert_true(pdane_host_running(core_touch(HOST)));
        core_run();
        assert_true(ask(q, &a));
        assert_int_equal(a.n_items, 0);
}

static void
on_hint_done(void *arg, const uint8_t *data, size_t len)
{
        (void)arg;
        (void)data;
        assert_int_equal(len, 0);
        done_count++;
        waiting = NULL;
}

static void
hint(uid_t uid, const char *host, bool wait)
{
        struct pdane_name name;
        assert_int_equal(pdane_host_parse(host, strlen(host), &name), 0);
        assert_int_equal(pdane_question_hint(&env, uid, &name, &waiting, &wait_ms,
                                             wait ? on_hint_done : NULL, NULL),
                         0);
}

/* A DN that names nobody: what this user's programs looked up makes up for it, what another's did
 * does not. */
static void
hinted(void **state)
{
        struct test_spec spec = {.dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE, .serial = 8};
        struct pdane_answer a;
        (void)state;
        core_serve(&spec);
        fake_prober_hold(true);
        hint(ME, HOST, false);
        assert_null(waiting);
        core_run();
        struct pdane_question q = question();
        assert_int_equal(pdane_question_ask(&env, OTHER_USER, &q, reply, sizeof reply, &reply_len,
                                            &waiting, &wait_ms, on_done, NULL),
                         0);
        assert_null(waiting);
        assert_false(ask(question(), &a));
        fake_prober_release();
        run_until_done();
        assert_int_equal(late.n_items, 1);
}

/* A DN that names nobody, so that only a hint tells the host. */
static void
serve_unnamed(void)
{
        struct test_spec spec = {.dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE, .serial = 8};
        core_serve(&spec);
}

/*
 * The client that hinted was looking up the address itself meanwhile: its time begins with its
 * first question, and all of its questions share it.
 */
static void
hint_budget_begins_with_the_question(void **state)
{
        struct pdane_answer a;
        (void)state;
        env.hint_deadline_ms = 1500;
        serve_unnamed();
        fake_resolver_hold(HOST_TLSA, TYPE_TLSA);
        hint(ME, HOST, false);
        core_run();
        fake_clock_advance(5);
        hint(ME, HOST, false); /* again: nobody waits yet */
        fake_clock_advance(5);
        for (int i = 0; i < 2; i++) {
                assert_false(ask(question(), &a));
                pdane_waiting_cancel(waiting);
                fake_clock_advance(1);
        }
        assert_true(ask(question(), &a)); /* 2 s after the first question */
        assert_int_equal(a.n_items, 0);
}

/* The same for a host that the DN names as well, with the time that names have. */
static void
name_budget_begins_with_the_question(void **state)
{
        struct pdane_answer a;
        (void)state;
        fake_resolver_hold(HOST_TLSA, TYPE_TLSA);
        hint(ME, HOST, false);
        core_run();
        fake_clock_advance(5);
        assert_false(ask(question(), &a));
        pdane_waiting_cancel(waiting);
        fake_clock_advance(2);
        assert_true(ask(question(), &a));
        assert_int_equal(a.n_items, 0);
}

/*
 * A public CA's certificate names its host as the subject. Verifiers ask about the issuer first,
 * and what a later question names does not make the time longer than a hint's; an issuer's name
 * does, and so does a subject's when nobody has waited before.
 */
static void
subject_after_issuer(void **state)
{
        static const uint8_t ca[] = {0x30, 0x00};
        struct pdane_answer a;
        struct pdane_question issuer = {.client = PDANE_CLIENT_GNUTLS, .subject = {ca, sizeof ca}};
        struct pdane_question leaf = {.client = PDANE_CLIENT_GNUTLS,
                                      .subject = pdane_cert_subject(core.leaf)};
        (void)state;
        env.hint_deadline_ms = 500;
        fake_resolver_hold(HOST_TLSA, TYPE_TLSA);
        hint(ME, HOST, false);
        assert_false(ask(issuer, &a));
        pdane_waiting_cancel(waiting);
        fake_clock_advance(1);
        assert_true(ask(leaf, &a));
        assert_false(ask(question(), &a)); /* self-signed: its issuer's name */
        pdane_waiting_cancel(waiting);

        fake_resolver_set("other.test", TYPE_A, PDANE_DNS_TIMEOUT, 0, false, NULL, 0);
        struct test_spec spec = {.cn = "other.test", .dns = TEST_LIST("other.test"), .serial = 9};
        struct pdane_cert *other = test_cert(&spec);
        fake_resolver_hold("other.test", TYPE_A);
        leaf.subject = pdane_cert_subject(other);
        for (int i = 0; i < 2; i++) {
                assert_false(ask(leaf, &a)); /* the first question, and again */
                pdane_waiting_cancel(waiting);
                fake_clock_advance(i == 0);
        }
        pdane_cert_unref(other);
}

/* Each lookup has its time: that of the one before says nothing. */
static void
budget_of_the_next_lookup(void **state)
{
        struct pdane_answer a;
        (void)state;
        env.hint_deadline_ms = 1500;
        serve_unnamed();
        fake_resolver_set(HOST, TYPE_A, PDANE_DNS_TIMEOUT, 0, false, NULL, 0);
        hint(ME, HOST, false);
        assert_false(ask(question(), &a));
        run_until_done();
        done_count = 0;
        fake_clock_advance(20);
        fake_resolver_hold(HOST, TYPE_A);
        hint(ME, HOST, false); /* the next try */
        fake_clock_advance(5);
        assert_false(ask(question(), &a));
        pdane_waiting_cancel(waiting);
}

/* What a zone is known not to have is not waited for again. */
static void
hinted_without_tlsa(void **state)
{
        static const enum pdane_dns_verdict tlsa[] = {PDANE_DNS_NO_RECORDS, PDANE_DNS_INSECURE};
        struct pdane_answer a;
        (void)state;
        serve_unnamed();
        for (size_t i = 0; i < 2; i++) {
                if (tlsa[i] == PDANE_DNS_INSECURE)
                        fake_resolver_set(HOST, TYPE_A, PDANE_DNS_INSECURE, TEST_NOW + 10 * TTL,
                                          false, NULL, 0);
                fake_resolver_set(HOST_TLSA, TYPE_TLSA, tlsa[i], TEST_NOW + 10 * TTL, false, NULL,
                                  0);
                fake_clock_advance((int)i * 2 * TTL);
                hint(ME, HOST, false);
                assert_false(ask(question(), &a));
                run_until_done();
                assert_int_equal(late.n_items, 0);
                done_count = 0;
                hint(ME, HOST, false);
                assert_true(ask(question(), &a));
                assert_int_equal(a.n_items, 0);
        }
}

static void
hint_runs_out(void **state)
{
        struct test_spec spec = {.dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE, .serial = 8};
        struct pdane_answer a;
        (void)state;
        core_serve(&spec);
        fake_prober_hold(true);
        hint(ME, HOST, false);
        fake_clock_advance(30);
        assert_true(ask(question(), &a));
        assert_int_equal(a.n_items, 0);
}

static void
hint_that_waits(void **state)
{
        (void)state;
        fake_prober_hold(true);
        hint(ME, HOST, true);
        assert_non_null(waiting);
        core_run();
        assert_int_equal(done_count, 0);
        fake_prober_release();
        run_until_done();
        assert_int_equal(core_found(), 1);
        done_count = 0;
        hint(ME, HOST, true);
        assert_null(waiting); /* known */

        fake_resolver_set("plain.test", TYPE_A, PDANE_DNS_INSECURE, TEST_NOW + TTL, false, NULL, 0);
        hint(ME, "plain.test", true);
        run_until_done();
}

/*
 * Two hosts below one CA: while the second one's lookup is under way, a question for the CA is not
 * answered with the first one's anchor alone.
 */
static void
second_host_below_one_ca(void **state)
{
        X509 *ca_x =
                test_x509(&(struct test_spec){.cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1)});
        struct test_spec one = {
                .cn = HOST, .dns = TEST_LIST(HOST), .signer = ca_x, .signer_key = test_key(1)};
        struct test_spec two = {.cn = "two.test",
                                .dns = TEST_LIST("two.test"),
                                .signer = ca_x,
                                .signer_key = test_key(1)};
        struct pdane_cert *second = test_cert(&two);
        struct pdane_cert *chain[2] = {test_cert(&one), test_cert_take(ca_x)};
        struct pdane_question q = {.client = PDANE_CLIENT_NSS,
                                   .subject = pdane_cert_subject(chain[1])};
        uint8_t rdata[35] = {2, 1, 1};
        struct pdane_answer a;
        (void)state;
        core_spki_sha256(chain[1], rdata + 3);
        fake_resolver_set(HOST_TLSA, TYPE_TLSA, PDANE_DNS_SECURE, TEST_NOW + TTL, false, rdata,
                          sizeof rdata);
        fake_resolver_set("_443._tcp.two.test", TYPE_TLSA, PDANE_DNS_SECURE, TEST_NOW + TTL, false,
                          rdata, sizeof rdata);
        core_address("two.test");
        fake_prober_set(chain, 2);
        hint(ME, HOST, false);
        core_run();
        assert_true(ask(q, &a));
        assert_int_equal(a.n_items, 1);

        struct pdane_cert *chain2[2] = {second, chain[1]};
        fake_prober_set(chain2, 2);
        fake_prober_hold(true);
        hint(ME, "two.test", false);
        core_run();
        assert_false(ask(q, &a));
        fake_prober_release();
        run_until_done();
        assert_int_equal(late.n_items, 1);
        assert_non_null(memmem(late.items[0].value.data, late.items[0].value.len, "two.test", 8));
        assert_non_null(
                memmem(late.items[0].value.data, late.items[0].value.len, HOST, strlen(HOST)));
        pdane_cert_unref(chain[0]);
        pdane_cert_unref(chain[1]);
        pdane_cert_unref(second);
}

static void
cancelled(void **state)
{
        struct pdane_answer a;
        (void)state;
        assert_false(ask(question(), &a));
        pdane_waiting_cancel(waiting);
        pdane_waiting_cancel(NULL);
        core_run();
        assert_int_equal(done_count, 0);
        assert_int_equal(core_found(), 1); /* the lookup itself went on */
}

/* By value, as Chromium asks, and by subject, as GnuTLS does. */
static void
other_ways_to_ask(void **state)
{
        struct test_spec spec = {.cn = HOST, .dns = TEST_LIST(HOST), .serial = 0x77};
        struct pdane_answer a;
        (void)state;
        core_serve(&spec);
        struct pdane_question by_value = {.client = PDANE_CLIENT_CHROMIUM,
                                          .value = pdane_cert_der(core.leaf)};
        assert_false(ask(by_value, &a));
        run_until_done();
        assert_int_equal(late.n_items, 1);
        done_count = 0;
        struct pdane_question by_subject = {.client = PDANE_CLIENT_GNUTLS,
                                            .subject = pdane_cert_subject(core.leaf)};
        assert_true(ask(by_subject, &a));
        assert_int_equal(a.n_items, 1);
        assert_true(a.items[0].flags & PDANE_ITEM_AUTHORITY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, core_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(cold_then_warm),
                TEST(names_nobody),
                TEST(another_serial),
                TEST(many_wait_for_one),
                TEST(name_deadline),
                TEST(one_budget_for_a_lookup),
                TEST(tlsa_deadline),
                TEST(insecure_is_answered_at_once),
                TEST(rotated),
                TEST(known_but_unspeakable),
                TEST(watched),
                TEST(watched_and_renewed),
                TEST(watched_but_dead),
                TEST(hinted),
                TEST(hint_budget_begins_with_the_question),
                TEST(name_budget_begins_with_the_question),
                TEST(subject_after_issuer),
                TEST(budget_of_the_next_lookup),
                TEST(hinted_without_tlsa),
                TEST(hint_runs_out),
                TEST(hint_that_waits),
                TEST(second_host_below_one_ca),
                TEST(cancelled),
                TEST(other_ways_to_ask),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
