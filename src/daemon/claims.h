/* SPDX-License-Identifier: BSD-3-Clause */
/* Which users' programs brought a host up: who may see it in lists. One thread. */
#ifndef PDANE_CLAIMS_H
#define PDANE_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PDANE_CLAIMS_MAX 8u /* users who see one host; the one whose claim is oldest goes */

struct pdane_claims {
        uid_t uids[PDANE_CLAIMS_MAX]; /* the latest first */
        uint8_t n;
        bool others; /* somebody's claim was dropped for want of room: it still counts */
};

void pdane_claims_add(struct pdane_claims *c, uid_t uid);
bool pdane_claims_has(const struct pdane_claims *c, uid_t uid);
bool pdane_claims_remove(struct pdane_claims *c, uid_t uid); /* was it there? */
bool pdane_claims_none(const struct pdane_claims *c); /* nobody has one, nor had one dropped */

#endif
