/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the command line asks: which request is answered by what, and with whose rights. Knows no
 * sockets. One thread.
 */
#ifndef PDANE_CONTROL_H
#define PDANE_CONTROL_H

#include "common/wire_report.h"
#include "daemon/budget.h"
#include "daemon/question.h"

struct pdane_status;
struct pdane_events;

/* A reply that is not complete yet: the head of what whoever answers keeps of it. */
struct pdane_control_work {
        void (*cancel)(struct pdane_control_work *w); /* frees it */
        LIST_ENTRY(pdane_control_work) entries;       /* of whoever answers */
};

/* What requests need, all zero for a start but for the pointers. budget, alone and n_checks belong
 * to whoever answers them. */
struct pdane_control_env {
        const struct pdane_question_env *questions;
        const struct pdane_status *status; /* NULL: there is none to tell */
        struct pdane_events *events;       /* NULL: nothing can be watched */
        struct pdane_budget budget;
        LIST_HEAD(, pdane_control_work) alone; /* checks with a lookup of their own ... */
        size_t n_alone;                        /* ... and how many */
};

/* Where a reply goes. Neither may free what calls it; end is called once, last, from the event loop
 * or from inside pdane_control_start. */
struct pdane_sink {
        void (*send)(void *arg, const uint8_t *data, size_t len);
        void (*end)(void *arg);
        void *arg;
        bool (*full)(void *arg); /* who sends much had better wait; NULL: never */
};

/*
 * Answers rq for uid. rq's bytes are copied. *ret becomes what is under way (end comes later), or
 * NULL (end was called). 0, or -ENOMEM: nothing was sent and end not called.
 */
int pdane_control_start(struct pdane_control_env *env, uid_t uid,
                        const struct pdane_control_request *rq, const struct pdane_sink *sink,
                        struct pdane_control_work **ret);
void pdane_control_cancel(struct pdane_control_work *w); /* NULL-safe; nothing is sent after this */

/* For those who answer. */
void pdane_sink_part(const struct pdane_sink *s, const struct pdane_part *p);
void pdane_sink_error(const struct pdane_sink *s, const char *word); /* final, then end */
void pdane_sink_end(const struct pdane_sink *s, uint32_t number);    /* END, then end */

#endif
