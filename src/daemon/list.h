/* SPDX-License-Identifier: BSD-3-Clause */
/* What is trusted now, as far as a user may see it. One thread. */
#ifndef PDANE_LIST_H
#define PDANE_LIST_H

#include "daemon/control.h"

/* Sends the parts; END is the caller's. */
void pdane_list_send(const struct pdane_hosts *hosts, uid_t uid, const struct pdane_sink *sink);

#endif
