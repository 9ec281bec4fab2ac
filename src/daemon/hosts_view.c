/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts as users may see and forget them: who may is decided here. */
#include <stdio.h>

#include "common/log.h"
#include "daemon/clock.h"
#include "daemon/counters.h"
#include "daemon/events.h"
#include "daemon/hosts_impl.h"

#define ROOT 0

void
pdane_host_claim(struct pdane_host *h, uid_t uid)
{
        pdane_claims_add(&h->claims, uid);
}

bool
pdane_host_shown_to(const struct pdane_host *h, uid_t uid)
{
        return uid == ROOT || pdane_claims_has(&h->claims, uid);
}

void
pdane_host_drop_making(struct pdane_host *h)
{
        pdane_report_unref(h->making);
        h->making = NULL;
}

/* What was found replaces what was found before, unless nothing was and something is still held. */
void
pdane_host_take_report(struct pdane_host *h, const struct pdane_run_result *r, bool conclusive)
{
        struct pdane_report *made = h->making;
        h->making = NULL;
        if (!made)
                return;
        pdane_report_end(made, r);
        if (h->report && !conclusive && pdane_host_has_evidence(h))
                pdane_report_unref(made);
        else
                pdane_reports_keep_take(h->table->reports, made, &h->report);
}

struct pdane_report *
pdane_host_report(const struct pdane_host *h)
{
        return h->report;
}

int64_t
pdane_host_holds_until(const struct pdane_host *h)
{
        int64_t now = pdane_clock_wall(), until = 0;
        for (size_t i = 0; i < PDANE_HOST_EVIDENCE_MAX; i++) {
                const struct pdane_evidence *e = h->shelf.places[i];
                if (e && e->not_after > now && e->not_after > until)
                        until = e->not_after;
        }
        return until;
}

static bool
may_see(const void *arg, uid_t uid)
{
        return pdane_host_shown_to(arg, uid);
}

void
pdane_host_tell(const struct pdane_host *h, const struct pdane_run_result *r)
{
        char shown[PDANE_NAME_MAX + 3], line[PDANE_REPORT_EVENT_MAX + 1];
        const struct pdane_name name = pdane_host_name(h);
        snprintf(line, sizeof line,
                 "event=lookup host=%s port=%u outcome=%s reason=%s culprit=%s culprit-dns=%s "
                 "depth=%d until=%lld why=%s",
                 pdane_name_format(&name, shown), h->port, pdane_outcome_string(r->outcome),
                 pdane_reason_string(r->decision.reason), r->decision.culprit,
                 pdane_dns_verdict_string(r->decision.culprit_verdict), r->decision.match.depth,
                 (long long)r->not_after, r->why ? r->why : "");
        pdane_events_tell(h->table->events, PDANE_LOG_INFO, line, may_see, h);
        struct pdane_counters *counters = h->table->env.counters;
        if (counters && (unsigned)r->outcome < PDANE_OUTCOMES)
                counters->lookups[r->outcome]++;
}

bool
pdane_host_flush(struct pdane_host *h, uid_t uid)
{
        if (uid == ROOT) {
                h->claims = (struct pdane_claims){.n = 0};
                pdane_host_forget(h);
                return true;
        }
        if (!pdane_claims_remove(&h->claims, uid))
                return false;
        if (pdane_claims_none(&h->claims) && !h->watched)
                pdane_host_forget(h);
        return true;
}

bool
pdane_host_is(const struct pdane_host *h, const struct pdane_name *name, uint16_t port)
{
        return (!name || pdane_host_has_name(h, name)) && (!port || h->port == port);
}

struct pdane_host_view
pdane_host_view(const struct pdane_host *h)
{
        return (struct pdane_host_view){pdane_host_name(h), h->port, h->watched, h->shelf.places};
}

const struct pdane_run_env *
pdane_hosts_env(const struct pdane_hosts *hs)
{
        return &hs->env;
}

void
pdane_hosts_observe(struct pdane_hosts *hs, struct pdane_events *events,
                    struct pdane_counters *counters)
{
        hs->events = events;
        hs->env.counters = counters;
}
