/* SPDX-License-Identifier: BSD-3-Clause */
/* What is trusted now, as far as a user may see it. One thread. */
#ifndef PDANE_LIST_H
#define PDANE_LIST_H

#include "daemon/control.h"

/* As pdane_control_start(). Every host that is known when it begins and still is when its turn
 * comes is told of once, as it is by then; no faster than they are taken. */
int pdane_list_start(struct pdane_control_env *env, uid_t uid,
                     const struct pdane_control_request *rq, const struct pdane_sink *sink,
                     struct pdane_control_work **ret);

#endif
