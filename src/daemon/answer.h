/* SPDX-License-Identifier: BSD-3-Clause */
/* From a question and the evidence that is valid now to the objects that this kind of client is
 * handed. */
#ifndef PDANE_ANSWER_H
#define PDANE_ANSWER_H

#include "common/wire.h"
#include "daemon/merge.h"
#include "daemon/store.h"

/* How long a client may repeat an answer to itself. */
#define PDANE_REMEMBER_NO_S 5u
#define PDANE_REMEMBER_YES_S 60u
#define PDANE_REMEMBER_SETTLED_S 600 /* at most, that names suggest no host to look up */

/* An answer and what its items point to besides the evidence in the store. */
struct pdane_answer_set {
        struct pdane_answer answer;
        char labels[PDANE_ANSWER_MAX_ITEMS][PDANE_LABEL_MAX + 1];
};

/*
 * Makes the anchors that it offers, if they are not there yet, and merges those of one authority
 * through m when the question is by subject. Fills *ret; its items
 * borrow from the evidence in s and from *ret itself, until the store next changes. now: seconds
 * since 1970. Without anything to offer the answer has no items. It does no I/O and cannot fail:
 * what does not fit is left out.
 */
void pdane_answer_build(struct pdane_store *s, struct pdane_merger *m,
                        const struct pdane_question *q, bool legacy_sha1, int64_t now,
                        struct pdane_answer_set *ret);

#endif
