/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host explained: by the report of the lookup that decided about it. One is begun, or waited for,
 * where there is none. One thread.
 */
#ifndef PDANE_CHECK_H
#define PDANE_CHECK_H

#include "daemon/control.h"

#define PDANE_CHECKS_ALONE_MAX 16u /* lookups at once that only explain: ports not configured */

/* As pdane_control_start. */
int pdane_check_start(struct pdane_control_env *env, uid_t uid,
                      const struct pdane_control_request *rq, const struct pdane_sink *sink,
                      struct pdane_control_work **ret);

/* Ends every lookup that is a check's own, with "busy": what they use is about to go. */
void pdane_checks_drop(struct pdane_control_env *env);

#endif
