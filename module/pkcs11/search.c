/* SPDX-License-Identifier: BSD-3-Clause */
/* Puts the layers together for one search. What the daemon says is believed only as far as the
 * template goes. */
#include "search.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "client_kind.h"
#include "clock.h"
#include "connection.h"
#include "module.h"
#include "object.h"
#include "template.h"

struct search {
        CK_SESSION_HANDLE session;
        const CK_ATTRIBUTE *t;
        CK_ULONG n;
        struct pdane_plan plan;
};

/* What came of a question, when the daemon was asked. */
struct outcome {
        uint64_t asked_ms;
        uint64_t epoch; /* of the table then */
        int error;      /* 0: answer is valid and points into reply */
        struct pdane_reply reply;
        struct pdane_answer answer;
};

/*
 * Whether this process has ever asked for a CKO_TRUST. One that has gets its answers there, with a
 * SHA-256, and never on CKO_NSS_TRUST, whose SHA-1 an attacker who writes both certificates can
 * make collide.
 */
static atomic_bool asked_for_trust;

static bool
class_is_open(CK_OBJECT_CLASS class)
{
        if (class == PDANE_CKO_TRUST)
                atomic_store(&asked_for_trust, true);
        return class != PDANE_CKO_NSS_TRUST || !atomic_load(&asked_for_trust);
}

/* Whether anyone is to be asked at all; sets the client of the question. */
static bool
is_ours(struct pdane_plan *plan)
{
        struct pdane_mapped mapped = {0};

        if (plan->has_class && !class_is_open(plan->class))
                return false;
        if (!plan->worthwhile)
                return false;
        /* What is mapped makes no difference then, and the loader's lock may hang in a forked
         * child. */
        if (!plan->by_gnutls)
                mapped = pdane_mapped_scan();
        return pdane_client_kind(&mapped, plan->by_gnutls, &plan->question.client);
}

static int
encode(const struct pdane_question *q, uint8_t **ret_data, size_t *ret_len)
{
        /* Each field has a head of four bytes; two of them are one byte. */
        size_t cap = PDANE_WIRE_HEADER + 6 * 4u + 2 + q->issuer.len + q->serial.len +
                     q->subject.len + q->value.len;
        uint8_t *data = malloc(cap);
        int r;

        if (!data)
                return -ENOMEM;
        r = pdane_question_encode(q, data, cap, ret_len);
        if (r < 0) {
                free(data);
                return r;
        }
        *ret_data = data;
        return 0;
}

static void
ask(const char *path, const struct pdane_question *q, struct outcome *o)
{
        const struct pdane_connection_options options = {path, PDANE_FIRST_WORD_MS, PDANE_TOTAL_MS};
        uint8_t *request;
        size_t len;

        o->error = encode(q, &request, &len);
        if (o->error < 0)
                return;
        o->error = pdane_connection_ask(&options, request, len, &o->reply);
        free(request);
        if (o->error == 0)
                o->error = pdane_answer_decode(o->reply.data, o->reply.len, &o->answer);
}

/* Remembers what came of the question; the lock is held. NULL: nothing to be found, nothing kept.
 */
static const struct pdane_remembered *
remember_inlock(struct pdane_module *m, const struct pdane_question *q, const struct outcome *o)
{
        uint64_t now_ms = pdane_clock_now_ms();

        switch (o->error) {
        case 0:
                pdane_patience_met(&m->patience);
                if (o->reply.table_fd > 0)
                        pdane_published_take(&m->published, o->reply.table_fd);
                /* Less says nothing of names (docs/protocol.md). */
                if (o->answer.n_items == 0 && o->answer.remember_s * 1000ull > PDANE_HOLD_MIN_MS)
                        pdane_published_settle(&m->published, q, o->epoch,
                                               o->answer.remember_s * 1000ull, o->asked_ms);
                return pdane_memory_store(&m->memory, q, &o->answer,
                                          pdane_memory_hold_ms(q, &o->answer), now_ms);
        case -ENOMEM:
        case -EMFILE:
        case -ENFILE:
                /* This process's trouble, not the daemon's: the next question may do better. */
                return NULL;
        case -ETIMEDOUT:
                pdane_patience_missed(&m->patience, o->asked_ms, now_ms);
                return pdane_memory_store(&m->memory, q, NULL, PDANE_HOLD_MIN_MS, now_ms);
        case -ENOENT:
        case -ECONNREFUSED:
                pdane_patience_absent(&m->patience, now_ms);
                return pdane_memory_store(&m->memory, q, NULL, PDANE_HOLD_FAILURE_MS, now_ms);
        default:
                return pdane_memory_store(&m->memory, q, NULL, PDANE_HOLD_FAILURE_MS, now_ms);
        }
}

/* Ends the search with the objects among what is remembered (NULL: none) that match; the lock is
 * held. */
static int
finish_inlock(struct pdane_module *m, const struct search *s, const struct pdane_remembered *known)
{
        CK_OBJECT_HANDLE found[PDANE_ANSWER_MAX_ITEMS];
        CK_OBJECT_CLASS class = s->plan.class;
        unsigned n = 0;

        for (size_t i = 0; known && i < known->n_items; i++) {
                struct pdane_item item = pdane_held_item(known->items[i]);

                if (!pdane_object_matches(class, &item, s->t, s->n))
                        continue;
                if (pdane_object_table_put(&m->objects, class, known->items[i], &found[n]) == 0)
                        n++;
                /* GnuTLS reads an attribute of the last object of a search for the first (3.7.9
                 * to 3.8.9). */
                if (n == 1 && s->plan.by_gnutls)
                        break;
        }
        return pdane_session_found(&m->sessions, s->session, found, n);
}

/*
 * What needs no question: what is remembered, and what the daemon has published; and nobody is
 * asked while there is nobody. A "no" of either is remembered like one of the daemon's own: it must
 * not flip in the middle of a verification. False: the daemon is to be asked. The lock is held.
 */
static bool
is_known_inlock(struct pdane_module *m, const struct pdane_question *q, uint64_t now_ms,
                const struct pdane_remembered **ret_known)
{
        static const struct pdane_answer none;

        *ret_known = pdane_memory_find(&m->memory, q, now_ms);
        if (*ret_known)
                return true;
        if (!pdane_patience_allows(&m->patience, now_ms)) {
                (void)pdane_memory_store(&m->memory, q, NULL, PDANE_HOLD_FAILURE_MS, now_ms);
                return true;
        }
        if (!pdane_published_says_no(&m->published, q, now_ms))
                return false;
        if (pdane_memory_hold_ms(q, &none) > 0)
                (void)pdane_memory_store(&m->memory, q, NULL, pdane_memory_hold_ms(q, &none),
                                         now_ms);
        return true;
}

/* Asks the daemon, with the lock given back meanwhile, and ends the search. */
static int
ask_and_finish(const struct search *s, const char *path, uint64_t epoch, uint64_t now_ms)
{
        struct pdane_module *m = NULL;
        struct outcome o = {.asked_ms = now_ms, .epoch = epoch};
        int r, cancel;

        /* A thread that is cancelled on the way would leave its descriptor open, or the lock taken.
         */
        (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
        ask(path, &s->plan.question, &o);
        r = pdane_module_enter(&m);
        if (r == 0)
                r = finish_inlock(m, s, remember_inlock(m, &s->plan.question, &o));
        pdane_module_leave(&m);
        pdane_reply_free(&o.reply);
        (void)pthread_setcancelstate(cancel, NULL);
        return r;
}

int
pdane_search_start(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *t, CK_ULONG n)
{
        __attribute__((cleanup(pdane_module_leave))) struct pdane_module *m = NULL;
        struct search s = {.session = session, .t = t, .n = n};
        char path[sizeof(m->socket_path)];
        const struct pdane_remembered *known;
        uint64_t now_ms, epoch;
        bool ours;
        int r = pdane_template_read(t, n, &s.plan);

        if (r == 0 && !pdane_module_started())
                r = -ENOTCONN;
        if (r < 0)
                return r;
        ours = is_ours(&s.plan);
        r = pdane_module_enter(&m);
        if (r < 0)
                return r;
        r = pdane_session_begin(&m->sessions, session);
        if (r < 0)
                return r;
        if (!ours)
                return finish_inlock(m, &s, NULL);
        now_ms = pdane_clock_now_ms();
        if (is_known_inlock(m, &s.plan.question, now_ms, &known))
                return finish_inlock(m, &s, known);
        s.plan.question.wants_table = pdane_published_wanted(&m->published);
        epoch = pdane_published_epoch(&m->published);
        memcpy(path, m->socket_path, sizeof(path));
        pdane_module_leave(&m);
        return ask_and_finish(&s, path, epoch, now_ms);
}
