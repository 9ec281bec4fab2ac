/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One question from start to answer (design section 5): which hosts could decide it, how long it
 * waits for their lookups, what it is told in the end. Knows no sockets. One thread.
 */
#ifndef PDANE_QUESTION_H
#define PDANE_QUESTION_H

#include "common/wire.h"
#include "daemon/hints.h"
#include "daemon/hosts.h"
#include "daemon/merge.h"

struct event_base;
struct pdane_counters;
struct pdane_events;
struct pdane_waiting;

/* What questions need from the daemon; the deadlines and ports may change between questions. */
struct pdane_question_env {
        struct event_base *base;
        struct pdane_hosts *hosts;
        struct pdane_store *store;
        struct pdane_merger *merger;
        struct pdane_hints *hints;
        const struct pdane_access *access;
        struct pdane_publisher *publisher; /* NULL: there is no table */
        struct pdane_clockwatch *clockwatch; /* NULL: the clock is believed */
        struct pdane_events *events;     /* NULL: nobody is told */
        struct pdane_counters *counters; /* NULL: nothing is counted */
        uint16_t ports[PDANE_PORTS_MAX];
        size_t n_ports;
        unsigned deadline_ms, name_deadline_ms, hint_deadline_ms;
        bool legacy_sha1;
        /* Told of the host just before a hint that waited is answered; NULL: nobody is. */
        void (*visiting)(void *arg, const struct pdane_name *host);
        void *visiting_arg;
};

/*
 * Answers at once when it can: then *ret_waiting is NULL and reply (cap >= PDANE_WIRE_MAX_REPLY)
 * holds the encoded answer. Otherwise *ret_waiting is the waiting question, *ret_wait_ms how long
 * it may take, and done is called once with the encoded answer, from the event loop; the waiting
 * question is gone then. q is copied. 0 or negative errno (then there is no answer, and the caller
 * has to say so).
 */
int pdane_question_ask(const struct pdane_question_env *env, uid_t uid,
                       const struct pdane_question *q, uint8_t *reply, size_t cap, size_t *ret_len,
                       struct pdane_waiting **ret_waiting, uint32_t *ret_wait_ms,
                       void (*done)(void *arg, const uint8_t *reply, size_t len), void *arg);
/*
 * A user's program looks up name: its lookup begins now (uid PDANE_HINT_EVERYONE: in everyone's
 * place). With done, *ret_waiting becomes what waits for its end, or NULL when there is nothing to
 * wait for; done is called with no reply then. Without done nothing waits. 0 or negative errno.
 */
int pdane_question_hint(const struct pdane_question_env *env, uid_t uid,
                        const struct pdane_name *name, struct pdane_waiting **ret_waiting,
                        uint32_t *ret_wait_ms,
                        void (*done)(void *arg, const uint8_t *reply, size_t len), void *arg);

void pdane_waiting_cancel(struct pdane_waiting *w); /* NULL-safe; no callback after this */

#endif
