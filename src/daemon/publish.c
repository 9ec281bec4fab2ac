/* SPDX-License-Identifier: BSD-3-Clause */
/* Any change closes the table at once; it is opened again when the event loop has come to rest. */
#include "daemon/publish.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/log.h"
#include "common/table.h"
#include "daemon/clock.h"

#define BITS_PER_KEY                                                                               \
        8u /* when there are fewer, a larger table takes over: 5 in 100 ask in vain                \
            */
#define GROWTH 4u
/* Pieces of evidence in each turn of the event loop: some keys each, and memory that is touched for
 * the first time. */
#define FILLED_AT_ONCE 16u
/*
 * The table is good until PDANE_TABLE_HORIZON_MS after the last beat: so long a client may believe
 * a daemon that hangs or was killed. A beat that comes late follows a time in which hints may have
 * piled up unread, and does not count. Without anybody who asks there is no beat, and no wakeup.
 */
#define BEAT_MS 400
#define BEAT_LATE_MS 200
#define QUIET_MS 60000

struct memory {
        int fd;
        struct pdane_table *table;
        size_t size;
};

/* A table, and what only we know of it. */
struct filter {
        struct memory memory;
        uint16_t *counts;   /* keys at each bit; one that is full stays */
        uint8_t generation; /* marks the keys that are in it: of one that is filled, not all are */
};

struct pdane_publisher {
        struct event_base *base;
        struct pdane_store *store;
        struct pdane_hosts *hosts;
        struct filter now, next; /* published; larger, and being filled, if it has any memory */
        size_t n_keys;
        uint64_t doubts; /* of the hosts, when the epoch was last changed */
        struct event *beat, *settle, *fill;
        bool beating, steady;        /* steady: the last beat came in time */
        int64_t heard_ms, beaten_ms; /* when somebody last spoke; the last beat */
};

/* ---- memory ---- */

static void
free_memory(struct memory *m)
{
        if (m->table) {
                atomic_store(&m->table->no_until_ms, 0);
                atomic_store(&m->table->superseded, 1);
                munmap(m->table, m->size);
        }
        if (m->fd >= 0)
                close(m->fd);
        *m = (struct memory){.fd = -1};
}

static int
seal(int fd)
{
        const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
        return fcntl(fd, F_ADD_SEALS, seals) < 0 ? -errno : 0;
}

static int
map_memory(struct memory *m)
{
        m->fd = memfd_create("p11-dane-table", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (m->fd < 0)
                return -errno;
        /* All of it now: a page that cannot be had later would be a signal. */
        int r = -posix_fallocate(m->fd, 0, (off_t)m->size);
        if (r < 0)
                return r;
        void *at = mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
        if (at == MAP_FAILED)
                return -errno;
        m->table = at;
        return seal(m->fd);
}

static int
new_memory(uint64_t bits, struct memory *ret)
{
        struct memory m = {.fd = -1, .size = pdane_table_size(bits)};
        struct pdane_siphash_key key;
        uint64_t epoch;
        int r = map_memory(&m);
        if (r == 0 && (getrandom(&key, sizeof key, 0) != (ssize_t)sizeof key ||
                       getrandom(&epoch, sizeof epoch, 0) != (ssize_t)sizeof epoch))
                r = -EIO;
        if (r < 0) {
                free_memory(&m);
                return r;
        }
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): map_memory() has set it */
        m.table->magic = PDANE_TABLE_MAGIC;
        m.table->bits = bits;
        m.table->key = key;
        atomic_store(&m.table->epoch, epoch);
        *ret = m;
        return 0;
}

/* ---- open and closed ---- */

static void
close_table(struct pdane_publisher *p)
{
        atomic_store(&p->now.memory.table->no_until_ms, 0);
        atomic_fetch_add(&p->now.memory.table->turn, 1);
        event_active(p->settle, EV_TIMEOUT, 0);
}

static void
on_hosts_changed(void *arg)
{
        struct pdane_publisher *p = arg;
        uint64_t doubts = pdane_hosts_doubts(p->hosts);
        close_table(p);
        if (doubts != p->doubts)
                atomic_fetch_add(&p->now.memory.table->epoch, 1);
        p->doubts = doubts;
}

static void
open_table(struct pdane_publisher *p)
{
        int64_t now = pdane_clock_ms(), until = now + PDANE_TABLE_HORIZON_MS;
        int64_t quiet = pdane_hosts_quiet_until_ms(p->hosts);
        bool fresh = p->steady && now - p->beaten_ms <= BEAT_MS + BEAT_LATE_MS;
        if (quiet < until)
                until = quiet;
        atomic_store(&p->now.memory.table->no_until_ms, fresh && until > now ? (uint64_t)until : 0);
}

static void
on_settle(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        open_table(arg);
}

static void
plan_beat(struct pdane_publisher *p)
{
        const struct timeval tv = {BEAT_MS / 1000, (BEAT_MS % 1000) * 1000};
        p->beaten_ms = pdane_clock_ms();
        p->beating = evtimer_add(p->beat, &tv) == 0;
}

void
pdane_publisher_beat(struct pdane_publisher *p)
{
        int64_t now = pdane_clock_ms();
        p->steady = now - p->beaten_ms <= BEAT_MS + BEAT_LATE_MS;
        p->beating = false;
        if (now - p->heard_ms < QUIET_MS)
                plan_beat(p);
        else
                p->steady = false;
        open_table(p);
}

static void
on_beat(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        pdane_publisher_beat(arg);
}

void
pdane_publisher_heard(struct pdane_publisher *p)
{
        if (!p)
                return;
        p->heard_ms = pdane_clock_ms();
        if (!p->beating)
                plan_beat(p);
}

/* ---- the filter ---- */

static void
set_bit(const struct filter *f, uint64_t bit, bool on)
{
        _Atomic uint64_t *word = &f->memory.table->filter[bit / 64];
        uint64_t mask = (uint64_t)1 << (bit % 64);
        if (on)
                atomic_fetch_or(word, mask);
        else
                atomic_fetch_and(word, ~mask);
}

static void
count_bit(const struct filter *f, uint64_t bit, bool more)
{
        uint16_t *n = &f->counts[bit];
        if (*n == UINT16_MAX)
                return;
        *n = (uint16_t)(more ? *n + 1 : *n - 1);
        set_bit(f, bit, *n > 0);
}

static enum pdane_table_kind
kind_of(const struct pdane_store_key *k)
{
        return k->by_serial ? PDANE_TABLE_ISSUER_SERIAL : PDANE_TABLE_SUBJECT;
}

static void
count_key(const struct filter *f, const struct pdane_store_key *k, bool more)
{
        const struct pdane_table *t = f->memory.table;
        struct pdane_table_places at =
                pdane_table_places(&t->key, t->bits, kind_of(k), k->dn, k->serial);
        for (size_t i = 0; i < PDANE_TABLE_PLACES; i++)
                count_bit(f, at.bit[i], more);
        if (more)
                *k->mark = f->generation;
}

static void
free_filter(struct filter *f)
{
        free_memory(&f->memory);
        free(f->counts);
        f->counts = NULL;
}

static int
new_filter(uint64_t bits, uint8_t generation, struct filter *ret)
{
        struct filter f = {.memory.fd = -1, .generation = generation};
        f.counts = calloc((size_t)bits, sizeof *f.counts);
        int r = f.counts ? new_memory(bits, &f.memory) : -ENOMEM;
        if (r < 0)
                free(f.counts);
        else
                *ret = f;
        return r;
}

/* ---- a larger one ---- */

static bool
is_filling(const struct pdane_publisher *p)
{
        return p->next.memory.table != NULL;
}

/* A larger table with the same keys, filled beside this one in many turns of the event loop. Where
 * there is no memory for one, the old one does. */
static void
grow(struct pdane_publisher *p)
{
        const struct timeval soon = {0, 0};
        uint64_t bits = p->now.memory.table->bits * GROWTH;
        if (bits > PDANE_TABLE_BITS_MAX)
                return;
        int r = new_filter(bits, (uint8_t)(p->now.generation + 1), &p->next);
        if (r < 0) {
                pdane_log(PDANE_LOG_WARNING, "event=table-not-grown errno=%d", -r);
                return;
        }
        pdane_store_walk_begin(p->store);
        if (evtimer_add(p->fill, &soon) < 0)
                free_filter(&p->next);
}

static void
grow_if_needed(struct pdane_publisher *p)
{
        if (!is_filling(p) && p->n_keys * BITS_PER_KEY > p->now.memory.table->bits)
                grow(p);
}

/* What came while it was filled is in it already. */
static void
fill_with(void *arg, const struct pdane_store_key *k)
{
        struct pdane_publisher *p = arg;
        if (*k->mark != p->next.generation)
                count_key(&p->next, k, true);
}

static void
on_fill(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_publisher *p = arg;
        const struct timeval soon = {0, 0};
        (void)fd;
        (void)what;
        if (pdane_store_walk(p->store, FILLED_AT_ONCE, fill_with, p)) {
                if (evtimer_add(p->fill, &soon) == 0)
                        return;
                (void)pdane_store_walk(p->store, SIZE_MAX, fill_with, p);
        }
        free_filter(&p->now);
        p->now = p->next;
        p->next = (struct filter){.memory.fd = -1};
        close_table(p); /* it opens when all has come to rest */
        grow_if_needed(p);
}

/* ---- keys ---- */

static void
add_key(void *arg, const struct pdane_store_key *k)
{
        struct pdane_publisher *p = arg;
        p->n_keys++;
        count_key(&p->now, k, true);
        if (is_filling(p))
                count_key(&p->next, k, true);
}

static void
remove_key(struct pdane_publisher *p, const struct pdane_store_key *k)
{
        p->n_keys--;
        count_key(&p->now, k, false);
        if (is_filling(p) && *k->mark == p->next.generation)
                count_key(&p->next, k, false);
}

static void
on_key(void *arg, const struct pdane_store_key *k, bool added)
{
        struct pdane_publisher *p = arg;
        close_table(p);
        if (added)
                add_key(p, k);
        else
                remove_key(p, k);
        grow_if_needed(p);
}

/* ---- life ---- */

int
pdane_publisher_new(struct event_base *base, struct pdane_store *store, struct pdane_hosts *hosts,
                    struct pdane_publisher **ret)
{
        struct pdane_publisher *p = calloc(1, sizeof *p);
        if (!p)
                return -ENOMEM;
        *p = (struct pdane_publisher){.base = base,
                                      .store = store,
                                      .hosts = hosts,
                                      .now.memory.fd = -1,
                                      .next.memory.fd = -1};
        p->beat = evtimer_new(base, on_beat, p);
        p->settle = evtimer_new(base, on_settle, p);
        p->fill = evtimer_new(base, on_fill, p);
        int r = p->beat && p->settle && p->fill ? new_filter(PDANE_TABLE_BITS_MIN, 1, &p->now)
                                                : -ENOMEM;
        if (r < 0) {
                pdane_publisher_free(p);
                return r;
        }
        pdane_store_each_key(store, add_key, p);
        pdane_store_follow_keys(store, on_key, p);
        pdane_hosts_follow(hosts, on_hosts_changed, p);
        *ret = p;
        return 0;
}

static void
free_event(struct event *e)
{
        if (e)
                event_free(e);
}

void
pdane_publisher_free(struct pdane_publisher *p)
{
        if (!p)
                return;
        if (p->now.memory.table) {
                pdane_store_follow_keys(p->store, NULL, NULL);
                pdane_hosts_follow(p->hosts, NULL, NULL);
        }
        free_filter(&p->now);
        free_filter(&p->next);
        free_event(p->beat);
        free_event(p->settle);
        free_event(p->fill);
        free(p);
}

int
pdane_publisher_fd(const struct pdane_publisher *p)
{
        return p->now.memory.fd;
}
