/* SPDX-License-Identifier: BSD-3-Clause */
/* What the owner of a site does about each reason that a client or DANE itself refuses for. Decides
 * nothing. */
#ifndef PDANE_JUDGE_MEND_H
#define PDANE_JUDGE_MEND_H

#include <stddef.h>

#include "trust/verdict.h"

/* Each a sentence without a capital and a full stop; "" when there is nothing to do. Never NULL. */
const char *pdane_judge_mend_reason(enum pdane_reason r);
const char *pdane_judge_mend_check(size_t check); /* of pdane_judge_client_objects */
const char *pdane_judge_mend_offer(void);         /* nothing can be handed out for it */

#endif
