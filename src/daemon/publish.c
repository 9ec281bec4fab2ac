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

struct pdane_publisher {
        struct event_base *base;
        struct pdane_store *store;
        struct pdane_hosts *hosts;
        struct memory memory;
        uint16_t *counts; /* keys at each bit; one that is full stays */
        size_t n_keys;
        uint64_t doubts; /* of the hosts, when the epoch was last changed */
        struct event *beat, *settle;
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
        atomic_store(&p->memory.table->no_until_ms, 0);
        atomic_fetch_add(&p->memory.table->turn, 1);
        event_active(p->settle, EV_TIMEOUT, 0);
}

static void
on_hosts_changed(void *arg)
{
        struct pdane_publisher *p = arg;
        uint64_t doubts = pdane_hosts_doubts(p->hosts);
        close_table(p);
        if (doubts != p->doubts)
                atomic_fetch_add(&p->memory.table->epoch, 1);
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
        atomic_store(&p->memory.table->no_until_ms, fresh && until > now ? (uint64_t)until : 0);
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
set_bit(struct pdane_publisher *p, uint64_t bit, bool on)
{
        _Atomic uint64_t *word = &p->memory.table->filter[bit / 64];
        uint64_t mask = (uint64_t)1 << (bit % 64);
        if (on)
                atomic_fetch_or(word, mask);
        else
                atomic_fetch_and(word, ~mask);
}

static void
count_bit(struct pdane_publisher *p, uint64_t bit, bool more)
{
        uint16_t *n = &p->counts[bit];
        if (*n == UINT16_MAX)
                return;
        *n = (uint16_t)(more ? *n + 1 : *n - 1);
        set_bit(p, bit, *n > 0);
}

static enum pdane_table_kind
kind_of(const struct pdane_store_key *k)
{
        return k->by_serial ? PDANE_TABLE_ISSUER_SERIAL : PDANE_TABLE_SUBJECT;
}

static void
count_key(struct pdane_publisher *p, const struct pdane_store_key *k, bool more)
{
        const struct pdane_table *t = p->memory.table;
        struct pdane_table_places at =
                pdane_table_places(&t->key, t->bits, kind_of(k), k->dn, k->serial);
        for (size_t i = 0; i < PDANE_TABLE_PLACES; i++)
                count_bit(p, at.bit[i], more);
}

static void
add_key(void *arg, const struct pdane_store_key *k)
{
        struct pdane_publisher *p = arg;
        p->n_keys++;
        count_key(p, k, true);
}

/* A larger table with the same keys. Where there is no memory for one, the old one does. */
static void
grow(struct pdane_publisher *p)
{
        uint64_t bits = p->memory.table->bits * GROWTH;
        struct memory fresh;
        if (bits > PDANE_TABLE_BITS_MAX)
                return;
        uint16_t *counts = calloc((size_t)bits, sizeof *counts);
        int r = counts ? new_memory(bits, &fresh) : -ENOMEM;
        if (r < 0) {
                pdane_log(PDANE_LOG_WARNING, "event=table-not-grown errno=%d", -r);
                free(counts);
                return;
        }
        free_memory(&p->memory);
        free(p->counts);
        p->memory = fresh;
        p->counts = counts;
        p->n_keys = 0;
        pdane_store_each_key(p->store, add_key, p);
}

static void
on_key(void *arg, const struct pdane_store_key *k, bool added)
{
        struct pdane_publisher *p = arg;
        close_table(p);
        p->n_keys = added ? p->n_keys + 1 : p->n_keys - 1;
        count_key(p, k, added);
        if (p->n_keys * BITS_PER_KEY > p->memory.table->bits)
                grow(p);
}

/* ---- life ---- */

int
pdane_publisher_new(struct event_base *base, struct pdane_store *store, struct pdane_hosts *hosts,
                    struct pdane_publisher **ret)
{
        struct pdane_publisher *p = calloc(1, sizeof *p);
        if (!p)
                return -ENOMEM;
        *p = (struct pdane_publisher){
                .base = base, .store = store, .hosts = hosts, .memory.fd = -1};
        p->counts = calloc(PDANE_TABLE_BITS_MIN, sizeof *p->counts);
        p->beat = evtimer_new(base, on_beat, p);
        p->settle = evtimer_new(base, on_settle, p);
        int r = p->counts && p->beat && p->settle ? new_memory(PDANE_TABLE_BITS_MIN, &p->memory)
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

void
pdane_publisher_free(struct pdane_publisher *p)
{
        if (!p)
                return;
        if (p->memory.table) {
                pdane_store_follow_keys(p->store, NULL, NULL);
                pdane_hosts_follow(p->hosts, NULL, NULL);
        }
        free_memory(&p->memory);
        if (p->beat)
                event_free(p->beat);
        if (p->settle)
                event_free(p->settle);
        free(p->counts);
        free(p);
}

int
pdane_publisher_fd(const struct pdane_publisher *p)
{
        return p->memory.fd;
}
