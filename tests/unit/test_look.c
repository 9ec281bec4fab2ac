/* SPDX-License-Identifier: BSD-3-Clause */
/* Looking at a server: at all of its addresses, and again for programs that never ask. */
#include "core_fixture.h"
#include "daemon/question.h"

#define ME 1001

static struct pdane_question_env env;
static struct pdane_waiting *waiting;
static uint32_t wait_ms;
static unsigned done_count;
static struct pdane_cert *second;
static unsigned visits;

static void
on_visiting(void *arg, const struct pdane_name *host)
{
        assert_ptr_equal(arg, &visits);
        assert_string_equal(host->text, HOST);
        assert_int_equal(done_count, 0); /* before its program goes on */
        visits++;
}

static int
setup(void **state)
{
        /* The same key and hence the same record. */
        struct test_spec spec = {
                .cn = HOST, .dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE, .serial = 0x99};
        int r = core_setup(state);
        env = core_questions();
        env.visiting = on_visiting;
        env.visiting_arg = &visits;
        done_count = visits = 0;
        waiting = NULL;
        second = test_cert(&spec);
        return r;
}

static int
teardown(void **state)
{
        pdane_cert_unref(second);
        return core_teardown(state);
}

static void
on_done(void *arg, const uint8_t *data, size_t len)
{
        (void)arg;
        (void)data;
        assert_int_equal(len, 0);
        done_count++;
        waiting = NULL;
}

static void
hint(bool wait)
{
        struct pdane_name name;
        done_count = 0;
        assert_int_equal(pdane_host_parse(HOST, strlen(HOST), &name), 0);
        assert_int_equal(pdane_question_hint(&env, ME, &name, &waiting, &wait_ms,
                                             wait ? on_done : NULL, NULL),
                         0);
}

static void
run_until_done(void)
{
        assert_non_null(waiting);
        for (int i = 0; i < 1000 && done_count == 0; i++)
                event_base_loop(core.base, EVLOOP_ONCE);
        assert_int_equal(done_count, 1);
}

static bool
is_known(const struct pdane_cert *c)
{
        struct pdane_found f[8];
        struct pdane_wanted w = {.value = pdane_cert_der(c)};
        return pdane_store_find(core.store, &w, TEST_NOW, f, 8) > 0;
}

/* The program may be shown the certificate of either address: both are there when it goes on. */
static void
every_address(void **state)
{
        (void)state;
        fake_prober_set_second(second);
        hint(true);
        run_until_done();
        assert_true(is_known(core.leaf));
        assert_true(is_known(second));
        assert_int_equal(pdane_store_count(core.store), 2);
}

/* What is judged last is waited for, too: its other name's records are slow. */
static void
every_address_is_judged(void **state)
{
        struct test_spec spec = {.cn = HOST,
                                 .dns = TEST_LIST(HOST, "slow.test"),
                                 .serial = 0x98,
                                 .bc = TEST_BC_FALSE};
        struct pdane_cert *slow = test_cert(&spec);
        (void)state;
        core_tlsa("_443._tcp.slow.test", slow, PDANE_DNS_SECURE, false);
        fake_resolver_hold("_443._tcp.slow.test", TYPE_TLSA);
        fake_prober_set_second(slow);
        hint(true);
        core_run();
        assert_true(is_known(core.leaf));
        assert_int_equal(done_count, 0);
        fake_resolver_release();
        run_until_done();
        assert_true(is_known(slow));
        pdane_cert_unref(slow);
}

/* The server has a new certificate and nobody asks for it. */
static void
rotated(void **state)
{
        struct pdane_cert *old = pdane_cert_ref(core.leaf);
        (void)state;
        hint(true);
        run_until_done();
        core_run();
        fake_prober_set(&second, 1);
        fake_clock_advance(5);
        hint(true);
        assert_non_null(waiting);
        run_until_done();
        assert_true(is_known(second));
        assert_true(is_known(old)); /* its record matches, and other servers may have it */
        pdane_cert_unref(old);
}

/* The new certificate is there when its program goes on, not only when the lookup has ended: that
 * may yet look for one of the other key family. */
static void
rotated_and_half_silent(void **state)
{
        struct test_spec rsa = {.cn = HOST, .serial = 5, .key = test_key_rsa()};
        struct pdane_cert *other = test_cert(&rsa);
        (void)state;
        core_tlsa_too(HOST_TLSA, other);
        pdane_cert_unref(other);
        hint(true);
        run_until_done();
        core_run();
        fake_prober_set(&second, 1);
        fake_clock_advance(5);
        hint(true);
        fake_prober_hold(true);
        core_run();
        fake_prober_release();
        fake_prober_hold(true); /* the probe for the other family hangs */
        run_until_done();
        assert_true(is_known(second));
        assert_true(pdane_host_running(core_touch(HOST)));
}

/* Which family is the other one? A key for RSA-PSS alone is RSA's. */
static void
family_asked_for(void **state)
{
        EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, NULL);
        struct test_spec rsa = {.cn = HOST, .serial = 5, .key = test_key_rsa()};
        struct test_spec pss = {.cn = HOST, .dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE};
        struct pdane_cert *leaf,
                *unseen = test_cert(&rsa); /* its record has a server looked at twice */

        (void)state;
        core_tlsa_too(HOST_TLSA, unseen);
        core_touch(HOST);
        core_run();
        assert_int_equal(fake_prober_last_family(), PDANE_KEY_RSA);

        assert_int_equal(EVP_PKEY_keygen_init(c), 1);
        assert_int_equal(EVP_PKEY_keygen(c, &pss.key), 1);
        leaf = test_cert(&pss);
        fake_prober_set(&leaf, 1);
        core_tlsa(HOST_TLSA, leaf, PDANE_DNS_SECURE, false);
        core_tlsa_too(HOST_TLSA, unseen);
        fake_clock_advance(TTL);
        fake_resolver_set_not_after(HOST_TLSA, TYPE_TLSA, TEST_NOW + 2 * TTL);
        core_touch(HOST);
        core_run();
        assert_true(is_known(leaf));
        assert_int_equal(fake_prober_last_family(), PDANE_KEY_ECC);
        pdane_cert_unref(unseen);
        pdane_cert_unref(leaf);
        EVP_PKEY_free(pss.key);
        EVP_PKEY_CTX_free(c);
}

static void
not_too_often(void **state)
{
        (void)state;
        hint(true);
        run_until_done();
        core_run();
        unsigned probes = fake_prober_count();
        fake_clock_advance(4);
        for (int i = 0; i < 10; i++) {
                hint(true);
                assert_null(waiting);
        }
        assert_int_equal(fake_prober_count(), probes);
        fake_clock_advance(1);
        for (int i = 0; i < 10; i++) {
                hint(true);
                if (i == 0)
                        run_until_done();
                else
                        assert_null(waiting);
                core_run();
        }
        assert_int_equal(fake_prober_count(), probes + 1); /* the record names what was shown */
}

/* Who does not wait will ask, if at all. */
static void
not_for_those_who_ask(void **state)
{
        (void)state;
        hint(false);
        core_run();
        unsigned probes = fake_prober_count();
        fake_clock_advance(60);
        hint(false);
        core_run();
        assert_int_equal(fake_prober_count(), probes);
}

/* A look that comes to nothing takes nothing away. */
static void
server_is_gone(void **state)
{
        (void)state;
        hint(true);
        run_until_done();
        core_run();
        fake_prober_set(NULL, 0);
        fake_clock_advance(5);
        hint(true);
        run_until_done();
        assert_int_equal(core_found(), 1);
}

/* The certificate is newer than the records in the cache: looked at again when those end, however
 * often it was refused before. */
static void
newer_than_its_records(void **state)
{
        struct test_spec spec = {.cn = HOST,
                                 .dns = TEST_LIST(HOST),
                                 .bc = TEST_BC_FALSE,
                                 .serial = 0x97,
                                 .key = test_key(3)};
        struct pdane_cert *new = test_cert(&spec);
        (void)state;
        fake_resolver_set_not_after(HOST_TLSA, TYPE_TLSA, TEST_NOW + 42);
        hint(true);
        run_until_done();
        core_run();
        fake_prober_set(&new, 1);
        for (int i = 0; i < 41; i++) {
                fake_clock_advance(1);
                hint(true);
                core_run();
        }
        assert_false(is_known(new));
        core_tlsa(HOST_TLSA, new, PDANE_DNS_SECURE, false);
        fake_clock_advance(50 - 41); /* what was asked last counts for the floor */
        hint(true);
        core_run();
        assert_true(is_known(new));
        pdane_waiting_cancel(waiting);
        pdane_cert_unref(new);
}

/* A program that waits is about to visit, whether there was anything to wait for or not. */
static void
visiting(void **state)
{
        (void)state;
        hint(true);
        assert_int_equal(visits, 0);
        run_until_done();
        assert_int_equal(visits, 1);
        hint(true);
        assert_null(waiting);
        assert_int_equal(visits, 2);
        hint(false);
        core_run();
        assert_int_equal(visits, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(every_address),
                TEST(every_address_is_judged),
                TEST(rotated),
                TEST(rotated_and_half_silent),
                TEST(family_asked_for),
                TEST(not_too_often),
                TEST(not_for_those_who_ask),
                TEST(server_is_gone),
                TEST(newer_than_its_records),
                TEST(visiting),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
