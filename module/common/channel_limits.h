/* SPDX-License-Identifier: BSD-3-Clause */
/* How long either module waits for the daemon, and how long it leaves a silent one alone. */
#ifndef PDANE_CHANNEL_LIMITS_H
#define PDANE_CHANNEL_LIMITS_H

#define PDANE_FIRST_WORD_MS 1000u /* until it says anything at all */
#define PDANE_PENDING_GRACE_MS                                                                     \
        100u                 /* added to what it announces: its timer and ours start apart         \
                              */
#define PDANE_REPLIES_MAX 8u /* messages in one conversation */
#define PDANE_PAUSE_MIN_MS                                                                         \
        5000u /* after it kept silent, nobody asks for that long; then twice as long */
#define PDANE_ABSENT_MS                                                                            \
        100u /* when nobody listens, nobody asks for that long: a verification tries once */
#define PDANE_PAUSE_MAX_MS 60000u /* and at most that long */

#endif
