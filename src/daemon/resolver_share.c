/* SPDX-License-Identifier: BSD-3-Clause */
/* A short list of the users who have any. */
#include "daemon/resolver_share.h"

static struct pdane_dns_share *
share_of(struct pdane_dns_shares *s, uid_t uid)
{
        for (size_t i = 0; i < s->n_users; i++)
                if (s->users[i].uid == uid)
                        return &s->users[i];
        return NULL;
}

unsigned
pdane_dns_shares_of(struct pdane_dns_shares *s, uid_t uid)
{
        const struct pdane_dns_share *share = share_of(s, uid);
        return share ? share->n : 0;
}

bool
pdane_dns_shares_take(struct pdane_dns_shares *s, uid_t uid, bool goes_on)
{
        struct pdane_dns_share *share = share_of(s, uid);
        unsigned has = share ? share->n : 0;
        if (uid == PDANE_DNS_NOBODY)
                return true;
        if (!goes_on && has + s->total >= PDANE_DNS_SHARED && has >= PDANE_DNS_FEW)
                return false;
        if (!share) {
                if (s->n_users == PDANE_DNS_USERS_MAX)
                        return true;
                share = &s->users[s->n_users++];
                *share = (struct pdane_dns_share){uid, 0};
        }
        share->n++;
        s->total++;
        return true;
}

void
pdane_dns_shares_give(struct pdane_dns_shares *s, uid_t uid)
{
        struct pdane_dns_share *share = share_of(s, uid);
        if (!share)
                return;
        s->total--;
        if (--share->n == 0)
                *share = s->users[--s->n_users];
}
