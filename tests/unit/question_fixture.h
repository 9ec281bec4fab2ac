/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions to the daemon's core, and what comes of them. */
#ifndef PDANE_TEST_QUESTION_FIXTURE_H
#define PDANE_TEST_QUESTION_FIXTURE_H

#include "core_fixture.h"
#include "daemon/question.h"

#define ME 1001
#define OTHER_USER 1002

extern struct pdane_question_env env; /* the default deadlines, port 443 */
extern uint8_t reply[PDANE_WIRE_MAX_REPLY];
extern size_t reply_len;
extern struct pdane_waiting *waiting; /* NULL: the last one was answered, or at once */
extern uint32_t wait_ms;
extern unsigned done_count;      /* answers that came late */
extern struct pdane_answer late; /* the last of them */

int question_setup(void **state);
struct pdane_question question(void); /* for core.leaf, by issuer and serial */

/* Asks; an answer that came at once is in *ret. True when it did. */
bool ask(struct pdane_question q, struct pdane_answer *ret);
void on_done(void *arg, const uint8_t *data, size_t len);

/* Runs until the waiting question is answered; its own timers are real, so they are kept short. */
void run_until_done(void);

void hint(uid_t uid, const char *host, bool wait);

#endif
