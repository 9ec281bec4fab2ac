/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of hosts is forgotten, as far as it is a user's to forget. One thread. */
#ifndef PDANE_FLUSH_H
#define PDANE_FLUSH_H

#include "daemon/control.h"

/* As pdane_control_start(). What was known when it began is gone when END is sent. */
int pdane_flush_start(struct pdane_control_env *env, uid_t uid,
                      const struct pdane_control_request *rq, const struct pdane_sink *sink,
                      struct pdane_control_work **ret);

#endif
