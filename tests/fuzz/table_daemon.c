/* SPDX-License-Identifier: BSD-3-Clause */
/* What src/daemon/publish.c stands on, from the input. */
#include "table_daemon.h"

#include <event2/event.h>

#include "common/log.h"
#include "daemon/clock.h"
#include "daemon/publish.h"
#include "faults.h"

#define KEYS_MAX 70000u     /* more than one bit can count */
#define CHANGES_MAX 140000u /* of an input; more of the same takes time only */
#define CHANGES_FEW 300u
#define EVENTS 3u
#define KEYS_OF_PIECE 128u /* so that a few turns fill a larger table, and things happen between   \
                            */
#define LIVES_MS 1000u     /* docs/protocol.md */

struct event {
        event_callback_fn fn;
        void *arg;
        bool exists, active;
        uint64_t due_ms; /* 0: not added */
};

struct key {
        bool by_serial;
        uint16_t dn;
        struct table_bytes serial;
        uint8_t mark;
};

static struct {
        uint64_t now_ms;
        struct pdane_publisher *publisher;
        struct event events[EVENTS]; /* the beat, the settling, the filling */
        unsigned n_events;
        /* the store */
        void (*on_key)(void *arg, const struct pdane_store_key *key, bool added);
        void *on_key_arg;
        size_t n_keys, changes, unwalked;
        /* the hosts */
        void (*on_hosts)(void *arg);
        void *on_hosts_arg;
        uint64_t doubts;
        int64_t quiet_ms;
        /* that it lives was last shown */
        uint64_t shown_ms;
} d;
static struct key keys[KEYS_MAX];

/* ---- the event loop ---- */

struct event *
event_new(struct event_base *base, evutil_socket_t fd, short what, event_callback_fn fn, void *arg)
{
        struct event *e = &d.events[d.n_events];

        FUZZ_CHECK(!base && fd == -1 && what == 0 && d.n_events < EVENTS);
        if (fuzz_fault())
                return NULL;
        d.n_events++;
        *e = (struct event){.fn = fn, .arg = arg, .exists = true};
        return e;
}

void
event_free(struct event *e)
{
        FUZZ_CHECK(e->exists);
        *e = (struct event){0};
}

int
event_add(struct event *e, const struct timeval *tv)
{
        FUZZ_CHECK(e->exists);
        if (fuzz_fault())
                return -1;
        e->due_ms = d.now_ms + (uint64_t)tv->tv_sec * 1000 + (uint64_t)tv->tv_usec / 1000;
        return 0;
}

void
event_active(struct event *e, int what, short calls)
{
        FUZZ_CHECK(e->exists && what == EV_TIMEOUT && calls == 0);
        e->active = true;
}

/* All that is due. */
static void
rest(void)
{
        for (unsigned i = 0; i < EVENTS; i++) {
                struct event *e = &d.events[i];

                if (!e->exists || (!e->active && (e->due_ms == 0 || e->due_ms > d.now_ms)))
                        continue;
                if (!e->active)
                        e->due_ms = 0;
                e->active = false;
                e->fn(-1, EV_TIMEOUT, e->arg);
                d.shown_ms = d.now_ms;
        }
}

int64_t
pdane_clock_ms(void)
{
        return (int64_t)d.now_ms;
}

void
pdane_log(enum pdane_log_level level, const char *format, ...)
{
        (void)level;
        (void)format;
}

/* ---- the store ---- */

static void
tell_key(struct key *k, void (*fn)(void *arg, const struct pdane_store_key *key, bool added),
         void *arg, bool added)
{
        struct table_bytes dn = table_dn(k->dn);
        struct pdane_store_key key = {k->by_serial, table_borrow(&dn), {NULL, 0}, &k->mark};

        if (k->by_serial)
                key.serial = table_borrow(&k->serial);
        fn(arg, &key, added);
}

void
pdane_store_follow_keys(struct pdane_store *s,
                        void (*fn)(void *arg, const struct pdane_store_key *key, bool added),
                        void *arg)
{
        (void)s;
        d.on_key = fn;
        d.on_key_arg = arg;
}

static void (*each_fn)(void *arg, const struct pdane_store_key *key);

static void
each(void *arg, const struct pdane_store_key *key, bool added)
{
        (void)added;
        each_fn(arg, key);
}

void
pdane_store_each_key(const struct pdane_store *s,
                     void (*fn)(void *arg, const struct pdane_store_key *key), void *arg)
{
        (void)s;
        each_fn = fn;
        for (size_t i = 0; i < d.n_keys; i++)
                tell_key(&keys[i], each, arg, true);
}

/* What has not been walked through lies before the rest: what takes the place of a key that is gone
 * may come twice. */
void
pdane_store_walk_begin(struct pdane_store *s)
{
        (void)s;
        d.unwalked = d.n_keys;
}

bool
pdane_store_walk(struct pdane_store *s, size_t pieces,
                 void (*fn)(void *arg, const struct pdane_store_key *key), void *arg)
{
        (void)s;
        each_fn = fn;
        if (d.unwalked > d.n_keys)
                d.unwalked = d.n_keys;
        for (size_t i = 0; i / KEYS_OF_PIECE < pieces && d.unwalked > 0; i++)
                tell_key(&keys[--d.unwalked], each, arg, true);
        return d.unwalked > 0;
}

static void
add_key(const struct key *k)
{
        if (d.n_keys == KEYS_MAX)
                return;
        struct key *fresh = &keys[d.n_keys++];
        *fresh = *k;
        fresh->mark = 0;
        if (d.on_key)
                tell_key(fresh, d.on_key, d.on_key_arg, true);
}

static void
remove_key(size_t i)
{
        struct key gone;

        if (d.n_keys == 0)
                return;
        i %= d.n_keys;
        gone = keys[i];
        keys[i] = keys[--d.n_keys];
        if (d.on_key)
                tell_key(&gone, d.on_key, d.on_key_arg, false);
}

static struct key
read_key(struct fuzz_input *in)
{
        uint8_t by_serial = fuzz_u8(in) & 1;
        struct key k = {.by_serial = by_serial, .dn = fuzz_u8(in)};

        if (by_serial)
                k.serial = table_serial(fuzz_u8(in));
        return k;
}

/* All alike or of as many DNs: enough for a larger table, or for more than one bit can count. */
static void
change_many(struct fuzz_input *in)
{
        uint8_t hundreds = fuzz_u8(in), how = fuzz_u8(in);
        size_t n = hundreds * (how & 4 ? 256u : 1u), max = how & 4 ? CHANGES_MAX : CHANGES_FEW;
        struct key k = read_key(in);

        for (size_t i = 0; i < n && d.changes < max; i++, d.changes++) {
                if (how & 1)
                        remove_key(d.n_keys - 1);
                else
                        add_key(&k);
                if (how & 2)
                        k.dn = (uint16_t)((k.dn + 1u) % TABLE_DNS);
        }
}

/* ---- the hosts ---- */

void
pdane_hosts_follow(struct pdane_hosts *hs, void (*fn)(void *arg), void *arg)
{
        (void)hs;
        d.on_hosts = fn;
        d.on_hosts_arg = arg;
}

uint64_t
pdane_hosts_doubts(const struct pdane_hosts *hs)
{
        (void)hs;
        return d.doubts;
}

int64_t
pdane_hosts_quiet_until_ms(struct pdane_hosts *hs)
{
        (void)hs;
        return d.quiet_ms;
}

static void
change_hosts(struct fuzz_input *in)
{
        uint8_t quiet = fuzz_u8(in);

        d.doubts += quiet & 1;
        d.quiet_ms = quiet & 2 ? 0 : quiet & 4 ? (int64_t)d.now_ms + quiet * 8 : INT64_MAX;
        if (d.on_hosts)
                d.on_hosts(d.on_hosts_arg);
}

/* ---- life ---- */

void
table_daemon_forget(void)
{
        table_daemon_stop();
        d.now_ms = 1000000;
        d.shown_ms = 0;
        d.n_keys = d.changes = 0;
        d.doubts = 0;
        d.quiet_ms = INT64_MAX;
}

uint64_t
table_daemon_now_ms(void)
{
        return d.now_ms;
}

void
table_daemon_pass_ms(uint64_t ms)
{
        d.now_ms += ms;
}

void
table_daemon_start(void)
{
        if (d.publisher)
                return;
        d.n_events = 0;
        FUZZ_CHECK((pdane_publisher_new(NULL, NULL, NULL, &d.publisher) == 0) ==
                   (d.publisher != NULL));
}

void
table_daemon_stop(void)
{
        pdane_publisher_free(d.publisher);
        d.publisher = NULL;
        FUZZ_CHECK(!d.on_key && !d.on_hosts);
        for (unsigned i = 0; i < EVENTS; i++)
                FUZZ_CHECK(!d.events[i].exists);
}

int
table_daemon_fd(void)
{
        return d.publisher ? pdane_publisher_fd(d.publisher) : -1;
}

void
table_daemon_change(struct fuzz_input *in)
{
        struct key k;

        switch (fuzz_pick(in, 10)) {
        case 0:
        case 1:
                k = read_key(in);
                add_key(&k);
                break;
        case 2:
                remove_key(fuzz_u16(in));
                break;
        case 3:
                change_many(in);
                break;
        case 4:
                change_hosts(in);
                break;
        case 5:
                pdane_publisher_heard(d.publisher);
                break;
        case 6:
                table_daemon_stop();
                break;
        case 7:
                table_daemon_start();
                break;
        default:
                rest();
                break;
        }
}

bool
table_daemon_says_no(const struct pdane_question *q)
{
        if (!d.publisher || d.events[1].active || d.now_ms >= d.shown_ms + LIVES_MS ||
            (int64_t)d.now_ms >= d.quiet_ms)
                return false;
        for (size_t i = 0; i < d.n_keys; i++) {
                struct table_bytes dn = table_dn(keys[i].dn);

                if (keys[i].by_serial ? pdane_bytes_equal(q->issuer, table_borrow(&dn)) &&
                                                table_serial_means(q, &keys[i].serial)
                                      : pdane_bytes_equal(q->subject, table_borrow(&dn)))
                        return false;
        }
        return true;
}

uint64_t
table_daemon_doubts(void)
{
        return d.doubts;
}
