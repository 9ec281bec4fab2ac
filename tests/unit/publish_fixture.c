/* SPDX-License-Identifier: BSD-3-Clause */
#include "publish_fixture.h"

#include "daemon/answer.h"
#include "daemon/clock.h"
#include "dn.h"

struct publish pub;

int
publish_setup(void **state)
{
        if (core_setup(state) < 0)
                return -1;
        memset(&pub, 0, sizeof pub);
        if (pdane_publisher_new(core.base, core.store, core.hosts, &pub.publisher) < 0)
                return -1;
        pub.env = core_questions();
        pub.env.publisher = pub.publisher;
        pub.env.legacy_sha1 = false;
        pdane_publisher_heard(pub.publisher);
        pdane_published_take(&pub.client, pdane_publisher_fd(pub.publisher));
        return 0;
}

int
publish_teardown(void **state)
{
        pdane_published_clear(&pub.client);
        pdane_publisher_free(pub.publisher);
        return core_teardown(state);
}

void
publish_settle(void)
{
        core_run();
        /* The first may come late by the clock, which jumps. */
        pdane_publisher_beat(pub.publisher);
        pdane_publisher_beat(pub.publisher);
        core_run();
        if (pdane_published_wanted(&pub.client))
                pdane_published_take(&pub.client, pdane_publisher_fd(pub.publisher));
}

bool
publish_open(void)
{
        struct pdane_table_look l;
        return pdane_table_look(&pub.client.view, (uint64_t)pdane_clock_ms(), &l);
}

void
publish_hint(uid_t uid, const char *host)
{
        struct pdane_name name;
        struct pdane_waiting *w = NULL;
        uint32_t wait_ms;
        assert_int_equal(pdane_name_parse(host, strlen(host), &name), 0);
        (void)pdane_question_hint(&pub.env, uid, &name, &w, &wait_ms, NULL, NULL);
        assert_null(w);
}

static void
ignore(void *arg, const uint8_t *reply, size_t len)
{
        (void)arg;
        (void)reply;
        (void)len;
}

struct publish_answer
publish_ask(const struct pdane_question *q)
{
        static uint8_t reply[PDANE_WIRE_MAX_REPLY];
        struct pdane_waiting *w = NULL;
        struct pdane_answer a;
        uint32_t wait_ms;
        size_t len;
        assert_int_equal(pdane_question_ask(&pub.env, ME, q, reply, sizeof reply, &len, &w,
                                            &wait_ms, ignore, NULL),
                         0);
        if (w) {
                pdane_waiting_cancel(w);
                return (struct publish_answer){false, false, 0};
        }
        assert_int_equal(pdane_answer_decode(reply, len, &a), 0);
        return (struct publish_answer){true, a.n_items == 0, a.remember_s};
}

bool
publish_says_no(const struct pdane_question *q)
{
        return pdane_published_says_no(&pub.client, q, (uint64_t)pdane_clock_ms());
}

struct publish_answer
publish_ask_and_note(const struct pdane_question *q)
{
        uint64_t epoch = pdane_published_epoch(&pub.client);
        struct publish_answer a = publish_ask(q);
        if (a.at_once && a.nothing && a.remember_s > PDANE_REMEMBER_NO_S)
                pdane_published_settle(&pub.client, q, epoch, a.remember_s * 1000ull,
                                       (uint64_t)pdane_clock_ms());
        return a;
}

struct pdane_bytes
publish_dn(const char *cn)
{
        static uint8_t ring[64][BENCH_DN_MAX];
        static size_t at;
        uint8_t *dn = ring[at++ % 64];
        static const uint8_t empty[] = {0x30, 0x00};
        size_t n = sizeof empty;
        if (cn)
                n = bench_dn(dn, cn);
        else
                memcpy(dn, empty, sizeof empty);
        assert_true(n > 0);
        return (struct pdane_bytes){dn, n};
}

struct pdane_question
publish_question(const char *cn, uint8_t serial)
{
        static uint8_t serials[256];
        serials[serial] = serial;
        return (struct pdane_question){.client = PDANE_CLIENT_NSS,
                                       .issuer = publish_dn(cn),
                                       .serial = {&serials[serial], 1}};
}
