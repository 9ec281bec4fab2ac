/* SPDX-License-Identifier: BSD-3-Clause */
/* A short list of users. */
#include "daemon/claims.h"

#include <string.h>

bool
pdane_claims_remove(struct pdane_claims *c, uid_t uid)
{
        for (size_t i = 0; i < c->n; i++) {
                if (c->uids[i] != uid)
                        continue;
                c->n--;
                memmove(&c->uids[i], &c->uids[i + 1], (c->n - i) * sizeof *c->uids);
                return true;
        }
        return false;
}

void
pdane_claims_add(struct pdane_claims *c, uid_t uid)
{
        pdane_claims_remove(c, uid);
        if (c->n == PDANE_CLAIMS_MAX) {
                c->n--;
                c->others = true;
        }
        memmove(&c->uids[1], &c->uids[0], c->n * sizeof *c->uids);
        c->uids[0] = uid;
        c->n++;
}

bool
pdane_claims_has(const struct pdane_claims *c, uid_t uid)
{
        for (size_t i = 0; i < c->n; i++)
                if (c->uids[i] == uid)
                        return true;
        return false;
}

bool
pdane_claims_none(const struct pdane_claims *c)
{
        return c->n == 0 && !c->others;
}
