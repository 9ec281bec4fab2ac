/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of hosts: an index by name and port, a list by last use, and when each is due. */
#include "daemon/hosts.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "daemon/clock.h"
#include "daemon/hosts_impl.h"

/* When a lookup that brought no evidence is made again. */
#define RETRY_FIRST_MS 5000
#define RETRY_CAP_MS 300000
/* And one that was to renew evidence which still holds. */
#define RENEWAL_RETRY_MS 1000
/* A host that nobody asked about for this long is not looked up again when its evidence runs out.
 */
#define IN_USE_MS 600000
#define COST_WAKE 16u /* hosts_sweep.h */

/* ---- telling ---- */

void
pdane_host_notify(struct pdane_host *h)
{
        pdane_hosts_tell(h->table);
        struct pdane_host_waiter *w = LIST_FIRST(&h->waiters), *next;
        for (; w; w = next) {
                next = LIST_NEXT(w, entries);
                w->changed(w->arg);
        }
}

/* ---- lookups ---- */

/*
 * Did the lookup say something about the host, or only that it could not be made? In the second
 * case evidence keeps for as long as DNS gave it; in the first it is gone at once.
 */
static bool
is_conclusive(enum pdane_outcome o)
{
        switch (o) {
        case PDANE_OUTCOME_DNS_TIMEOUT:
        case PDANE_OUTCOME_DNS_UNREACHABLE:
        case PDANE_OUTCOME_SERVER_UNREACHABLE:
        case PDANE_OUTCOME_SERVER_TIMEOUT:
                return false;
        case PDANE_OUTCOME_ACCEPTED:
        case PDANE_OUTCOME_INSECURE:
        case PDANE_OUTCOME_NO_RECORDS:
        case PDANE_OUTCOME_BOGUS:
        case PDANE_OUTCOME_REFUSED:
        case PDANE_OUTCOME_UNKNOWN:
        default:
                return true;
        }
}

static void start_run(struct pdane_host *h);

/* Is its evidence worth renewing before anybody asks? */
static bool
in_use(const struct pdane_host *h)
{
        return pdane_access_domain(h->table->env.access, h->name) &&
               (h->watched || pdane_clock_ms() - h->used_ms < IN_USE_MS);
}

/*
 * Milliseconds until evidence with that many seconds left is to be renewed: PDANE_RENEW_S before
 * its end, so that no client meets the end of it in the middle of a verification. Until its TTL has
 * passed the resolver's cache answers, and evidence made of that lasts for the floor only
 * (PDANE_EVIDENCE_FLOOR_S); the next renewal asks the zone. Never twice within the same time: the
 * last one may have brought nothing later (the end of a signature).
 */
int64_t
pdane_host_until_renewal_ms(const struct pdane_host *h, int64_t left)
{
        int64_t early = (left - PDANE_RENEW_S) * 1000;
        int64_t pause = h->started_ms + PDANE_RENEW_S * 1000 - pdane_clock_ms();
        int64_t later = early > pause ? early : pause;
        return later > 0 ? later : 0;
}

/* Plans what comes next: the end of some evidence, the renewal before it, or a watched
 * host's next try. */
void
pdane_host_plan(struct pdane_host *h)
{
        int64_t now_ms = pdane_clock_ms(), left = pdane_shelf_left(&h->shelf, pdane_clock_wall());
        pdane_host_not_due(h);
        if (left != INT64_MAX) {
                int64_t due = left * 1000;
                if (!h->run && in_use(h) && pdane_host_until_renewal_ms(h, left) < due)
                        due = pdane_host_until_renewal_ms(h, left);
                pdane_host_due_in(h, due);
        } else if (h->watched && !h->run) {
                pdane_host_due_in(h, h->retry_at_ms > now_ms ? h->retry_at_ms - now_ms : 0);
        }
}

/* Doubles from RETRY_FIRST_MS; a denial is not asked again before DNS would say anything new, and a
 * refusal when it may: the certificate may be newer than the records in the cache. */
static int64_t
retry_delay(const struct pdane_host *h, const struct pdane_run_result *r)
{
        int64_t delay = RETRY_FIRST_MS;
        for (unsigned i = 1; i < h->failures && delay < RETRY_CAP_MS; i++)
                delay *= 2;
        bool denied =
                r->outcome == PDANE_OUTCOME_INSECURE || r->outcome == PDANE_OUTCOME_NO_RECORDS;
        if (denied || r->outcome == PDANE_OUTCOME_REFUSED) {
                int64_t left = (r->not_after - pdane_clock_wall()) * 1000;
                if (left < RETRY_FIRST_MS)
                        left = RETRY_FIRST_MS;
                if (denied || left < delay)
                        delay = left;
        }
        return delay < RETRY_CAP_MS ? delay : RETRY_CAP_MS;
}

static void
on_done(void *arg, const struct pdane_run_result *r)
{
        struct pdane_host *h = arg;
        h->run = NULL;
        pdane_shelf_shrink(&h->shelf);
        pdane_host_run_ended(h);
        pdane_host_take_report(h, r, is_conclusive(r->outcome));
        pdane_host_tell(h, r);
        if (!is_conclusive(r->outcome) && pdane_host_has_evidence(h)) {
                h->retry_at_ms = pdane_clock_ms() + RENEWAL_RETRY_MS;
                pdane_host_plan(h);
                pdane_host_notify(h);
                return;
        }
        h->settled = true;
        h->outcome = r->outcome;
        if (r->outcome == PDANE_OUTCOME_ACCEPTED) {
                h->failures = 0;
                h->retry_at_ms = 0;
        } else {
                h->failures++;
                h->retry_at_ms = pdane_clock_ms() + retry_delay(h, r);
                if (is_conclusive(r->outcome))
                        pdane_shelf_clear(&h->shelf);
        }
        pdane_host_plan(h);
        pdane_host_notify(h);
}

void
pdane_host_give_way(struct pdane_host *h)
{
        const struct pdane_run_result r = {
                .outcome = h->has_tlsa ? PDANE_OUTCOME_SERVER_TIMEOUT : PDANE_OUTCOME_DNS_TIMEOUT,
                .why = "gave-way",
        };
        unsigned failures = h->failures;
        pdane_run_cancel(h->run);
        on_done(h, &r);
        h->failures = failures;
        if (h->run_for != PDANE_ASKER_NOBODY)
                h->retry_at_ms = 0;
        pdane_hosts_doubt(h->table);
}

static bool
is_known(void *arg, const struct pdane_cert *leaf)
{
        const struct pdane_host *h = arg;
        return pdane_shelf_knows(&h->shelf, leaf, pdane_clock_wall());
}

static void
on_evidence(void *arg, struct pdane_evidence *e)
{
        struct pdane_host *h = arg;
        if (!pdane_access_certificate(h->table->env.access, e->leaf))
                return; /* denied since the lookup began */
        int r = pdane_shelf_add(&h->shelf, e, pdane_clock_wall());
        if (r < 0)
                pdane_log(PDANE_LOG_ERROR, "event=store-failed host=%s errno=%d", h->name, -r);
        pdane_host_plan(h);
        pdane_host_notify(h);
}

static void
on_has_tlsa(void *arg)
{
        struct pdane_host *h = arg;
        h->has_tlsa = true;
        pdane_host_notify(h);
}

static void
on_looked(void *arg)
{
        struct pdane_host *h = arg;
        h->looked = true;
        pdane_host_notify(h);
}

static void
start_run(struct pdane_host *h)
{
        struct pdane_hosts *hs = h->table;
        struct pdane_run_request req = {
                .env = &hs->env,
                .name = pdane_host_name(h),
                .port = h->port,
                .has_tlsa = on_has_tlsa,
                .looked = on_looked,
                .is_known = is_known,
                .evidence = on_evidence,
                .done = on_done,
                .arg = h,
        };
        pdane_host_drop_making(h);
        h->making = pdane_report_new(&req.name, h->port);
        if (h->making) {
                req.observer = &pdane_report_observer;
                req.observer_arg = h->making;
        }
        h->has_tlsa = h->looked = false;
        h->started_ms = pdane_clock_ms();
        h->waited_ms = LIST_EMPTY(&h->waiters) ? -1 : h->started_ms;
        if (h->retry_at_ms > h->started_ms)
                hs->doubts++;
        pdane_hosts_tell(hs);
        bool room = pdane_host_run_begins(h);
        req.uid = h->run_for;
        int r = room ? pdane_run_start(&req, &h->run) : -EBUSY;
        if (r < 0) {
                pdane_log(r == -EBUSY ? PDANE_LOG_DEBUG : PDANE_LOG_WARNING,
                          "event=lookup-not-started host=%s errno=%d", h->name, -r);
                pdane_host_drop_making(h);
                if (room)
                        pdane_host_run_ended(h);
                /* What there was no room for is due whenever somebody asks next; by itself it is
                 * not tried again at once. */
                if (r != -EBUSY || hs->asker == PDANE_ASKER_NOBODY)
                        h->retry_at_ms = pdane_clock_ms() + RETRY_FIRST_MS;
        }
}

/* The first lookup, or the next after the pause that the last one called for, or a renewal. */
static void
start_if_due(struct pdane_host *h)
{
        int64_t left = pdane_shelf_left(&h->shelf, pdane_clock_wall());
        bool due = left > 0 && left != INT64_MAX ? pdane_host_until_renewal_ms(h, left) == 0
                                                 : pdane_clock_ms() >= h->retry_at_ms;
        if (!h->run && due)
                start_run(h);
}

void
pdane_host_surprised(struct pdane_host *h, bool named, unsigned pause_ms)
{
        int64_t *last_ms = named ? &h->surprised_by_name_ms : &h->surprised_ms;
        if (!h->run && pdane_host_has_evidence(h) && pdane_clock_ms() - *last_ms >= pause_ms) {
                *last_ms = pdane_clock_ms();
                start_run(h);
        }
}

void
pdane_host_look_again(struct pdane_host *h, unsigned pause_ms)
{
        if (!h->run && pdane_host_has_evidence(h) && pdane_clock_ms() - h->started_ms >= pause_ms)
                start_run(h);
}

static void
on_due(struct pdane_host *h)
{
        if (pdane_shelf_drop_expired(&h->shelf, pdane_clock_wall()))
                pdane_host_notify(h);
        if (in_use(h))
                start_if_due(h);
        pdane_host_plan(h);
}

unsigned
pdane_host_wake(void *arg, struct pdane_host *h)
{
        (void)arg;
        if (!pdane_host_is_planned(h))
                return 1;
        on_due(h);
        return COST_WAKE;
}

int
pdane_host_renew(struct pdane_host *h)
{
        if (!h->run)
                start_run(h);
        return h->run ? 0 : -EBUSY;
}

/* Who waits for a lookup under way gets its result. */
void
pdane_host_forget(struct pdane_host *h)
{
        pdane_shelf_clear(&h->shelf);
        pdane_reports_drop(h->table->reports, &h->report);
        h->settled = false;
        h->failures = 0;
        if (h->retry_at_ms > pdane_clock_ms())
                pdane_hosts_doubt(h->table);
        h->retry_at_ms = 0;
        pdane_host_plan(h);
        pdane_host_notify(h);
}

/* ---- the table ---- */

static void
free_host(struct pdane_host *h)
{
        struct pdane_hosts *hs = h->table;
        pdane_shelf_clear(&h->shelf);
        pdane_host_forget_hint(h, true);
        pdane_host_set_watched(h, false);
        if (h->retry_at_ms > pdane_clock_ms())
                pdane_hosts_doubt(hs);
        if (h->run)
                pdane_host_run_ended(h);
        pdane_run_cancel(h->run);
        pdane_host_drop_making(h);
        pdane_reports_drop(hs->reports, &h->report);
        pdane_host_not_due(h);
        pdane_hosts_index_remove(hs, h);
        pdane_host_leaves(h);
        TAILQ_REMOVE(&hs->by_age, h, by_age);
        TAILQ_REMOVE(&hs->by_use, h, by_use);
        hs->count--;
        free(h);
}

/* Makes room by forgetting the host that was not used for longest. */
static int
make_room(struct pdane_hosts *hs)
{
        struct pdane_host *h;
        if (hs->count < PDANE_HOSTS_MAX)
                return 0;
        TAILQ_FOREACH_REVERSE (h, &hs->by_use, host_list, by_use) {
                if (!h->run && !h->watched && LIST_EMPTY(&h->waiters)) {
                        free_host(h);
                        return 0;
                }
        }
        return -EBUSY;
}

static int
new_host(struct pdane_hosts *hs, const struct pdane_name *name, uint16_t port,
         struct pdane_host **ret)
{
        int r = make_room(hs);
        if (r < 0)
                return r;
        size_t len = strlen(name->text);
        struct pdane_host *h = calloc(1, sizeof *h + len + 1);
        if (!h)
                return -ENOMEM;
        h->table = hs;
        h->shelf.store = hs->store;
        h->shelf.of = h;
        memcpy(h->name, name->text, len + 1);
        h->wildcard = name->wildcard;
        h->port = port;
        h->run_for = PDANE_ASKER_NOBODY;
        h->surprised_ms = h->surprised_by_name_ms = INT64_MIN / 2; /* never */
        LIST_INIT(&h->waiters);
        if (pdane_dues_reserve(&hs->dues, hs->count + 1) < 0) {
                free(h);
                return -ENOMEM;
        }
        pdane_hosts_index_add(hs, h);
        TAILQ_INSERT_HEAD(&hs->by_use, h, by_use);
        TAILQ_INSERT_TAIL(&hs->by_age, h, by_age);
        hs->count++;
        *ret = h;
        return 0;
}

static int
get_host(struct pdane_hosts *hs, const struct pdane_name *name, uint16_t port,
         struct pdane_host **ret)
{
        struct pdane_host *known = pdane_hosts_find(hs, name, port);
        if (!known)
                return new_host(hs, name, port, ret);
        *ret = known;
        return 0;
}

int
pdane_hosts_touch(struct pdane_hosts *hs, const struct pdane_name *name, uint16_t port,
                  struct pdane_host **ret)
{
        struct pdane_host *h = NULL;
        if (!pdane_access_domain(hs->env.access, name->text))
                return -EACCES;
        int r = get_host(hs, name, port, &h);
        if (r < 0)
                return r;
        h->used_ms = pdane_clock_ms();
        if (h != TAILQ_FIRST(&hs->by_use)) {
                TAILQ_REMOVE(&hs->by_use, h, by_use);
                TAILQ_INSERT_HEAD(&hs->by_use, h, by_use);
        }
        start_if_due(h);
        *ret = h;
        return 0;
}

int
pdane_hosts_watch(struct pdane_hosts *hs, const struct pdane_name *name, uint16_t port)
{
        struct pdane_host *h = NULL;
        int r = pdane_hosts_touch(hs, name, port, &h);
        if (r < 0)
                return r;
        pdane_host_set_watched(h, true);
        pdane_host_plan(h);
        return 0;
}

void
pdane_hosts_unwatch_all(struct pdane_hosts *hs)
{
        while (!LIST_EMPTY(&hs->watched))
                pdane_host_set_watched(LIST_FIRST(&hs->watched), false);
}

void
pdane_hosts_each_watched(struct pdane_hosts *hs, void (*fn)(void *arg, struct pdane_host *h),
                         void *arg)
{
        struct pdane_host *h;
        LIST_FOREACH (h, &hs->watched, watched_entries)
                fn(arg, h);
}

void
pdane_hosts_set_ttl(struct pdane_hosts *hs, unsigned min_ttl_s, unsigned max_ttl_s)
{
        hs->env.min_ttl_s = min_ttl_s;
        hs->env.max_ttl_s = max_ttl_s;
}

void
pdane_hosts_set_allow_loopback(struct pdane_hosts *hs, bool allow)
{
        hs->env.allow_loopback = allow;
}

void
pdane_hosts_set_resolver(struct pdane_hosts *hs, struct pdane_resolver *r)
{
        hs->env.resolver = r;
}

size_t
pdane_hosts_count(const struct pdane_hosts *hs)
{
        return hs->count;
}

int
pdane_hosts_new(const struct pdane_run_env *env, struct pdane_store *store,
                struct pdane_hosts **ret)
{
        if (!env->policy.dn_reserved || !env->access)
                return -EINVAL;
        struct pdane_hosts *hs = calloc(1, sizeof *hs);
        if (!hs)
                return -ENOMEM;
        hs->env = *env;
        if (!env->max_ttl_s)
                pdane_hosts_set_ttl(hs, PDANE_EVIDENCE_FLOOR_S, PDANE_EVIDENCE_CAP_S);
        hs->store = store;
        TAILQ_INIT(&hs->by_use);
        TAILQ_INIT(&hs->by_age);
        LIST_INIT(&hs->sweeps);
        int r = pdane_hosts_index_new(hs);
        if (r == 0)
                r = pdane_dues_init(&hs->dues, env->base, on_due);
        if (r == 0)
                r = pdane_reports_new(&hs->reports);
        if (r < 0) {
                pdane_hosts_free(hs);
                return r;
        }
        pdane_shares_init(&hs->shares);
        pdane_hosts_set_asker(hs, PDANE_ASKER_NOBODY, 0);
        LIST_INIT(&hs->watched);
        TAILQ_INIT(&hs->hinted);
        *ret = hs;
        return 0;
}

void
pdane_hosts_free(struct pdane_hosts *hs)
{
        if (!hs)
                return;
        while (!TAILQ_EMPTY(&hs->by_use))
                /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it takes the host off the list */
                free_host(TAILQ_FIRST(&hs->by_use));
        pdane_hosts_end_sweeps(hs);
        pdane_dues_done(&hs->dues);
        pdane_reports_free(hs->reports);
        free(hs->buckets);
        free(hs);
}
