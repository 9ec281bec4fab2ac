/* SPDX-License-Identifier: BSD-3-Clause */
#include <event2/event.h>
#include <netinet/in.h>

#include "daemon/resolve.h"
#include "fake_clock.h"
#include "fake_resolver.h"
#include "test.h"

#define A 1
#define AAAA 28
#define TLSA 52
#define NOW 1000
#define HOST "host.test"
#define TLSA_NAME "_443._tcp.host.test"

static const uint8_t v4[] = {10, 53, 1, 1};
static const uint8_t v6[16] = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
static const uint8_t record[35] = {3, 1, 1, 0xab};

static struct event_base *base;
static struct pdane_host_facts got;
static unsigned done_count;

static void
on_done(void *arg, struct pdane_host_facts *facts)
{
        (void)arg;
        done_count++;
        got = *facts;
        *facts = (struct pdane_host_facts){0};
        event_base_loopbreak(base);
}

static struct pdane_resolve *
start(bool need_address)
{
        struct pdane_resolve_request req = {base, HOST, 443, need_address, 1000, on_done, NULL, NULL,
                                            PDANE_EVIDENCE_FLOOR_S};
        struct pdane_resolve *rs = NULL;
        pdane_host_facts_clear(&got);
        done_count = 0;
        assert_int_equal(pdane_resolve_start(fake_resolver(), &req, &rs), 0);
        assert_int_equal(done_count, 0); /* never from inside */
        return rs;
}

static void
resolve(bool need_address)
{
        start(need_address);
        event_base_dispatch(base);
        assert_int_equal(done_count, 1);
        assert_int_equal(fake_resolver_open(), 0);
}

static int
setup(void **state)
{
        (void)state;
        fake_clock_set(NOW);
        fake_resolver_reset(base);
        fake_resolver_set(HOST, A, PDANE_DNS_SECURE, 2000, false, v4, sizeof v4);
        fake_resolver_set(HOST, AAAA, PDANE_DNS_SECURE, 2000, false, v6, sizeof v6);
        fake_resolver_set(TLSA_NAME, TLSA, PDANE_DNS_SECURE, 1500, false, record, sizeof record);
        return 0;
}

static void
secure(void **state)
{
        (void)state;
        resolve(true);
        assert_int_equal(got.address_verdict, PDANE_DNS_SECURE);
        assert_int_equal(got.n_addresses, 2);
        assert_int_equal(got.tlsa_verdict, PDANE_DNS_SECURE);
        assert_int_equal(pdane_tlsa_set_count(got.tlsa), 1);
        assert_int_equal(got.not_after, 1500);
        assert_false(got.synthesised);
}

/* TLSA is foreseen with the first question; whether that sends one, the resolver decides. It counts
 * for nothing. */
static void
tlsa_is_foreseen(void **state)
{
        fake_resolver_hold(HOST, A);
        fake_resolver_hold(HOST, AAAA);
        struct pdane_resolve *rs = start(true);
        assert_int_equal(fake_resolver_foreseen(TLSA_NAME, TLSA), 1);
        assert_int_equal(fake_resolver_count(TLSA_NAME, TLSA), 0);
        pdane_resolve_cancel(rs);
        setup(state);
        resolve(true);
        assert_int_equal(fake_resolver_count(TLSA_NAME, TLSA), 1);
        assert_int_equal(got.tlsa_verdict, PDANE_DNS_SECURE);
}

/* Most of the Internet: one insecure address answer, and that is all. What was foreseen is not
 * waited for. */
static void
insecure_address_stops(void **state)
{
        (void)state;
        fake_resolver_set(HOST, A, PDANE_DNS_INSECURE, 1700, false, v4, sizeof v4);
        fake_resolver_hold(HOST, AAAA);
        fake_resolver_hold(TLSA_NAME, TLSA);
        resolve(true);
        assert_int_equal(fake_resolver_foreseen(TLSA_NAME, TLSA), 1);
        assert_int_equal(got.address_verdict, PDANE_DNS_INSECURE);
        assert_int_equal(got.tlsa_verdict, PDANE_DNS_UNKNOWN);
        assert_int_equal(got.n_addresses, 0);
        assert_null(got.tlsa);
        assert_int_equal(fake_resolver_count(TLSA_NAME, TLSA), 0);
}

static void
unsafe_addresses_stop(void **state)
{
        static const enum pdane_dns_verdict bad[] = {PDANE_DNS_BOGUS, PDANE_DNS_TIMEOUT,
                                                     PDANE_DNS_UNREACHABLE, PDANE_DNS_NO_RECORDS,
                                                     PDANE_DNS_UNKNOWN};
        (void)state;
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                fake_resolver_set(HOST, A, bad[i], 1700, false, v4, sizeof v4);
                fake_resolver_set(HOST, AAAA, bad[i], 1700, false, v6, sizeof v6);
                resolve(true);
                assert_int_not_equal(got.address_verdict, PDANE_DNS_SECURE);
                if (bad[i] != PDANE_DNS_UNKNOWN)
                        assert_int_equal(got.address_verdict, bad[i]);
                assert_int_equal(got.n_addresses, 0);
                assert_int_equal(fake_resolver_count(TLSA_NAME, TLSA), 0);
        }
}

static void
tlsa_verdicts_are_kept(void **state)
{
        static const enum pdane_dns_verdict bad[] = {PDANE_DNS_BOGUS, PDANE_DNS_TIMEOUT,
                                                     PDANE_DNS_UNREACHABLE, PDANE_DNS_NO_RECORDS,
                                                     PDANE_DNS_INSECURE};
        (void)state;
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                fake_resolver_set(TLSA_NAME, TLSA, bad[i], 1500, false, record, sizeof record);
                fake_resolver_set_labels(TLSA_NAME, TLSA, 1);
                resolve(true);
                assert_int_equal(got.tlsa_verdict, bad[i]);
                assert_null(got.tlsa);
                assert_false(got.synthesised);
        }
}

/* One family secure is enough to go on; the other is waited for only a moment once TLSA is there.
 */
static void
missing_family(void **state)
{
        (void)state;
        fake_resolver_hold(HOST, AAAA);
        resolve(true);
        assert_int_equal(got.address_verdict, PDANE_DNS_SECURE);
        assert_int_equal(got.n_addresses, 1);
        assert_int_equal(got.tlsa_verdict, PDANE_DNS_SECURE);
        assert_int_equal(got.not_after, 1500);
}

static void
address_not_needed(void **state)
{
        (void)state;
        fake_resolver_set(HOST, A, PDANE_DNS_NO_RECORDS, 1700, false, NULL, 0);
        fake_resolver_set(HOST, AAAA, PDANE_DNS_NO_RECORDS, 1700, false, NULL, 0);
        fake_resolver_set(TLSA_NAME, TLSA, PDANE_DNS_SECURE, 1500, true, record, sizeof record);
        resolve(false);
        assert_int_equal(got.tlsa_verdict, PDANE_DNS_SECURE);
        assert_true(got.synthesised);
        resolve(true);
        assert_int_equal(got.address_verdict, PDANE_DNS_NO_RECORDS);
        assert_int_equal(got.tlsa_verdict, PDANE_DNS_UNKNOWN);
        fake_resolver_set(HOST, A, PDANE_DNS_INSECURE, 1700, false, NULL, 0);
        resolve(false);
        assert_int_equal(got.address_verdict, PDANE_DNS_INSECURE);
        assert_int_equal(got.tlsa_verdict, PDANE_DNS_UNKNOWN);
}

#define FINAL "final.test"
#define FINAL_TLSA "_443._tcp.final.test"

/* RFC 7671 section 7: the final name first, the original only when there is securely nothing there.
 */
static void
aliases(void **state)
{
        (void)state;
        fake_resolver_set_final(HOST, A, FINAL);
        fake_resolver_set_final(HOST, AAAA, FINAL);
        fake_resolver_set(FINAL_TLSA, TLSA, PDANE_DNS_SECURE, 1400, false, record, sizeof record);
        resolve(true);
        assert_int_equal(got.tlsa_verdict, PDANE_DNS_SECURE);
        assert_int_equal(got.not_after, 1400);
        assert_int_equal(fake_resolver_count(TLSA_NAME, TLSA), 0);

        fake_resolver_set(FINAL_TLSA, TLSA, PDANE_DNS_NO_RECORDS, 1400, false, NULL, 0);
        resolve(true);
        assert_int_equal(got.tlsa_verdict, PDANE_DNS_SECURE);
        assert_int_equal(got.not_after, 1500);
        assert_int_equal(fake_resolver_count(TLSA_NAME, TLSA), 1);
}

/* What the final name's records say of the host, they say while the alias leads there. */
static void
alias_runs_out(void **state)
{
        (void)state;
        fake_resolver_set_final(HOST, A, FINAL);
        fake_resolver_set_final(HOST, AAAA, FINAL);
        fake_resolver_set(FINAL_TLSA, TLSA, PDANE_DNS_SECURE, 90000, false, record, sizeof record);
        fake_resolver_set_alias_until(HOST, A, NOW + 60, 5000);
        fake_resolver_set_alias_until(HOST, AAAA, NOW + 60, 5000);
        resolve(true);
        assert_int_equal(got.not_after, NOW + 60);
        /* The floor is for both, and for neither's signatures. */
        fake_resolver_set_alias_until(HOST, A, NOW + 3, 5000);
        fake_resolver_set_alias_until(HOST, AAAA, NOW + 3, 5000);
        resolve(true);
        assert_int_equal(got.not_after, NOW + PDANE_EVIDENCE_FLOOR_S);
        fake_resolver_set_alias_until(HOST, A, NOW + 3, NOW + 4);
        fake_resolver_set_alias_until(HOST, AAAA, NOW + 3, NOW + 4);
        resolve(true);
        assert_int_equal(got.not_after, NOW + 4);
        fake_resolver_set_alias_until(HOST, A, 0, 0);
        fake_resolver_set_alias_until(HOST, AAAA, 0, 0);
        resolve(true);
        assert_int_equal(got.not_after, 0);
}

/*
 * Only a wildcard that stands beside the host, or above, speaks for the host's siblings: not one
 * below it, nor one that an alias leads to, which are somebody else's to write.
 */
static void
whose_wildcard(void **state)
{
        static const struct {
                unsigned labels;
                bool synthesised;
        } cases[] = {{4, false}, {3, false}, {2, false}, {1, true}, {0, false}};
        (void)state;
        for (size_t i = 0; cases[i].labels; i++) {
                fake_resolver_set_labels(TLSA_NAME, TLSA, cases[i].labels);
                fake_resolver_set(TLSA_NAME, TLSA, PDANE_DNS_SECURE, 1500, true, record,
                                  sizeof record);
                resolve(true);
                assert_int_equal(got.synthesised, cases[i].synthesised);
        }
        fake_resolver_set_final(HOST, A, FINAL);
        fake_resolver_set_final(HOST, AAAA, FINAL);
        fake_resolver_set(FINAL_TLSA, TLSA, PDANE_DNS_SECURE, 1400, true, record, sizeof record);
        resolve(true);
        assert_int_equal(got.tlsa_verdict, PDANE_DNS_SECURE);
        assert_false(got.synthesised);
        /* An alias that a wildcard made does. */
        fake_resolver_set_labels(HOST, A, 1);
        fake_resolver_set_labels(HOST, AAAA, 1);
        resolve(true);
        assert_true(got.synthesised);
        /* At the original name it is that name's own answer. */
        fake_resolver_set(FINAL_TLSA, TLSA, PDANE_DNS_NO_RECORDS, 1400, false, NULL, 0);
        fake_resolver_set_labels(TLSA_NAME, TLSA, 4);
        resolve(true);
        assert_int_equal(got.tlsa_verdict, PDANE_DNS_SECURE);
        assert_false(got.synthesised);
}

static void
alias_that_fails(void **state)
{
        static const enum pdane_dns_verdict bad[] = {PDANE_DNS_BOGUS, PDANE_DNS_TIMEOUT,
                                                     PDANE_DNS_UNREACHABLE, PDANE_DNS_INSECURE,
                                                     PDANE_DNS_UNKNOWN};
        (void)state;
        fake_resolver_set_final(HOST, A, FINAL);
        fake_resolver_set_final(HOST, AAAA, FINAL);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                fake_resolver_set(FINAL_TLSA, TLSA, bad[i], 1400, false, record, sizeof record);
                resolve(true);
                assert_int_equal(got.tlsa_verdict, bad[i]);
                assert_int_equal(fake_resolver_count(TLSA_NAME, TLSA), 0);
        }
}

/* An alias to what is no host name is not followed to it. */
static void
alias_to_nowhere(void **state)
{
        char far[300];
        (void)state;
        memset(far, 'a', sizeof far - 1);
        far[sizeof far - 1] = '\0';
        fake_resolver_set_final(HOST, A, far);
        fake_resolver_set_final(HOST, AAAA, far);
        resolve(true);
        assert_int_equal(got.tlsa_verdict, PDANE_DNS_SECURE);
        assert_int_equal(fake_resolver_count(TLSA_NAME, TLSA), 1);
}

/* A short TTL is stretched to the floor, a signature's end is not. */
static void
short_ttl(void **state)
{
        (void)state;
        fake_resolver_set(TLSA_NAME, TLSA, PDANE_DNS_SECURE, NOW, false, record, sizeof record);
        resolve(true);
        assert_int_equal(got.not_after, NOW + PDANE_EVIDENCE_FLOOR_S);
        fake_resolver_set(TLSA_NAME, TLSA, PDANE_DNS_SECURE, NOW + 3, false, record, sizeof record);
        fake_resolver_set_signed(TLSA_NAME, TLSA, NOW + 3);
        resolve(true);
        assert_int_equal(got.not_after, NOW + 3);
        fake_resolver_set(TLSA_NAME, TLSA, PDANE_DNS_SECURE, 0, false, record, sizeof record);
        resolve(true);
        assert_int_equal(got.not_after, 0);
}

/* RDATA that is no TLSA and addresses of the wrong size count for nothing, and harm nothing. */
static void
malformed_rdata(void **state)
{
        (void)state;
        fake_resolver_set(HOST, AAAA, PDANE_DNS_SECURE, 2000, false, v6, 15);
        fake_resolver_set(TLSA_NAME, TLSA, PDANE_DNS_SECURE, 1500, false, record, 3);
        resolve(true);
        assert_int_equal(got.n_addresses, 1);
        assert_int_equal(got.tlsa_verdict, PDANE_DNS_SECURE);
        assert_int_equal(pdane_tlsa_set_count(got.tlsa), 0);
}

static void
cancelling(void **state)
{
        (void)state;
        fake_resolver_hold(HOST, A);
        struct pdane_resolve *rs = start(true);
        assert_int_equal(fake_resolver_open(), 2);
        pdane_resolve_cancel(rs);
        pdane_resolve_cancel(NULL);
        assert_int_equal(fake_resolver_open(), 0);
        event_base_loop(base, EVLOOP_NONBLOCK);
        assert_int_equal(done_count, 0);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(secure, setup),
                cmocka_unit_test_setup(tlsa_is_foreseen, setup),
                cmocka_unit_test_setup(insecure_address_stops, setup),
                cmocka_unit_test_setup(unsafe_addresses_stop, setup),
                cmocka_unit_test_setup(tlsa_verdicts_are_kept, setup),
                cmocka_unit_test_setup(missing_family, setup),
                cmocka_unit_test_setup(address_not_needed, setup),
                cmocka_unit_test_setup(aliases, setup),
                cmocka_unit_test_setup(alias_runs_out, setup),
                cmocka_unit_test_setup(whose_wildcard, setup),
                cmocka_unit_test_setup(alias_that_fails, setup),
                cmocka_unit_test_setup(alias_to_nowhere, setup),
                cmocka_unit_test_setup(short_ttl, setup),
                cmocka_unit_test_setup(malformed_rdata, setup),
                cmocka_unit_test_setup(cancelling, setup),
        };
        base = event_base_new();
        int failed = cmocka_run_group_tests(tests, NULL, NULL);
        pdane_host_facts_clear(&got);
        event_base_free(base);
        return failed;
}
