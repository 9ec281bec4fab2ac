/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What policy has changed for hosts that are known: other lists of domains, or names that are
 * reserved by now. Of the evidence that it takes away none is found from that moment on; to take it
 * away takes many turns of the event loop, a few hosts each.
 */
#include "common/log.h"
#include "daemon/hints.h"
#include "daemon/hosts_impl.h"

/* A name costs microseconds to look up, and a host has several. */
#define COST_RESERVED 24u
#define COST_ACCESS 12u

/* ---- until all have been looked at ---- */

static bool
permits_one(const struct pdane_hosts *hs, const struct pdane_evidence *e)
{
        return pdane_access_domain(hs->env.access, e->of ? e->of->name : e->host) &&
               pdane_access_certificate(hs->env.access, e->leaf) &&
               !pdane_evidence_is_reserved(e, &hs->env.policy);
}

static bool
permits(void *arg, const struct pdane_evidence *e)
{
        for (size_t i = 0; i < e->n_members; i++)
                if (!permits_one(arg, e->members[i]))
                        return false;
        return e->n_members || permits_one(arg, e);
}

/* ---- one host ---- */

static bool
is_denied(const struct pdane_host *h)
{
        return !pdane_access_domain(h->table->env.access, h->name);
}

static void
drop_denied(struct pdane_host *h)
{
        struct pdane_hosts *hs = h->table;
        pdane_run_cancel(h->run);
        if (h->run)
                pdane_host_run_ended(h);
        h->run = NULL;
        pdane_host_set_watched(h, false);
        pdane_host_drop_making(h);
        pdane_reports_drop(hs->reports, &h->report);
        pdane_shelf_clear(&h->shelf);
        pdane_host_plan(h);
        pdane_host_notify(h);
}

static unsigned
check(void *arg, struct pdane_host *h)
{
        struct pdane_hosts *hs = arg;
        unsigned cost = 1;
        if (hs->rechecks_access) {
                cost += COST_ACCESS;
                if (is_denied(h))
                        drop_denied(h);
                else if (pdane_shelf_drop_denied(&h->shelf, hs->env.access))
                        pdane_host_notify(h);
        }
        if (hs->rechecks_reserved && pdane_shelf_left(&h->shelf, 0) != INT64_MAX) {
                cost += COST_RESERVED;
                if (pdane_shelf_drop_reserved(&h->shelf, &hs->env.policy))
                        pdane_log(PDANE_LOG_WARNING,
                                  "event=evidence-dropped host=%s reason=reserved-dn", h->name);
        }
        return cost;
}

/* ---- all ---- */

static void
on_done(void *arg)
{
        struct pdane_hosts *hs = arg;
        pdane_sweep_free(hs->recheck);
        hs->recheck = NULL;
        hs->rechecks_access = hs->rechecks_reserved = false;
        pdane_store_doubt(hs->store, NULL, NULL);
        if (hs->rechecked)
                hs->rechecked(hs->rechecked_arg);
}

static const struct pdane_sweep_job checking = {check, on_done, NULL};

/* What an earlier one has not looked at yet, this one will. */
static void
begin(struct pdane_hosts *hs)
{
        pdane_sweep_free(hs->recheck);
        hs->recheck = NULL;
        pdane_store_doubt(hs->store, permits, hs);
        if (pdane_sweep_new(hs, &checking, hs, &hs->recheck) < 0) {
                struct pdane_host *h;
                TAILQ_FOREACH (h, &hs->by_age, by_age)
                        check(hs, h);
                on_done(hs);
        } else if (pdane_sweep_first(hs->recheck)) {
                on_done(hs);
        }
}

void
pdane_hosts_recheck(struct pdane_hosts *hs)
{
        hs->rechecks_reserved = true;
        begin(hs);
}

void
pdane_hosts_set_access(struct pdane_hosts *hs, const struct pdane_access *access)
{
        hs->env.access = access;
        hs->rechecks_access = true;
        /* Names that were denied until now may be asked for. */
        pdane_hosts_hint_lost(hs, PDANE_HINT_MS);
        pdane_hosts_doubt(hs);
        /* Nothing more is asked about what is denied; one that ends leaves the others' places. */
        for (size_t i = hs->shares.n_running; i-- > 0;)
                if (i < hs->shares.n_running && is_denied(hs->shares.running[i]))
                        drop_denied(hs->shares.running[i]);
        begin(hs);
}

/* ---- after sleep ---- */

static void
on_awake(void *arg)
{
        struct pdane_hosts *hs = arg;
        pdane_sweep_free(hs->waking);
        hs->waking = NULL;
}

static const struct pdane_sweep_job waking = {pdane_host_wake, on_awake, NULL};

void
pdane_hosts_wake(struct pdane_hosts *hs)
{
        on_awake(hs);
        if (pdane_sweep_new(hs, &waking, hs, &hs->waking) < 0) {
                struct pdane_host *h;
                TAILQ_FOREACH (h, &hs->by_age, by_age)
                        (void)pdane_host_wake(hs, h);
        } else if (pdane_sweep_first(hs->waking)) {
                on_awake(hs);
        }
}

void
pdane_hosts_end_sweeps(struct pdane_hosts *hs)
{
        if (hs->recheck)
                pdane_store_doubt(hs->store, NULL, NULL);
        pdane_sweep_free(hs->recheck);
        pdane_sweep_free(hs->waking);
}

bool
pdane_hosts_rechecking(const struct pdane_hosts *hs)
{
        return hs->recheck != NULL;
}

void
pdane_hosts_follow_recheck(struct pdane_hosts *hs, void (*fn)(void *arg), void *arg)
{
        hs->rechecked = fn;
        hs->rechecked_arg = arg;
}
