/* SPDX-License-Identifier: BSD-3-Clause */
/* A short list of the users who have lookups under way: there are no more of them than lookups. */
#include "daemon/hosts_share.h"

#include "daemon/hosts_impl.h"

static struct pdane_share *
share_of(struct pdane_shares *s, uid_t uid)
{
        for (size_t i = 0; i < s->n_users; i++)
                if (s->of[i].uid == uid)
                        return &s->of[i];
        return NULL;
}

void
pdane_hosts_set_asker(struct pdane_hosts *hs, uid_t uid, unsigned max)
{
        hs->asker = uid;
        hs->asker_max = max;
}

bool
pdane_host_run_begins(struct pdane_host *h)
{
        struct pdane_hosts *hs = h->table;
        struct pdane_share *share = share_of(&hs->shares, hs->asker);
        if (hs->running >= PDANE_RUNS_MAX)
                return false;
        if (hs->asker != PDANE_ASKER_NOBODY && share && share->n >= hs->asker_max)
                return false;
        if (!share) {
                share = &hs->shares.of[hs->shares.n_users++];
                *share = (struct pdane_share){hs->asker, 0};
        }
        share->n++;
        h->run_for = hs->asker;
        hs->running++;
        return true;
}

void
pdane_host_run_ended(struct pdane_host *h)
{
        struct pdane_hosts *hs = h->table;
        struct pdane_share *share = share_of(&hs->shares, h->run_for);
        hs->running--;
        if (share && --share->n == 0)
                *share = hs->shares.of[--hs->shares.n_users];
}
