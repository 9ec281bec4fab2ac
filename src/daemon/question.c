/* SPDX-License-Identifier: BSD-3-Clause */
/* A question waits for the lookups that could decide it, each with the patience that it deserves,
 * and for nothing else. */
#include "daemon/question.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#include "daemon/account.h"
#include "daemon/answer.h"
#include "daemon/clock.h"
#include "trust/cert.h"

#define CANDIDATES_MAX                                                                             \
        ((PDANE_DN_HOSTS_MAX + PDANE_HINTS_LOOKED_AT) * PDANE_PORTS_MAX + PDANE_WATCH_MAX)

/* A host with evidence is looked up again because of an unknown certificate at most this often:
 * when the certificate names it (PDANE_HINTED_PAUSE_MS when somebody just happened to look it up).
 */
#define NAMED_PAUSE_MS 5000u

/*
 * A program of OpenSSL's that is about to connect makes the daemon look at a known server again
 * when the last look is older than this, and waits for it. Such a program never asks, so nothing
 * else would tell of a certificate that took another one's place. DNS alone does not tell either: a
 * record of the key (selector 1), and any record of an authority, stays the same when the
 * certificate changes, and those are what nearly everybody publishes. So the price of a server that
 * is visited all the time is one handshake in this time.
 */
#define LOOK_PAUSE_MS 5000u

/* What in the question names a host. A public CA's certificate names it as its subject, never as
 * its issuer. */
enum naming {
        UNNAMED = 0,
        BY_SUBJECT,
        BY_ISSUER,
};

struct candidate {
        struct pdane_host_waiter waiter;
        enum naming named;
};

struct pdane_waiting {
        const struct pdane_question_env *env;
        uid_t uid;               /* whose program asks */
        bool is_hint;            /* no question: the end of the lookups is waited for */
        struct pdane_name hinted;
        struct pdane_question q; /* points into bytes[] */
        uint8_t *bytes;
        bool unknown;        /* one certificate is meant, and none that there is evidence for */
        bool by_subject;     /* CAs are meant: there may be more of them than are known */
        int64_t settled_ms;  /* for how long the names in the question suggest nothing anew */
        struct event *timer; /* the next deadline, or "now" after a change */
        struct candidate *candidates;
        size_t n_candidates, cap_candidates;
        void (*done)(void *arg, const uint8_t *reply, size_t len);
        void *arg;
};

/* ---- candidates ---- */

static void
on_changed(void *arg)
{
        /* Not here: the host is in the middle of telling. The timer runs from the event loop. */
        struct pdane_waiting *w = arg;
        const struct timeval now = {0, 0};
        evtimer_add(w->timer, &now);
}

static void
add_candidate(struct pdane_waiting *w, struct pdane_host *h, enum naming named)
{
        for (size_t i = 0; i < w->n_candidates; i++) {
                if (w->candidates[i].waiter.host == h) {
                        if (named > w->candidates[i].named)
                                w->candidates[i].named = named;
                        return;
                }
        }
        if (w->n_candidates == w->cap_candidates)
                return;
        struct candidate *c = &w->candidates[w->n_candidates++];
        c->named = named;
        c->waiter.by_name = named != UNNAMED;
        c->waiter.uid = w->uid;
        c->waiter.changed = on_changed;
        c->waiter.arg = w;
        pdane_host_wait(h, &c->waiter);
}

/* The issuer's first: *ret_by_issuer of them. */
static size_t
collect_names(const struct pdane_question *q, struct pdane_name names[PDANE_DN_HOSTS_MAX],
              size_t *ret_by_issuer)
{
        size_t n = 0;
        if (q->issuer.data)
                n = pdane_dn_hosts(q->issuer, names, PDANE_DN_HOSTS_MAX);
        *ret_by_issuer = n;
        if (q->subject.data && n < PDANE_DN_HOSTS_MAX)
                n += pdane_dn_hosts(q->subject, names + n, PDANE_DN_HOSTS_MAX - n);
        if (q->value.data && n < PDANE_DN_HOSTS_MAX) {
                struct pdane_cert *c = NULL;
                if (pdane_cert_new(q->value.data, q->value.len, &c) == 0)
                        n += pdane_dn_hosts(pdane_cert_subject(c), names + n,
                                            PDANE_DN_HOSTS_MAX - n);
                pdane_cert_unref(c);
        }
        return n;
}

/* One that may not be looked up is as good as none; one that cannot be now, may be the next time.
 */
static void
note_untouched(struct pdane_waiting *w, int r, enum naming named)
{
        if (r == -EACCES)
                return;
        if (w->is_hint)
                pdane_hosts_hint_lost(w->env->hosts, PDANE_HINT_MS);
        else if (named)
                w->settled_ms = 0;
}

static void
add_name(struct pdane_waiting *w, const struct pdane_name *name, enum naming named)
{
        for (size_t p = 0; p < w->env->n_ports; p++) {
                struct pdane_host *h = NULL;
                int r = pdane_hosts_touch(w->env->hosts, name, w->env->ports[p], &h);
                if (r < 0) {
                        note_untouched(w, r, named);
                        continue;
                }
                if (w->is_hint)
                        pdane_host_hinted(h, PDANE_HINT_MS);
                if (w->unknown)
                        pdane_host_surprised(h, named,
                                             named ? NAMED_PAUSE_MS : PDANE_HINTED_PAUSE_MS);
                if (w->is_hint && w->done)
                        pdane_host_look_again(h, LOOK_PAUSE_MS);
                if (named || w->is_hint)
                        pdane_host_claim(h, w->uid);
                if (pdane_host_running(h) && (!w->is_hint || w->done))
                        add_candidate(w, h, named);
                if (named && pdane_host_settled_ms(h) < w->settled_ms)
                        w->settled_ms = pdane_host_settled_ms(h);
        }
}

static void
add_named(struct pdane_waiting *w)
{
        struct pdane_name names[PDANE_DN_HOSTS_MAX];
        size_t by_issuer = 0, n = collect_names(&w->q, names, &by_issuer);
        for (size_t i = 0; i < n; i++)
                add_name(w, &names[i], i < by_issuer ? BY_ISSUER : BY_SUBJECT);
}

static void
add_hinted(struct pdane_waiting *w, uid_t uid)
{
        struct pdane_name names[PDANE_HINTS_LOOKED_AT];
        size_t n = pdane_hints_recent(w->env->hints, uid, pdane_clock_ms(), names,
                                      PDANE_HINTS_LOOKED_AT);
        for (size_t i = 0; i < n; i++)
                add_name(w, &names[i], UNNAMED);
}

/* A watched host is waited for in its first lookup, and when evidence that ran out is renewed; but
 * one that fails again and again must not slow every site down, nor one whose evidence still holds.
 */
static void
add_watched(void *arg, struct pdane_host *h)
{
        if (pdane_host_running(h) && !pdane_host_failed(h) && !pdane_host_has_evidence(h))
                add_candidate(arg, h, UNNAMED);
}

/* ---- waiting ---- */

/*
 * A self-signed certificate names its host at the first question. When the first to wait was about
 * something else, and only a later one names the host as a subject, it may be any public site, which
 * verifiers look at issuer first: that does not make the time longer.
 */
static bool
is_telling(const struct candidate *c)
{
        return c->named == BY_ISSUER ||
               (c->named == BY_SUBJECT && pdane_host_waited_by_name(c->waiter.host));
}

/*
 * How much longer this candidate's lookup deserves to be waited for. The time runs from when
 * somebody first waited for this lookup: a hint begins it long before the first question, and one
 * verification asks several different questions about the same host.
 */
static int64_t
patience(const struct pdane_waiting *w, const struct candidate *c)
{
        const struct pdane_host *h = c->waiter.host;
        if (!h || !pdane_host_running(h))
                return 0;
        unsigned ms = is_telling(c) ? w->env->name_deadline_ms : w->env->hint_deadline_ms;
        if (w->is_hint ? pdane_host_looked(h) : w->by_subject && pdane_host_has_evidence(h))
                return 0; /* it has what it is waited for; what else it may find is for other
                             questions */
        if (pdane_host_has_tlsa(h))
                ms = w->env->deadline_ms;
        return pdane_host_waited_ms(h) + ms - pdane_clock_ms();
}

/* Milliseconds that this question still waits; 0 when nothing that is under way is worth it. */
static int64_t
time_left(const struct pdane_waiting *w)
{
        int64_t most = 0;
        for (size_t i = 0; i < w->n_candidates; i++) {
                int64_t p = patience(w, &w->candidates[i]);
                if (p > most)
                        most = p;
        }
        return most;
}

/*
 * Is there something to say at last? One certificate is enough where one is meant. Of the CAs with
 * one subject the one that matters may be yet to come: a host's anchor does nothing for the next
 * host below the same CA.
 */
static bool
is_answered(const struct pdane_waiting *w, const struct pdane_answer_set *set)
{
        return !w->is_hint && !w->by_subject && set->answer.n_items > 0;
}

static void
build(const struct pdane_waiting *w, struct pdane_answer_set *set)
{
        pdane_answer_build(w->env->store, w->env->merger, &w->q, w->env->legacy_sha1,
                           pdane_clock_wall(), set);
}

void
pdane_waiting_cancel(struct pdane_waiting *w)
{
        if (!w)
                return;
        for (size_t i = 0; i < w->n_candidates; i++)
                pdane_host_unwait(&w->candidates[i].waiter);
        if (w->timer)
                event_free(w->timer);
        free(w->candidates);
        free(w->bytes);
        free(w);
}

static void
set_timer(struct pdane_waiting *w, int64_t ms)
{
        const struct timeval tv = {ms / 1000, (ms % 1000) * 1000};
        evtimer_add(w->timer, &tv);
}

/* A lookup that could have decided it is still under way. */
static bool
is_late(const struct pdane_waiting *w)
{
        for (size_t i = 0; i < w->n_candidates; i++) {
                const struct pdane_host *h = w->candidates[i].waiter.host;
                if (h && pdane_host_running(h) && time_left(w) <= 0)
                        return true;
        }
        return false;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_waiting *w = arg;
        struct pdane_answer_set set;
        uint8_t reply[PDANE_WIRE_MAX_REPLY];
        size_t len = 0;
        (void)fd;
        (void)what;

        int64_t left = time_left(w);
        build(w, &set);
        if (left > 0 && !is_answered(w, &set)) {
                set_timer(w, left);
                return;
        }
        if (!w->is_hint)
                pdane_account_answer(w->env, w->uid, &w->q, &set,
                                     is_late(w) ? PDANE_ACCOUNT_LATE : PDANE_ACCOUNT_WAITED);
        if (w->is_hint && w->env->visiting)
                w->env->visiting(w->env->visiting_arg, &w->hinted);
        if (w->is_hint || pdane_answer_encode(&set.answer, reply, sizeof reply, &len) < 0)
                len = 0;
        w->done(w->arg, reply, len);
        pdane_waiting_cancel(w);
}

/* ---- start ---- */

static struct pdane_bytes
copy_into(uint8_t **at, struct pdane_bytes b)
{
        if (!b.data)
                return b;
        memcpy(*at, b.data, b.len);
        struct pdane_bytes copy = {*at, b.len};
        *at += b.len;
        return copy;
}

static struct pdane_waiting *
new_waiting(const struct pdane_question_env *env, const struct pdane_question *q)
{
        struct pdane_waiting *w = calloc(1, sizeof *w);
        if (!w)
                return NULL;
        w->env = env;
        w->timer = evtimer_new(env->base, on_timer, w);
        w->bytes = malloc(q->issuer.len + q->serial.len + q->subject.len + q->value.len + 1);
        w->cap_candidates = CANDIDATES_MAX;
        w->candidates = calloc(w->cap_candidates, sizeof *w->candidates);
        if (!w->timer || !w->bytes || !w->candidates) {
                pdane_waiting_cancel(w);
                return NULL;
        }
        uint8_t *at = w->bytes;
        w->q.client = q->client;
        w->q.issuer = copy_into(&at, q->issuer);
        w->q.serial = copy_into(&at, q->serial);
        w->q.subject = copy_into(&at, q->subject);
        w->q.value = copy_into(&at, q->value);
        return w;
}

/* Only a question for one certificate can be about one that is not known; others browse. */
static bool
means_unknown(const struct pdane_question_env *env, const struct pdane_question *q)
{
        const struct pdane_wanted w = {q->issuer, q->serial, {NULL, 0}, q->value};
        struct pdane_found found;
        bool one = (q->issuer.data && q->serial.data) || q->value.data;
        return one && pdane_store_find(env->store, &w, pdane_clock_wall(), &found, 1) == 0;
}

/* A "no" that was given at once says how long the names in the question give no reason to ask
 * again. */
static void
note_settled(const struct pdane_waiting *w, struct pdane_answer *a)
{
        int64_t s = w->settled_ms / 1000;
        if (a->n_items == 0 && s > PDANE_REMEMBER_NO_S)
                a->remember_s = (uint32_t)s;
}

int
pdane_question_ask(const struct pdane_question_env *env, uid_t uid, const struct pdane_question *q,
                   uint8_t *reply, size_t cap, size_t *ret_len, struct pdane_waiting **ret_waiting,
                   uint32_t *ret_wait_ms, void (*done)(void *arg, const uint8_t *reply, size_t len),
                   void *arg)
{
        struct pdane_answer_set set;
        bool by_subject = q->subject.data && !q->serial.data && !q->value.data;
        *ret_waiting = NULL;
        pdane_answer_build(env->store, env->merger, q, env->legacy_sha1, pdane_clock_wall(), &set);
        if (set.answer.n_items > 0 && !by_subject) {
                pdane_account_answer(env, uid, q, &set, PDANE_ACCOUNT_AT_ONCE);
                return pdane_answer_encode(&set.answer, reply, cap, ret_len);
        }

        struct pdane_waiting *w = new_waiting(env, q);
        if (!w)
                return -ENOMEM;
        w->done = done;
        w->arg = arg;
        w->uid = uid;
        w->by_subject = by_subject;
        w->unknown = means_unknown(env, q);
        w->settled_ms = PDANE_REMEMBER_SETTLED_S * INT64_C(1000);
        add_named(w);
        add_hinted(w, uid);
        pdane_hosts_each_watched(env->hosts, add_watched, w);
        int64_t left = time_left(w);
        if (left <= 0) {
                note_settled(w, &set.answer);
                pdane_account_answer(env, uid, q, &set, PDANE_ACCOUNT_AT_ONCE);
                pdane_waiting_cancel(w);
                return pdane_answer_encode(&set.answer, reply, cap, ret_len);
        }
        set_timer(w, left);
        *ret_waiting = w;
        *ret_wait_ms = env->deadline_ms;
        return 0;
}

int
pdane_question_hint(const struct pdane_question_env *env, uid_t uid, const struct pdane_name *name,
                    struct pdane_waiting **ret_waiting, uint32_t *ret_wait_ms,
                    void (*done)(void *arg, const uint8_t *reply, size_t len), void *arg)
{
        const struct pdane_question none = {.client = 0};
        int r = pdane_hints_add(env->hints, uid, name, pdane_clock_ms());
        struct pdane_waiting *w = r == 0 ? new_waiting(env, &none) : NULL;
        *ret_waiting = NULL;
        if (!w)
                return -ENOMEM;
        w->uid = uid;
        pdane_account_hint(env);
        w->is_hint = true;
        w->hinted = *name;
        w->done = done;
        w->arg = arg;
        add_name(w, name, UNNAMED);
        int64_t left = done ? time_left(w) : 0;
        if (left <= 0) {
                if (done && env->visiting)
                        env->visiting(env->visiting_arg, name);
                pdane_waiting_cancel(w);
                return 0;
        }
        set_timer(w, left);
        *ret_waiting = w;
        *ret_wait_ms = env->deadline_ms;
        return 0;
}
