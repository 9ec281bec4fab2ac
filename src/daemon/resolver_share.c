/* SPDX-License-Identifier: BSD-3-Clause */
#include "daemon/resolver_share.h"

void
pdane_dns_shares_init(struct pdane_dns_shares *s)
{
        pdane_tally_init(&s->tally, s->users, PDANE_DNS_USERS_MAX);
}

bool
pdane_dns_shares_take(struct pdane_dns_shares *s, uid_t uid, bool goes_on)
{
        if (uid == PDANE_DNS_NOBODY)
                return true;
        unsigned has = pdane_tally_of(&s->tally, uid);
        if (!goes_on && has + s->tally.total >= PDANE_DNS_SHARED && has >= PDANE_DNS_FEW)
                return false;
        pdane_tally_add(&s->tally, uid);
        return true;
}

void
pdane_dns_shares_give(struct pdane_dns_shares *s, uid_t uid)
{
        if (uid != PDANE_DNS_NOBODY)
                pdane_tally_remove(&s->tally, uid);
}
