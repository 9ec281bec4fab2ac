/* SPDX-License-Identifier: BSD-3-Clause */
/* Two short lists: of the lookups under way, and of the users who have any (a place for each: there
 * are no more users than lookups). They are gone through only where there is no room. */
#include "daemon/hosts_share.h"

#include "daemon/clock.h"
#include "daemon/hosts_impl.h"

void
pdane_shares_init(struct pdane_shares *s)
{
        pdane_tally_init(&s->tally, s->users, PDANE_RUNS_MAX);
}

void
pdane_hosts_set_asker(struct pdane_hosts *hs, uid_t uid, unsigned max)
{
        hs->asker = uid;
        hs->asker_max = max;
}

/* When the last question has lost its patience with the lookup (question.c), at the latest. */
static int64_t
patience_ends_ms(const struct pdane_host *h)
{
        int64_t from = h->waited_ms > h->started_ms ? h->waited_ms : h->started_ms;
        return from + (h->has_tlsa ? PDANE_RUN_SLOW_TLSA_MS : PDANE_RUN_SLOW_MS);
}

/* Who wants to begin one more, and how many there are now. */
struct want {
        const struct pdane_tally *tally;
        unsigned has, most; /* of theirs, and of whoever has most */
};

/* Of whoever has most, if that is so much more that the loser has no fewer afterwards. */
static bool
is_too_much(const struct want *w, const struct pdane_host *h)
{
        return w->most >= w->has + 2 && pdane_tally_of(w->tally, h->run_for) == w->most;
}

/* Where there are as many users as places, or nearly so: what nobody waits for, of somebody with
 * more. */
static bool
is_idle(const struct want *w, const struct pdane_host *h)
{
        return patience_ends_ms(h) <= pdane_clock_ms() && pdane_tally_of(w->tally, h->run_for) > w->has;
}

/* The lookup that makes room, of those the one whose patience ends first. NULL: none does. */
static struct pdane_host *
find(struct pdane_shares *s, uid_t uid)
{
        const struct want w = {.tally = &s->tally,
                               .has = pdane_tally_of(&s->tally, uid),
                               .most = pdane_tally_most(&s->tally)};
        struct pdane_host *best = NULL;
        for (size_t i = 0; i < s->n_running; i++) {
                struct pdane_host *h = s->running[i];
                if ((!best || patience_ends_ms(h) < patience_ends_ms(best)) &&
                    (is_too_much(&w, h) || is_idle(&w, h)))
                        best = h;
        }
        return best;
}

/*
 * Somebody with fewer lookups waits for this one, too: it becomes theirs, as if they had begun it.
 * Otherwise whoever begins the lookup of somebody else's host, and then many more, could have it
 * ended.
 */
static bool
hand_over(struct pdane_shares *s, struct pdane_host *h)
{
        const struct pdane_host_waiter *w;
        unsigned least = pdane_tally_of(&s->tally, h->run_for);
        uid_t to = PDANE_ASKER_NOBODY;
        LIST_FOREACH (w, &h->waiters, entries) {
                if (w->uid != PDANE_WAITER_NOBODY && pdane_tally_of(&s->tally, w->uid) + 1 < least) {
                        least = pdane_tally_of(&s->tally, w->uid) + 1;
                        to = w->uid;
                }
        }
        if (to == PDANE_ASKER_NOBODY)
                return false;
        pdane_tally_remove(&s->tally, h->run_for);
        h->run_for = to;
        pdane_tally_add(&s->tally, to);
        return true;
}

/* Room for one more of this user's. Each turn ends a lookup, or makes shares more equal. */
static bool
make_room(struct pdane_hosts *hs, uid_t uid, unsigned max)
{
        struct pdane_shares *s = &hs->shares;
        if (uid != PDANE_ASKER_NOBODY && pdane_tally_of(&s->tally, uid) >= max)
                return false;
        for (unsigned i = 0; s->n_running == PDANE_RUNS_MAX && i < 2 * PDANE_RUNS_MAX; i++) {
                struct pdane_host *h = find(s, uid);
                if (!h)
                        return false;
                if (!hand_over(s, h))
                        pdane_host_give_way(h);
        }
        return s->n_running < PDANE_RUNS_MAX;
}

bool
pdane_host_run_begins(struct pdane_host *h)
{
        struct pdane_hosts *hs = h->table;
        struct pdane_shares *s = &hs->shares;
        uid_t uid = hs->asker;
        unsigned max = hs->asker_max;
        if (uid == PDANE_ASKER_NOBODY && !h->watched) {
                uid = h->run_for;
                max = PDANE_RUNS_PER_UID_MAX;
        }
        if (!make_room(hs, uid, max))
                return false;
        pdane_tally_add(&s->tally, uid);
        h->run_for = uid;
        s->running[s->n_running++] = h;
        return true;
}

void
pdane_host_run_ended(struct pdane_host *h)
{
        struct pdane_shares *s = &h->table->shares;
        for (size_t i = 0; i < s->n_running; i++) {
                if (s->running[i] == h) {
                        s->running[i] = s->running[--s->n_running];
                        break;
                }
        }
        pdane_tally_remove(&s->tally, h->run_for);
}
