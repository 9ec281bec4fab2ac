/* SPDX-License-Identifier: BSD-3-Clause */
/* Asks the table all that the daemon would ask itself. In doubt the daemon is asked. */
#include "published.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define KIND_DN 3 /* beside those of enum pdane_table_kind */

bool
pdane_published_wanted(const struct pdane_published *p)
{
        /* Processors that would read 64 bits in two goes, or by writing, ask. */
        if (ATOMIC_LLONG_LOCK_FREE != 2)
                return false;
        return !p->view.table || atomic_load(&p->view.table->superseded) != 0;
}

static void
unmap(struct pdane_published *p)
{
        if (p->view.table)
                (void)munmap((void *)(uintptr_t)p->view.table, p->size);
        p->view = (struct pdane_table_view){0};
}

/* Memory that cannot shrink: reading it is never a signal. */
static bool
is_sealed(int fd, size_t *ret_size)
{
        const int needed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
        int seals = fcntl(fd, F_GET_SEALS);
        struct stat st;

        if (seals < 0 || (seals & needed) != needed || fstat(fd, &st) < 0 || st.st_size <= 0 ||
            (uint64_t)st.st_size > pdane_table_size(PDANE_TABLE_BITS_MAX))
                return false;
        *ret_size = (size_t)st.st_size;
        return true;
}

void
pdane_published_take(struct pdane_published *p, int fd)
{
        struct pdane_table_view view;
        size_t size;
        void *memory;

        if (!is_sealed(fd, &size))
                return;
        memory = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
        if (memory == MAP_FAILED)
                return;
        if (pdane_table_view(memory, size, &view) < 0) {
                (void)munmap(memory, size);
                return;
        }
        unmap(p);
        p->view = view;
        p->size = size;
}

uint64_t
pdane_published_epoch(const struct pdane_published *p)
{
        return p->view.table ? atomic_load(&p->view.table->epoch) : 0;
}

/* ---- distinguished names ---- */

static uint64_t
hash_dn(const struct pdane_published *p, struct pdane_bytes dn)
{
        return pdane_siphash_pair(&p->view.key, KIND_DN, dn, (struct pdane_bytes){NULL, 0});
}

static struct pdane_settled *
set_of(struct pdane_published *p, uint64_t hash)
{
        return p->settled[hash % (PDANE_SETTLED_MAX / PDANE_SETTLED_WAYS)];
}

/* Puts s in front of its set, in place of what is at way, or of the last one. */
static void
put_in_front(struct pdane_settled *set, unsigned way, struct pdane_settled s)
{
        for (; way > 0; way--)
                set[way] = set[way - 1];
        set[0] = s;
}

/* A name that is not in the template suggests nothing. */
static bool
is_settled(struct pdane_published *p, struct pdane_bytes dn, uint64_t epoch, uint64_t now_ms)
{
        struct pdane_settled *set;
        uint64_t hash;

        if (!dn.data)
                return true;
        if (p->settled_epoch != epoch)
                return false;
        hash = hash_dn(p, dn);
        set = set_of(p, hash);
        for (unsigned i = 0; i < PDANE_SETTLED_WAYS; i++) {
                if (set[i].hash == hash && set[i].until_ms > now_ms) {
                        put_in_front(set, i, set[i]);
                        return true;
                }
        }
        return false;
}

/* Of names settled in another epoch nothing is known. */
static void
begin_epoch(struct pdane_published *p, uint64_t epoch)
{
        if (p->settled_epoch == epoch)
                return;
        for (size_t i = 0; i < PDANE_SETTLED_MAX / PDANE_SETTLED_WAYS; i++) {
                if (p->settled[i][0].until_ms) /* pages that nothing was written to stay so */
                        memset(p->settled[i], 0, sizeof(p->settled[i]));
        }
        p->settled_epoch = epoch;
}

void
pdane_published_settle(struct pdane_published *p, const struct pdane_question *q, uint64_t epoch,
                       uint64_t settled_ms, uint64_t now_ms)
{
        struct pdane_bytes dn = q->issuer.data ? q->issuer : q->subject;
        struct pdane_settled *set;
        unsigned way = 0;
        uint64_t hash;

        if (!p->view.table || !dn.data || q->value.data || (q->issuer.data && q->subject.data))
                return;
        if (settled_ms > PDANE_SETTLED_MAX_MS)
                settled_ms = PDANE_SETTLED_MAX_MS;
        begin_epoch(p, epoch);
        hash = hash_dn(p, dn);
        set = set_of(p, hash);
        while (way < PDANE_SETTLED_WAYS - 1 && set[way].hash != hash)
                way++;
        put_in_front(set, way, (struct pdane_settled){hash, now_ms + settled_ms});
}

/* ---- evidence ---- */

/* The two things that the octets of a serial may mean, as the daemon's store has it. */
static bool
may_hold_serial(const struct pdane_table_view *v, struct pdane_bytes issuer,
                struct pdane_bytes serial)
{
        const uint8_t *d = serial.data;
        struct pdane_bytes content = {NULL, 0};

        if (serial.len >= 3 && d[0] == 0x02 && d[1] < 0x80 && d[1] == serial.len - 2)
                content = (struct pdane_bytes){d + 2, serial.len - 2};
        return (content.data &&
                pdane_table_may_hold(v, PDANE_TABLE_ISSUER_SERIAL, issuer, content)) ||
               pdane_table_may_hold(v, PDANE_TABLE_ISSUER_SERIAL, issuer, serial);
}

static bool
may_hold(const struct pdane_table_view *v, const struct pdane_question *q)
{
        const struct pdane_bytes none = {NULL, 0};

        if (q->issuer.data && q->serial.data && may_hold_serial(v, q->issuer, q->serial))
                return true;
        return q->subject.data && pdane_table_may_hold(v, PDANE_TABLE_SUBJECT, q->subject, none);
}

bool
pdane_published_says_no(struct pdane_published *p, const struct pdane_question *q, uint64_t now_ms)
{
        struct pdane_table_look look;

        /* By value only what was found before is asked for. */
        if (q->value.data || !pdane_table_look(&p->view, now_ms, &look))
                return false;
        return is_settled(p, q->issuer, look.epoch, now_ms) &&
               is_settled(p, q->subject, look.epoch, now_ms) && !may_hold(&p->view, q) &&
               pdane_table_held_still(&p->view, &look);
}

void
pdane_published_clear(struct pdane_published *p)
{
        if (!p->view.table)
                return; /* nor is anything settled: its pages stay as they are, unwritten */
        unmap(p);
        memset(p, 0, sizeof(*p));
}
