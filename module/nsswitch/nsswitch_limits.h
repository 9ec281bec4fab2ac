/* SPDX-License-Identifier: BSD-3-Clause */
/* Every bound and every time of the name-service plugin, by name. What it shares with the PKCS#11
 * module is in channel_limits.h. */
#ifndef PDANE_NSSWITCH_LIMITS_H
#define PDANE_NSSWITCH_LIMITS_H

#include "channel_limits.h"
#include "common/limits.h"

#define PDANE_TELL_MS 100u /* until the daemon accepts a hint whose sender does not wait */
#define PDANE_TAKEN_MS 1000u /* until it has taken one; as long as its table holds */
#define PDANE_TELL_TOTAL_MS                                                                        \
        5000u /* until a program that waits goes on, whatever the daemon announces */
#define PDANE_TELL_REPLY_MAX 512u /* bytes of a message to the plugin */
#define PDANE_REPEAT_MS 1000u     /* the same name again within that time is not told again */
#define PDANE_RECENT_MAX 32u      /* names that are remembered for that */
#define PDANE_LOCK_TRIES 100u     /* then one does without what is remembered */

#endif
