/* SPDX-License-Identifier: BSD-3-Clause */
/* When the table is open, and when it must not be. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/answer.h"
#include "daemon/clock.h"
#include "daemon/hosts_impl.h"
#include "publish_fixture.h"

#define CA "Some CA 1" /* no host name */

static void
public_sites_are_not_asked_for(void **state)
{
        struct pdane_question q = publish_question(CA, 1);
        (void)state;
        publish_settle();
        assert_true(publish_open());
        /* Of the DN nothing is known yet. */
        assert_false(publish_says_no(&q));
        assert_true(publish_ask_and_note(&q).nothing);
        assert_true(publish_says_no(&q));
        /* Any other certificate below the same CA, and the CA itself. */
        q = publish_question(CA, 2);
        assert_true(publish_says_no(&q));
        q.subject = q.issuer;
        q.issuer = q.serial = (struct pdane_bytes){NULL, 0};
        assert_true(publish_says_no(&q));
        /* One more DN, or the bytes themselves: not without asking. */
        q = publish_question(CA, 2);
        q.subject = publish_dn("Another CA");
        assert_false(publish_says_no(&q));
        q = publish_question(CA, 2);
        q.value = q.issuer;
        assert_false(publish_says_no(&q));
}

static void
names_of_two_are_told_together(void **state)
{
        struct pdane_question q = publish_question(CA, 1);
        (void)state;
        publish_settle();
        q.subject = publish_dn("Another CA");
        assert_true(publish_ask_and_note(&q).nothing);
        assert_false(publish_says_no(&q));
        q = publish_question(CA, 1);
        assert_false(publish_says_no(&q));
}

/* The name in a DN is looked up, and what came of it holds for a while. */
static void
names_are_settled_for_a_while(void **state)
{
        struct pdane_question q = publish_question("public.test", 1);
        struct publish_answer a;
        (void)state;
        publish_settle();
        assert_false(publish_ask_and_note(&q).at_once);
        assert_false(publish_says_no(&q));
        core_run();
        publish_settle();
        assert_false(publish_says_no(&q));
        a = publish_ask_and_note(&q);
        assert_true(a.at_once && a.nothing);
        if (a.remember_s <= 5) {
                /* as the scripted resolver has it: no longer than a retry */
                fake_resolver_set("long.test", TYPE_A, PDANE_DNS_INSECURE, TEST_NOW + 100, false,
                                  NULL, 0);
                q = publish_question("long.test", 1);
                (void)publish_ask(&q);
                core_run();
                publish_settle();
                a = publish_ask_and_note(&q);
        }
        assert_in_range(a.remember_s, 6, 300);
        assert_true(publish_says_no(&q));
        fake_clock_advance(a.remember_s);
        pdane_publisher_heard(pub.publisher);
        publish_settle();
        assert_true(publish_open());
        assert_false(publish_says_no(&q));
}

static void
evidence_is_asked_for(void **state)
{
        struct pdane_question q = {.client = PDANE_CLIENT_NSS,
                                   .issuer = pdane_cert_issuer(core.leaf),
                                   .serial = pdane_cert_serial(core.leaf)};
        struct pdane_question raw = q, by_subject = {.client = PDANE_CLIENT_NSS};
        const struct pdane_table_view *v = &pub.client.view;
        const struct pdane_bytes none = {NULL, 0};
        (void)state;
        raw.serial = (struct pdane_bytes){q.serial.data + 2, q.serial.len - 2};
        by_subject.subject = pdane_cert_subject(core.leaf);
        assert_false(pdane_table_may_hold(v, PDANE_TABLE_ISSUER_SERIAL, q.issuer, raw.serial));
        core_touch(HOST);
        core_run();
        assert_int_equal(core_found(), 1);
        assert_true(pdane_table_may_hold(v, PDANE_TABLE_ISSUER_SERIAL, q.issuer, raw.serial));
        assert_true(pdane_table_may_hold(v, PDANE_TABLE_SUBJECT, by_subject.subject, none));
        /* Even if its DN were settled by mistake. */
        publish_settle();
        pdane_published_settle(&pub.client, &q, pdane_published_epoch(&pub.client), 60000,
                               (uint64_t)pdane_clock_ms());
        assert_true(publish_open());
        assert_false(publish_says_no(&q));
        assert_false(publish_says_no(&raw));
        assert_false(publish_says_no(&by_subject));
        raw.serial.len--;
        assert_true(publish_says_no(&raw));
        /* When it is over, its bits go. */
        fake_clock_advance(TTL + 10);
        fake_resolver_set(HOST, TYPE_A, PDANE_DNS_INSECURE, TEST_NOW + 1000, false, NULL, 0);
        (void)core_touch(HOST);
        core_run();
        assert_int_equal(pdane_store_count(core.store), 0);
        assert_false(pdane_table_may_hold(v, PDANE_TABLE_SUBJECT, by_subject.subject, none));
}

/* How long a "yes" holds is not for names to say. */
static void
answers_with_items_hold_as_ever(void **state)
{
        const struct test_spec spec = {
                .cn = "No host", .dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE};
        struct pdane_question q = {.client = PDANE_CLIENT_NSS};
        struct publish_answer a;
        (void)state;
        core_serve(&spec);
        core_touch(HOST);
        core_run();
        q.subject = pdane_cert_subject(core.leaf);
        a = publish_ask(&q);
        assert_true(a.at_once && !a.nothing);
        assert_int_equal(a.remember_s, PDANE_REMEMBER_YES_S);
}

static void
a_hint_closes_until_it_is_settled(void **state)
{
        (void)state;
        fake_resolver_set("public.test", TYPE_A, PDANE_DNS_INSECURE, TEST_NOW + 20, false, NULL, 0);
        fake_resolver_hold("public.test", TYPE_A);
        publish_settle();
        assert_true(publish_open());
        publish_hint(ME, "public.test");
        assert_false(publish_open()); /* at once, before the hint's sender goes on */
        publish_settle();
        assert_false(publish_open());
        fake_resolver_release();
        core_run();
        publish_settle();
        assert_true(publish_open());
        /* Asked again, its lookup would be made again: the hint is still young. */
        fake_clock_advance(20);
        publish_settle();
        assert_false(publish_open());
        fake_clock_advance(10);
        publish_settle();
        assert_true(publish_open());
}

/* A certificate that nobody knows may be a hinted host's new one. */
static void
a_hinted_host_with_evidence_may_surprise(void **state)
{
        struct pdane_question q = publish_question(CA, 1);
        (void)state;
        core_touch(HOST);
        core_run();
        publish_hint(ME, HOST);
        core_run();
        publish_settle();
        assert_false(publish_open());
        /* That was looked at now, and will not be for this reason for half a minute. */
        assert_false(publish_ask(&q).at_once);
        core_run();
        publish_settle();
        assert_true(publish_open());
        fake_clock_advance(PDANE_HINT_MS / 1000);
        publish_hint(ME, HOST);
        core_run();
        publish_settle();
        assert_false(publish_open());
}

static void
a_hint_that_found_no_room_is_not_forgotten(void **state)
{
        (void)state;
        publish_settle();
        pdane_hosts_hint_lost(core.hosts, PDANE_HINT_MS);
        assert_false(publish_open());
        publish_settle();
        assert_false(publish_open());
        fake_clock_advance(PDANE_HINT_MS / 1000);
        publish_settle();
        assert_true(publish_open());
}

static void
too_many_hints(void **state)
{
        char name[32];
        (void)state;
        fake_resolver_set_suffix(".many.test", TYPE_A, PDANE_DNS_INSECURE, TEST_NOW + 200, false,
                                 NULL, 0);
        for (unsigned i = 0; i < 257; i++) {
                snprintf(name, sizeof name, "n%u.many.test", i);
                publish_hint(1000 + i, name);
                core_run();
                if (i == 255) {
                        publish_settle();
                        assert_true(publish_open());
                }
        }
        publish_settle();
        assert_false(publish_open());
        fake_clock_advance(PDANE_HINT_MS / 1000);
        publish_settle();
        assert_true(publish_open());
}

static void
denied_hosts_do_not_matter(void **state)
{
        struct pdane_question q = publish_question("www.denied.test", 1);
        (void)state;
        publish_settle();
        publish_hint(ME, "denied.test");
        publish_settle();
        assert_true(publish_open());
        assert_true(publish_ask_and_note(&q).nothing);
        assert_true(publish_says_no(&q));
}

static void
a_watched_host_is_waited_for_once(void **state)
{
        struct pdane_name name;
        (void)state;
        assert_int_equal(pdane_name_parse("watched.test", 12, &name), 0);
        fake_resolver_hold("watched.test", TYPE_A);
        assert_int_equal(pdane_hosts_watch(core.hosts, &name, 443), 0);
        publish_settle();
        assert_false(publish_open());
        fake_resolver_release();
        core_run();
        publish_settle();
        assert_true(publish_open());
        pdane_hosts_unwatch_all(core.hosts);
}

/* What was said of names holds in its epoch only. */
static void
doubts_change_the_epoch(void **state)
{
        struct pdane_question q = publish_question(CA, 1);
        uint64_t epoch;
        (void)state;
        publish_settle();
        assert_true(publish_ask_and_note(&q).nothing);
        assert_true(publish_says_no(&q));
        epoch = pdane_published_epoch(&pub.client);
        pdane_hosts_set_access(core.hosts, core.access);
        assert_false(pdane_published_epoch(&pub.client) == epoch);
        assert_false(publish_open());
        /* What was denied when it was hinted may be a host now. */
        publish_settle();
        assert_false(publish_open());
        fake_clock_advance(PDANE_HINT_MS / 1000);
        publish_settle();
        assert_true(publish_open());
        assert_false(publish_says_no(&q));
}

/* As if it were full of hosts of which the one that was used last is all that is seen. */
static void
fill_hosts(void)
{
        core.hosts->count = PDANE_HOSTS_MAX;
}

static void
no_room_for_a_name(void **state)
{
        struct pdane_question q = publish_question("new.test", 1);
        size_t count;
        (void)state;
        fake_resolver_hold("busy.test", TYPE_A);
        core_touch("busy.test");
        publish_settle();
        assert_true(publish_open());
        count = core.hosts->count;
        fill_hosts();
        /* Asked again it may be looked up. */
        struct publish_answer a = publish_ask_and_note(&q);
        assert_true(a.at_once && a.nothing);
        assert_false(publish_says_no(&q));
        publish_hint(ME, "new.test");
        publish_settle();
        assert_false(publish_open());
        core.hosts->count = count;
        fake_resolver_release();
}

/* A host that makes room is looked up again when it is asked for, whatever was said of it. */
static void
a_forgotten_host(void **state)
{
        struct pdane_question q = publish_question("old.test", 1);
        size_t count;
        (void)state;
        fake_resolver_set("old.test", TYPE_A, PDANE_DNS_INSECURE, TEST_NOW + 100, false, NULL, 0);
        publish_hint(ME, "old.test");
        core_run();
        publish_settle();
        assert_true(publish_ask_and_note(&q).nothing);
        assert_true(publish_says_no(&q));
        count = core.hosts->count;
        fill_hosts();
        core_touch("new.test");
        core.hosts->count = count;
        core_run();
        publish_settle();
        assert_false(publish_says_no(&q));
        assert_false(publish_open()); /* its hint is still young */
        fake_clock_advance(PDANE_HINT_MS / 1000);
        publish_settle();
        assert_true(publish_open());
        assert_false(publish_says_no(&q));
}

/* No lookup begins before its time but for a reason, and that ends what was said. */
static void
settled_hosts(void **state)
{
        struct pdane_host *h = core_touch(HOST);
        uint64_t doubts = pdane_hosts_doubts(core.hosts);
        (void)state;
        h->retry_at_ms = pdane_clock_ms() + 100000;
        assert_int_equal(pdane_host_settled_ms(h), 0); /* it runs */
        core_run();
        h->retry_at_ms = pdane_clock_ms() + 100000;
        assert_true(pdane_host_has_evidence(h));
        assert_int_equal(pdane_host_settled_ms(h), 0);
        pdane_host_surprised(h, false, 0);
        assert_true(pdane_host_running(h));
        assert_false(pdane_hosts_doubts(core.hosts) == doubts);
}

/* A daemon that hangs, and one that comes back from it with unread hints. */
static void
beats(void **state)
{
        (void)state;
        core_run();
        assert_false(publish_open()); /* it has not shown yet that it keeps time */
        pdane_publisher_beat(pub.publisher);
        assert_true(publish_open());
        fake_clock_advance(1);
        assert_false(publish_open());
        pdane_publisher_beat(pub.publisher);
        assert_false(publish_open()); /* late */
        core_touch("other.test");     /* nor does any change open it */
        core_run();
        assert_false(publish_open());
        pdane_publisher_beat(pub.publisher);
        assert_true(publish_open());
}

/* Nobody asks: no wakeups, and nothing to believe. */
static void
silence(void **state)
{
        (void)state;
        publish_settle();
        for (unsigned i = 0; i < 60000 / 400; i++) {
                assert_true(publish_open());
                fake_clock_advance_ms(400);
                pdane_publisher_beat(pub.publisher);
        }
        fake_clock_advance_ms(300);
        core_touch("other.test");
        core_run();
        assert_false(publish_open());
        core_touch("more.test");
        core_run();
        assert_false(publish_open());
        pdane_publisher_heard(pub.publisher);
        core_touch("another.test");
        core_run();
        assert_false(publish_open());
        pdane_publisher_beat(pub.publisher);
        assert_true(publish_open());
}

static void
nobody_else_writes(void **state)
{
        int fd = pdane_publisher_fd(pub.publisher);
        (void)state;
        assert_int_equal(ftruncate(fd, 4096), -1);
        assert_int_equal(write(fd, "x", 1), -1);
        assert_true(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
        assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
}

static void
it_ends_with_the_daemon(void **state)
{
        (void)state;
        publish_settle();
        assert_true(publish_open());
        assert_false(pdane_published_wanted(&pub.client));
        pdane_publisher_free(pub.publisher);
        pub.publisher = NULL;
        assert_false(publish_open());
        assert_true(pdane_published_wanted(&pub.client));
        pdane_hosts_hint_lost(core.hosts, 1); /* nobody follows any more */
}

/* A client takes nothing that could shrink under it, or is no table. */
static void
what_a_client_takes(void **state)
{
        const int all = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
        const int lacking[] = {all & ~F_SEAL_SHRINK, all & ~F_SEAL_GROW, all & ~F_SEAL_SEAL, all};
        size_t size = pdane_table_size(PDANE_TABLE_BITS_MIN);
        struct pdane_published client = {0};
        uint8_t *copy = malloc(size);
        (void)state;
        assert_non_null(copy);
        memcpy(copy, pub.client.view.table, size);
        for (size_t i = 0; i < 4; i++) {
                int fd = memfd_create("test", MFD_ALLOW_SEALING);
                assert_int_equal(write(fd, copy, size), size);
                assert_int_equal(fcntl(fd, F_ADD_SEALS, lacking[i]), 0);
                pdane_published_take(&client, fd);
                assert_int_equal(pdane_published_wanted(&client), i < 3);
                close(fd);
        }
        pdane_published_clear(&client);
        copy[0]++;
        int fd = memfd_create("test", MFD_ALLOW_SEALING);
        assert_int_equal(write(fd, copy, size), size);
        assert_int_equal(fcntl(fd, F_ADD_SEALS, all), 0);
        pdane_published_take(&client, fd);
        assert_true(pdane_published_wanted(&client));
        close(fd);
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        pdane_published_take(&client, fd);
        pdane_published_take(&client, -1);
        assert_true(pdane_published_wanted(&client));
        close(fd);
        free(copy);
}

/* With more evidence than the filter has room for, a larger one takes its place, with all of it. */
static void
it_grows(void **state)
{
        enum { N = 4500 };
        static struct pdane_evidence evidence[N];
        const struct pdane_bytes none = {NULL, 0};
        (void)state;
        for (unsigned i = 0; i < N; i++) {
                char cn[32];
                snprintf(cn, sizeof cn, "g%u.test", i);
                struct test_spec spec = {.cn = cn, .dns = TEST_LIST(HOST), .serial = 1000 + i};
                evidence[i] = (struct pdane_evidence){
                        .refs = 1, .leaf = test_cert(&spec), .not_after = TEST_NOW + TTL};
                assert_int_equal(pdane_store_add(core.store, &evidence[i]), 0);
        }
        publish_settle();
        assert_true(pub.client.view.bits > PDANE_TABLE_BITS_MIN);
        assert_true(publish_open());
        for (unsigned i = 0; i < N; i++)
                assert_true(pdane_table_may_hold(&pub.client.view, PDANE_TABLE_SUBJECT,
                                                 pdane_cert_subject(evidence[i].leaf), none));
        for (unsigned i = 0; i < N; i++) {
                evidence[i].refs++; /* it is not on the heap */
                pdane_store_remove(core.store, &evidence[i]);
        }
        for (unsigned i = 0; i < N; i++) {
                assert_false(pdane_table_may_hold(&pub.client.view, PDANE_TABLE_SUBJECT,
                                                  pdane_cert_subject(evidence[i].leaf), none));
                pdane_cert_unref(evidence[i].leaf);
        }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, publish_setup, publish_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(public_sites_are_not_asked_for),
                CASE(names_of_two_are_told_together),
                CASE(names_are_settled_for_a_while),
                CASE(evidence_is_asked_for),
                CASE(answers_with_items_hold_as_ever),
                CASE(a_hint_closes_until_it_is_settled),
                CASE(a_hinted_host_with_evidence_may_surprise),
                CASE(a_hint_that_found_no_room_is_not_forgotten),
                CASE(too_many_hints),
                CASE(denied_hosts_do_not_matter),
                CASE(a_watched_host_is_waited_for_once),
                CASE(doubts_change_the_epoch),
                CASE(no_room_for_a_name),
                CASE(a_forgotten_host),
                CASE(settled_hosts),
                CASE(beats),
                CASE(silence),
                CASE(nobody_else_writes),
                CASE(it_ends_with_the_daemon),
                CASE(what_a_client_takes),
                CASE(it_grows),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
