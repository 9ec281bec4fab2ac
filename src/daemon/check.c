/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port that clients are helped at: the table's own lookup is explained, so that what is said is
 * what is done. Any other port: a lookup of its own, of which nothing is kept but what it found.
 */
#include "daemon/check.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/clock.h"
#include "daemon/counters.h"
#include "daemon/report.h"

/* Added to how long a lookup may take, for the way back. */
#define MARGIN_MS 1000u

enum stage { STAGE_DNS = 1, STAGE_SERVER = 2 };

struct check {
        struct pdane_control_work work; /* first */
        struct pdane_control_env *env;
        struct pdane_sink sink;
        struct pdane_name name;
        uint16_t port;
        bool configured;
        bool may_know_when; /* when the lookup was made is this user's to know */
        enum stage stage;
        /* A configured port. */
        struct pdane_host_waiter waiter;
        struct event *changed;
        /* Any other. */
        struct pdane_run *run;
        struct pdane_report *report;
};

static void
cancel(struct pdane_control_work *w)
{
        struct check *c = (struct check *)w;
        pdane_host_unwait(&c->waiter);
        if (c->changed)
                event_free(c->changed);
        if (c->report) {
                LIST_REMOVE(&c->work, entries);
                c->env->n_alone--;
        }
        pdane_run_cancel(c->run);
        pdane_report_unref(c->report);
        free(c);
}

/* ---- what is sent ---- */

static void
tell_stage(struct check *c, enum stage stage)
{
        const struct pdane_part p = {.kind = PDANE_PART_STAGE, .stage = {(uint32_t)stage}};
        if (c->stage == stage)
                return;
        c->stage = stage;
        pdane_sink_part(&c->sink, &p);
}

static void
list_ports(const struct pdane_question_env *q, char *to, size_t cap)
{
        size_t pos = 0;
        to[0] = '\0';
        for (size_t i = 0; i < q->n_ports && pos + 8 < cap; i++)
                pos += (size_t)snprintf(to + pos, cap - pos, "%s%u", i ? "," : "", q->ports[i]);
}

static void
send_context(const struct check *c, uint32_t flags, const struct pdane_report *r, int64_t until)
{
        struct pdane_part p = {.kind = PDANE_PART_CONTEXT,
                               .context = {.port = c->port,
                                           .flags = flags,
                                           .now = pdane_clock_wall(),
                                           .held_until = until}};
        if (c->configured)
                p.context.flags |= PDANE_CONTEXT_CONFIGURED;
        if (until)
                p.context.flags |= PDANE_CONTEXT_HELD;
        if (pdane_hosts_env(c->env->questions->hosts)->allow_loopback)
                p.context.flags |= PDANE_CONTEXT_LOOPBACK;
        if (r && c->may_know_when)
                p.context.looked_up = pdane_report_when(r);
        snprintf(p.context.host, sizeof p.context.host, "%s", c->name.text);
        list_ports(c->env->questions, p.context.ports, sizeof p.context.ports);
        pdane_sink_part(&c->sink, &p);
}

static void
send_denied(const struct check *c)
{
        send_context(c, PDANE_CONTEXT_DENIED, NULL, 0);
        pdane_sink_end(&c->sink, 0);
}

static void
send_part(void *arg, const uint8_t *data, size_t len)
{
        const struct check *c = arg;
        c->sink.send(c->sink.arg, data, len);
}

static void
send_report(struct check *c, const struct pdane_report *r, int64_t until)
{
        send_context(c, 0, r, until);
        pdane_report_each(r, send_part, c);
        pdane_sink_end(&c->sink, 0);
}

/* ---- a lookup of the table's ---- */

static void
send_host(struct check *c, const struct pdane_host *h)
{
        const struct pdane_report *r = h ? pdane_host_report(h) : NULL;
        if (r)
                send_report(c, r, pdane_host_holds_until(h));
        else if (h && !pdane_access_domain(c->env->questions->access, c->name.text))
                send_denied(c);
        else
                pdane_sink_error(&c->sink, "busy");
}

/* In the event loop: the host is not in the middle of telling. */
static void
on_changed(evutil_socket_t fd, short what, void *arg)
{
        struct check *c = arg;
        const struct pdane_host *h = c->waiter.host;
        (void)fd;
        (void)what;
        if (h && pdane_host_running(h)) {
                if (pdane_host_has_tlsa(h))
                        tell_stage(c, STAGE_SERVER);
                return;
        }
        pdane_host_unwait(&c->waiter); /* it is over */
        send_host(c, h);
}

static void
on_notified(void *arg)
{
        struct check *c = arg;
        event_active(c->changed, EV_TIMEOUT, 0);
}

/* Sends PENDING and the first stage. */
static void
tell_waiting(struct check *c)
{
        uint8_t buf[64];
        size_t len = 0;
        if (pdane_pending_encode(PDANE_RUN_MS + MARGIN_MS, buf, sizeof buf, &len) == 0)
                c->sink.send(c->sink.arg, buf, len);
        tell_stage(c, STAGE_DNS);
}

/* Waits, or sends what there is and returns with the check over. */
static int
explain_host(struct check *c, struct pdane_host *h, uid_t uid, bool fresh,
             struct pdane_control_work **ret)
{
        c->may_know_when = pdane_host_shown_to(h, uid) || pdane_host_running(h);
        pdane_host_claim(h, uid);
        if (!pdane_host_running(h) && (fresh || !pdane_host_report(h))) {
                if (!pdane_budget_take(&c->env->budget, uid, pdane_clock_ms()) ||
                    pdane_host_renew(h) < 0) {
                        pdane_sink_error(&c->sink, "busy");
                        return 0;
                }
                c->may_know_when = true;
        }
        if (!pdane_host_running(h)) {
                send_host(c, h);
                return 0;
        }
        c->changed = evtimer_new(c->env->questions->base, on_changed, c);
        if (!c->changed)
                return -ENOMEM;
        c->waiter.uid = uid;
        c->waiter.changed = on_notified;
        c->waiter.arg = c;
        pdane_host_wait(h, &c->waiter);
        tell_waiting(c);
        *ret = &c->work;
        return 0;
}

static int
check_host(struct check *c, uid_t uid, bool fresh, struct pdane_control_work **ret)
{
        struct pdane_host *h = NULL;
        int r = pdane_hosts_touch(c->env->questions->hosts, &c->name, c->port, &h);
        if (r == -EACCES)
                send_denied(c);
        else if (r < 0)
                pdane_sink_error(&c->sink, "busy");
        else
                return explain_host(c, h, uid, fresh, ret);
        return 0;
}

/* ---- a lookup of its own ---- */

static void
on_has_tlsa(void *arg)
{
        tell_stage(arg, STAGE_SERVER);
}

static void
on_looked(void *arg)
{
        (void)arg;
}

static bool
is_known(void *arg, const struct pdane_cert *leaf)
{
        (void)arg;
        (void)leaf;
        return false;
}

/* Nobody is told of it: the port is not one where clients are helped. */
static void
on_evidence(void *arg, struct pdane_evidence *e)
{
        (void)arg;
        (void)e;
}

static void
on_done(void *arg, const struct pdane_run_result *result)
{
        struct check *c = arg;
        c->run = NULL;
        pdane_report_end(c->report, result);
        send_report(c, c->report, 0);
}

static int
check_alone(struct check *c, uid_t uid, struct pdane_control_work **ret)
{
        struct pdane_control_env *env = c->env;
        if (!pdane_access_domain(env->questions->access, c->name.text)) {
                send_denied(c);
                return 0;
        }
        if (env->n_alone >= PDANE_CHECKS_ALONE_MAX ||
            !pdane_budget_take(&env->budget, uid, pdane_clock_ms())) {
                pdane_sink_error(&c->sink, "busy");
                return 0;
        }
        c->report = pdane_report_new(&c->name, c->port);
        if (!c->report)
                return -ENOMEM;
        LIST_INSERT_HEAD(&env->alone, &c->work, entries);
        env->n_alone++;
        c->may_know_when = true;
        const struct pdane_run_request req = {
                .uid = uid,
                .env = pdane_hosts_env(env->questions->hosts),
                .name = c->name,
                .port = c->port,
                .has_tlsa = on_has_tlsa,
                .is_known = is_known,
                .evidence = on_evidence,
                .looked = on_looked,
                .done = on_done,
                .arg = c,
                .observer = &pdane_report_observer,
                .observer_arg = c->report,
        };
        int r = pdane_run_start(&req, &c->run);
        if (r < 0)
                return r;
        tell_waiting(c);
        *ret = &c->work;
        return 0;
}

/* ---- start ---- */

static bool
is_configured(const struct pdane_question_env *q, uint16_t port)
{
        for (size_t i = 0; i < q->n_ports; i++)
                if (q->ports[i] == port)
                        return true;
        return false;
}

int
pdane_check_start(struct pdane_control_env *env, uid_t uid, const struct pdane_control_request *rq,
                  const struct pdane_sink *sink, struct pdane_control_work **ret)
{
        struct check *c = calloc(1, sizeof *c);
        *ret = NULL;
        if (!c)
                return -ENOMEM;
        if (env->questions->counters)
                env->questions->counters->checks++;
        c->work.cancel = cancel;
        c->env = env;
        c->sink = *sink;
        c->port = rq->port;
        c->configured = is_configured(env->questions, rq->port);
        int r = 0;
        if (pdane_host_parse((const char *)rq->host.data, rq->host.len, &c->name) < 0)
                pdane_sink_error(sink, "name");
        else if (c->configured)
                r = check_host(c, uid, rq->flags & PDANE_CHECK_FRESH, ret);
        else
                r = check_alone(c, uid, ret);
        if (!*ret)
                cancel(&c->work);
        return r;
}

void
pdane_checks_drop(struct pdane_control_env *env)
{
        struct pdane_control_work *w;
        LIST_FOREACH (w, &env->alone, entries) {
                struct check *c = (struct check *)w;
                if (!c->run)
                        continue; /* it has its answer */
                pdane_run_cancel(c->run);
                c->run = NULL;
                pdane_sink_error(&c->sink, "busy");
        }
}
