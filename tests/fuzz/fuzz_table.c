/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The published table as a client's process reads it (module/pkcs11/published.c). First byte: 0,
 * the daemon's own builder makes the tables while evidence and hosts change, and a "no" must have
 * been the daemon's answer at some moment of the look; 1, the tables are forged, and a "no" must
 * stand in their bytes. Then three bytes of faults (faults.h), the length and the bytes of what
 * happens in the middle of looks, and calls. Nothing is read outside of a table (table_memory.h),
 * and looking makes no system call.
 */
#include "fuzz.h"

#include <errno.h>
#include <unistd.h>

#include "faults.h"
#include "pkcs11/published.h"
#include "table_daemon.h"
#include "table_memory.h"

bool __real_pdane_table_may_hold(const struct pdane_table_view *v, enum pdane_table_kind kind,
                                 struct pdane_bytes a, struct pdane_bytes b);
bool __wrap_pdane_table_may_hold(const struct pdane_table_view *v, enum pdane_table_kind kind,
                                 struct pdane_bytes a, struct pdane_bytes b);

/* What was said of a DN, and what it rests on. */
struct settled {
        uint64_t until_ms; /* 0: nothing */
        uint64_t doubts;
        uint64_t epoch;
        struct pdane_siphash_key key;
};

/* An answer that is on its way. */
struct asked {
        uint64_t at_ms, epoch, doubts;
};

static struct {
        bool forged;
        struct pdane_published p;
        uint64_t id;               /* of the memory that was taken, of the daemon's tables */
        struct table_forged table; /* the forged one that is taken */
        uint64_t bits;             /* as they were then */
        struct pdane_siphash_key key;
        struct asked asked;
        struct fuzz_input meanwhile;
        bool changed;                         /* something did, in the middle of the look */
        const struct table_question *looking; /* for what */
        bool any_settled;
        bool ever_no; /* since the look began, a "no" would have been right */
} f;
/* One for each key that a table had: which none but a forger uses again. */
#define KEYS 4u
static struct settled settled[TABLE_DNS][KEYS];

/* ---- what may be said ---- */

static bool
same_key(const struct pdane_siphash_key *a, const struct pdane_siphash_key *b)
{
        return a->k[0] == b->k[0] && a->k[1] == b->k[1];
}

/* Where what was said of a DN is, or can be, kept; NULL: nowhere. */
static struct settled *
settled_place(unsigned number)
{
        struct settled *s = number < TABLE_DNS ? settled[number] : NULL;

        for (unsigned i = 0; s && i < KEYS; i++)
                if (s[i].until_ms == 0 || same_key(&s[i].key, &f.key))
                        return &s[i];
        return NULL;
}

static bool
dn_is_settled(struct pdane_bytes dn, unsigned number)
{
        const struct settled *s = settled_place(number);

        if (!dn.data)
                return true;
        if (!s || s->until_ms <= table_daemon_now_ms())
                return false;
        if (!f.forged)
                return s->doubts == table_daemon_doubts();
        return f.table.table && s->epoch == f.table.table->epoch;
}

static bool
has_all(enum pdane_table_kind kind, struct pdane_bytes a, struct pdane_bytes b)
{
        struct pdane_table_places at = pdane_table_places(&f.key, f.bits, kind, a, b);
        const uint8_t *bytes = (const uint8_t *)f.table.table + sizeof *f.table.table;

        for (unsigned i = 0; i < PDANE_TABLE_PLACES; i++) {
                uint64_t word;

                memcpy(&word, bytes + at.bit[i] / 64 * 8, sizeof word);
                if (!(word & 1ull << at.bit[i] % 64))
                        return false;
        }
        return true;
}

/* docs/protocol.md, of bytes that anybody may have written. */
static bool
forged_says_no(const struct pdane_question *q)
{
        const struct pdane_table *t = f.table.table;
        const struct pdane_bytes none = {NULL, 0};
        struct pdane_bytes content = q->serial;
        uint64_t now = table_daemon_now_ms();

        if (!t || t->superseded || t->no_until_ms <= now || t->no_until_ms > now + 1000)
                return false;
        if (q->issuer.data && q->serial.data) {
                if (has_all(PDANE_TABLE_ISSUER_SERIAL, q->issuer, q->serial))
                        return false;
                content.data += 2;
                content.len -= 2;
                if (q->serial.len > 2 && q->serial.data[0] == 2 &&
                    q->serial.data[1] == content.len &&
                    has_all(PDANE_TABLE_ISSUER_SERIAL, q->issuer, content))
                        return false;
        }
        return !q->subject.data || !has_all(PDANE_TABLE_SUBJECT, q->subject, none);
}

static bool
no_is_right(const struct table_question *t)
{
        return !t->q.value.data && dn_is_settled(t->q.issuer, t->issuer_number) &&
               dn_is_settled(t->q.subject, t->subject_number) &&
               (f.forged ? forged_says_no(&t->q) : table_daemon_says_no(&t->q));
}

/* ---- in the middle of a look ---- */

static void
happens(void)
{
        if (f.meanwhile.len == 0 || fuzz_u8(&f.meanwhile) == 0)
                return;
        f.changed = true;
        do {
                if (f.forged)
                        table_forged_scribble(&f.table, &f.meanwhile);
                else
                        table_daemon_change(&f.meanwhile);
                f.ever_no = f.ever_no || no_is_right(f.looking);
        } while (fuzz_u8(&f.meanwhile) & 1);
}

bool
__wrap_pdane_table_may_hold(const struct pdane_table_view *v, enum pdane_table_kind kind,
                            struct pdane_bytes a, struct pdane_bytes b)
{
        bool may;

        happens();
        may = __real_pdane_table_may_hold(v, kind, a, b);
        happens();
        return may;
}

/* Bytes that changed while they were read may have said anything. */
static void
look(struct fuzz_input *in)
{
        struct table_question t;
        size_t calls;
        bool no;

        table_question_read(in, &t);
        f.looking = &t;
        f.ever_no = no_is_right(&t);
        f.changed = false;
        calls = table_memory_calls();
        no = pdane_published_says_no(&f.p, &t.q, table_daemon_now_ms());
        if (!f.changed)
                FUZZ_CHECK(calls == table_memory_calls());
        if (!f.forged || !f.changed)
                FUZZ_CHECK(!no || f.ever_no);
        f.looking = NULL;
}

/* ---- the other calls ---- */

/* Taken when it is a table and no step fails; otherwise what was there stays. */
static void
take_forged(struct fuzz_input *in)
{
        struct pdane_published before = f.p;
        struct table_forged made;
        bool taken;

        table_forge(in, table_daemon_now_ms(), &made);
        fuzz_faults_start();
        pdane_published_take(&f.p, made.fd);
        taken = fuzz_faults_stop() == 0 && table_forged_good(&made);
        if (!taken) {
                FUZZ_CHECK(memcmp(&before.view, &f.p.view, sizeof before.view) == 0);
                table_forged_free(&made);
                return;
        }
        FUZZ_CHECK(f.p.view.table && f.p.view.table != before.view.table && f.p.size == made.size &&
                   f.p.view.bits == made.table->bits);
        table_forged_free(&f.table);
        f.table = made;
        f.bits = made.table->bits;
        f.key = made.table->key;
}

/* A client asks for the table when there is another one, and then only. */
static void
take_daemons(void)
{
        int fd = table_daemon_fd();
        bool wanted = pdane_published_wanted(&f.p);

        if (fd < 0)
                return;
        FUZZ_CHECK(wanted == (f.id != table_memory_id(fd)));
        if (!wanted)
                return;
        fuzz_faults_start();
        pdane_published_take(&f.p, fd);
        if (fuzz_faults_stop() > 0)
                return;
        FUZZ_CHECK(!pdane_published_wanted(&f.p));
        f.id = table_memory_id(fd);
}

static void
take(struct fuzz_input *in)
{
        if (f.forged)
                take_forged(in);
        else
                take_daemons();
}

static struct asked
ask_now(void)
{
        return (struct asked){table_daemon_now_ms(), pdane_published_epoch(&f.p),
                              table_daemon_doubts()};
}

/* The daemon has answered the question with nothing, and for how long the names in it are good for
 * nothing. What it said of two at once is said of neither. */
static void
settle(struct table_question *t, uint64_t for_ms)
{
        bool alone = !t->q.issuer.data != !t->q.subject.data && !t->q.value.data;
        struct settled *s = settled_place(t->q.issuer.data ? t->issuer_number : t->subject_number);

        if (alone && !s)
                return;
        pdane_published_settle(&f.p, &t->q, f.asked.epoch, for_ms, f.asked.at_ms);
        f.any_settled = true;
        if (alone)
                *s = (struct settled){f.asked.at_ms + (for_ms > 600000 ? 600000 : for_ms),
                                      f.asked.doubts, f.asked.epoch, f.key};
}

static void
forget_settled(void)
{
        if (f.any_settled)
                memset(settled, 0, sizeof settled);
        f.any_settled = false;
}

static void
settle_many(struct fuzz_input *in)
{
        unsigned first = fuzz_u16(in), n = fuzz_u16(in) % 1500u;
        struct table_question t = {.q.client = PDANE_CLIENT_NSS};

        for (unsigned i = 0; i < n; i++) {
                t.issuer_number = (first + i) % TABLE_DNS;
                t.issuer = table_dn(t.issuer_number);
                t.q.issuer = table_borrow(&t.issuer);
                settle(&t, 60000);
        }
}

static void
change(struct fuzz_input *in)
{
        if (f.forged) {
                table_forged_scribble(&f.table, in);
                return;
        }
        fuzz_faults_start();
        table_daemon_change(in);
        fuzz_faults_stop();
}

static void
call(struct fuzz_input *in)
{
        struct table_question t;

        switch (fuzz_pick(in, 12)) {
        case 0:
                take(in);
                break;
        case 1:
                f.asked = ask_now();
                break;
        case 2:
                f.asked = ask_now();
                table_question_read(in, &t);
                settle(&t, 60000);
                break;
        case 3:
                table_question_read(in, &t);
                settle(&t, (uint64_t)fuzz_u16(in) * 16);
                break;
        case 4:
                settle_many(in);
                break;
        case 5:
                table_daemon_pass_ms(fuzz_u16(in));
                break;
        case 6:
                pdane_published_clear(&f.p);
                table_forged_free(&f.table);
                f.id = 0;
                forget_settled();
                break;
        case 7:
        case 8:
                change(in);
                break;
        default:
                look(in);
                break;
        }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};

        forget_settled();
        memset(&f, 0, sizeof f);
        f.table.fd = -1;
        f.forged = fuzz_u8(&in) & 1;
        fuzz_faults_read(&in);
        f.meanwhile = fuzz_blob(&in);
        table_memory_begin();
        table_daemon_forget();
        if (!f.forged)
                table_daemon_start();
        for (unsigned calls = 0; in.len > 0 && calls < 100; calls++)
                call(&in);
        pdane_published_clear(&f.p);
        table_forged_free(&f.table);
        table_daemon_forget();
        table_memory_end();
        return 0;
}
