/* SPDX-License-Identifier: BSD-3-Clause */
/* Every bound and every time of the PKCS#11 module, by name. What is on the wire has its bounds in
 * limits.h. */
#ifndef PDANE_MODULE_LIMITS_H
#define PDANE_MODULE_LIMITS_H

#include "channel_limits.h"
#include "common/limits.h"

/* What a client may hold open. */
#define PDANE_SESSIONS_MAX 1024u /* GnuTLS opens one per lookup and thread */
#define PDANE_TEMPLATE_MAX 64u   /* attributes in one search; a longer template finds nothing */
#define PDANE_OBJECTS_MAX 256u   /* object handles that stay usable; the least recently used goes */
#define PDANE_OBJECTS_BYTES 524288u /* what they may hold together */

/* What is remembered of the daemon's answers. */
#define PDANE_MEMORY_ENTRIES 256u  /* questions; the least recently used goes */
#define PDANE_MEMORY_BYTES 262144u /* questions and answers together; the largest answer fits */
#define PDANE_HOLD_MIN_MS                                                                          \
        5000u /* one verification asks 6 to 12 times and must not see an answer flip */
#define PDANE_HOLD_MAX_MS 300000u   /* a positive answer is asked for again after that */
#define PDANE_HOLD_FAILURE_MS 1000u /* no daemon, or garbage: a burst of questions tries once */

/* What is remembered of distinguished names beside the daemon's table. */
#define PDANE_SETTLED_MAX 512u       /* names; a multiple of the places that one may take */
#define PDANE_SETTLED_WAYS 4u        /* which are these: one look-up touches them all */
#define PDANE_SETTLED_MAX_MS 600000u /* whatever the daemon says */

/* How long the daemon is waited for; the rest is in channel_limits.h. */
#define PDANE_TOTAL_MS 10000u /* until it must have answered, whatever it announces */

#endif
