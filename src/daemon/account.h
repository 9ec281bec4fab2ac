/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keeps account of questions and hints: in numbers, in events, and in who may see which host. It
 * has no say in any answer. One thread.
 */
#ifndef PDANE_ACCOUNT_H
#define PDANE_ACCOUNT_H

#include "daemon/answer.h"
#include "daemon/question.h"

enum pdane_account {
        PDANE_ACCOUNT_AT_ONCE = 0,
        PDANE_ACCOUNT_WAITED,
        PDANE_ACCOUNT_LATE, /* waited, and lookups were still under way when the time was over */
};

/* A question of uid's was answered by set. */
void pdane_account_answer(const struct pdane_question_env *env, uid_t uid,
                          const struct pdane_question *q, const struct pdane_answer_set *set,
                          enum pdane_account how);

/* A program of uid's told a name that it looks up. */
void pdane_account_hint(const struct pdane_question_env *env);

#endif
