/* SPDX-License-Identifier: BSD-3-Clause */
/* Puts the parts together. What each does is its own business. */
#include "daemon/daemon.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/certdir.h"
#include "daemon/check.h"
#include "daemon/clock.h"
#include "daemon/clockwatch.h"
#include "daemon/events.h"
#include "daemon/hosts_forget.h"
#include "daemon/metrics.h"
#include "daemon/netwatch.h"
#include "daemon/notify.h"
#include "daemon/probe.h"
#include "daemon/publish.h"
#include "daemon/server.h"
#include "daemon/status.h"
#include "daemon/sysstore.h"

/* The system's trust store is read again this often, and on reload. */
#define SYSSTORE_RELOAD_S 600
/* A resolver that was replaced goes when no lookup can use it any more. */
#define OLD_RESOLVER_S (PDANE_RUN_MS / 1000 + 2)

struct pdane_daemon {
        struct pdane_config *cfg;
        char *config_path;
        struct event_base *base;
        struct pdane_sysstore *sysstore;
        struct pdane_resolver *resolver, *old_resolver;
        struct pdane_prober *prober;
        struct pdane_store *store;
        struct pdane_merger *merger;
        struct pdane_hints *hints;
        struct pdane_access *access, *old_access;
        struct pdane_certdir *certdir;
        bool reload_again, network_again;
        bool reloading; /* what is known is not all held to the new configuration yet */
        struct pdane_hosts *hosts;
        struct pdane_publisher *publisher;
        struct pdane_question_env questions;
        struct pdane_events *events;
        struct pdane_counters counters;
        struct pdane_status status;
        struct pdane_control_env control;
        struct pdane_metrics *metrics;
        struct pdane_server *server;
        struct pdane_clockwatch *clockwatch;
        struct pdane_netwatch *netwatch;
        struct event *sigterm, *sigint, *sighup, *sysstore_timer, *old_resolver_timer, *watchdog;
};

/* ---- the system's trust store ---- */

static bool
dn_reserved(void *arg, struct pdane_bytes dn)
{
        return pdane_sysstore_has_dn(arg, dn);
}

static void
load_sysstore(struct pdane_daemon *d)
{
        char *error = NULL;
        int r = pdane_sysstore_load(d->sysstore, NULL, &error);
        if (r < 0)
                pdane_log(PDANE_LOG_ERROR,
                          "event=system-store-failed errno=%d known-names=%zu detail=\"%s\"", -r,
                          pdane_sysstore_count(d->sysstore), error ? error : "");
        else
                pdane_log(PDANE_LOG_DEBUG, "event=system-store names=%zu",
                          pdane_sysstore_count(d->sysstore));
        free(error);
        if (d->hosts && pdane_sysstore_grew(d->sysstore))
                pdane_hosts_recheck(d->hosts);
}

static void
on_sysstore_timer(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        load_sysstore(arg);
}

/* ---- configuration ---- */

int
pdane_daemon_check_config(const struct pdane_config *cfg, const char *config_path, char **ret_error)
{
        for (size_t i = 0; i < cfg->n_watch; i++) {
                struct pdane_name name;
                char shown[96];
                if (pdane_host_parse(cfg->watch[i], strlen(cfg->watch[i]), &name) == 0)
                        continue;
                pdane_log_escape(cfg->watch[i], strlen(cfg->watch[i]), shown, sizeof shown);
                if (asprintf(ret_error, "%s:%u: [lookup] watch: \"%s\" is not a host name",
                             config_path, cfg->watch_lines[i], shown) < 0)
                        *ret_error = NULL;
                return -EINVAL;
        }
        struct pdane_access *access = NULL;
        int r = pdane_access_new(cfg, config_path, &access, ret_error);
        pdane_access_free(access);
        return r;
}

static void
apply_config(struct pdane_daemon *d)
{
        const struct pdane_config *c = d->cfg;
        struct pdane_question_env *q = &d->questions;

        pdane_log_set_level(c->log_level);
        memcpy(q->ports, c->ports, sizeof q->ports);
        q->n_ports = c->n_ports;
        q->deadline_ms = c->deadline_ms;
        q->name_deadline_ms = c->name_deadline_ms;
        q->hint_deadline_ms = c->hint_deadline_ms;
        q->legacy_sha1 = c->legacy_sha1;
        if (pdane_metrics_set_path(d->metrics, c->metrics_file) < 0)
                pdane_log(PDANE_LOG_WARNING, "event=metrics-failed errno=%d", ENOMEM);
        pdane_hosts_set_allow_loopback(d->hosts, c->allow_loopback);
        pdane_hosts_set_ttl(d->hosts, c->min_ttl_s, c->max_ttl_s);
        pdane_hosts_unwatch_all(d->hosts);
        for (size_t i = 0; i < c->n_watch; i++) {
                struct pdane_name name;
                if (pdane_host_parse(c->watch[i], strlen(c->watch[i]), &name) < 0)
                        continue; /* pdane_daemon_check_config has told */
                for (size_t p = 0; p < c->n_ports; p++) {
                        int r = pdane_hosts_watch(d->hosts, &name, c->ports[p]);
                        if (r < 0)
                                pdane_log(PDANE_LOG_WARNING,
                                          "event=watch-failed host=%s port=%u errno=%d", name.text,
                                          c->ports[p], -r);
                }
        }
}

static void on_network_change(void *arg);

static void
on_old_resolver(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_daemon *d = arg;
        (void)fd;
        (void)what;
        pdane_resolver_free(d->old_resolver);
        d->old_resolver = NULL;
        bool moved = d->network_again;
        d->network_again = false;
        if (d->reload_again)
                pdane_daemon_reload(d);
        if (moved && d->old_resolver) /* the new one has read the network's servers, too */
                pdane_hosts_try_again(d->hosts);
        else if (moved)
                on_network_change(d);
}

/* A new resolver for every reload: its files may have changed even where their names have not. Its
 * cache starts empty. */
static int
renew_resolver(struct pdane_daemon *d, const struct pdane_config *cfg, char **ret_error)
{
        const struct timeval tv = {OLD_RESOLVER_S, 0};
        struct pdane_resolver *fresh = NULL;
        int r = pdane_resolver_new(d->base, cfg, &fresh, ret_error);
        if (r < 0)
                return r;
        d->old_resolver = d->resolver;
        d->resolver = fresh;
        pdane_hosts_set_resolver(d->hosts, fresh);
        evtimer_add(d->old_resolver_timer, &tv);
        return 0;
}

/*
 * Another network: its DNS servers may be others, or the same address another server, and whether
 * they pass DNSSEC is to be seen. What was validated stays valid. Where the configuration names the
 * servers, they stay.
 */
static void
on_network_change(void *arg)
{
        struct pdane_daemon *d = arg;
        char *error = NULL;
        int r = 0;
        d->network_again = d->old_resolver != NULL; /* not before lookups are done with that one */
        if (d->network_again)
                return;
        if (d->cfg->forward == PDANE_FORWARD_AUTO)
                r = renew_resolver(d, d->cfg, &error);
        if (r < 0)
                pdane_log(PDANE_LOG_ERROR, "event=network-changed errno=%d detail=\"%s\"", -r,
                          error ? error : "");
        else
                pdane_log(PDANE_LOG_INFO, "event=network-changed upstream=\"%s\"",
                          pdane_resolver_upstream(d->resolver));
        free(error);
        pdane_hosts_try_again(d->hosts);
}

/*
 * The wall clock was set. What was learned before lasts until a wall time, here and in the
 * resolver's cache, and would now end too late or too early: both begin anew. Without a new
 * resolver evidence goes all the same, and it is tried again.
 */
static int
on_clock_jump(void *arg, int64_t seconds)
{
        struct pdane_daemon *d = arg;
        struct pdane_resolver *fresh = NULL;
        char *error = NULL;
        int r = pdane_resolver_new(d->base, d->cfg, &fresh, &error);
        pdane_log(PDANE_LOG_WARNING, "event=clock-jumped seconds=%lld errno=%d", (long long)seconds,
                  -r);
        free(error);
        if (r == 0)
                pdane_hosts_set_resolver(d->hosts, fresh);
        pdane_checks_drop(&d->control);
        pdane_hosts_forget(d->hosts); /* no lookup uses another resolver any more */
        if (r < 0)
                return r;
        pdane_resolver_free(d->resolver);
        d->resolver = fresh;
        return 0;
}

static void
on_wake(void *arg)
{
        const struct pdane_daemon *d = arg;
        pdane_log(PDANE_LOG_INFO, "event=woke");
        pdane_hosts_wake(d->hosts);
}

/* Lookups under way keep the lists that they began with: the old ones go with the next reload. */
static void
replace_access(struct pdane_daemon *d, struct pdane_access *fresh)
{
        pdane_access_free(d->old_access);
        d->old_access = d->access;
        d->access = fresh;
        d->questions.access = fresh;
        pdane_hosts_set_access(d->hosts, fresh);
}

static void
warn_of_fixed(const struct pdane_config *old, const struct pdane_config *new)
{
        if (strcmp(old->socket, new->socket) != 0 || strcmp(old->user, new->user) != 0 ||
            strcmp(old->state_dir, new->state_dir) != 0 ||
            strcmp(old->certs_dir, new->certs_dir) != 0 || old->sandbox != new->sandbox)
                pdane_log(PDANE_LOG_WARNING, "event=reload needs-restart=\"[daemon] socket, user, "
                                             "state-dir, sandbox, [openssl] directory\"");
}

/* Only now nothing is left of what the configuration took away. */
static void
on_rechecked(void *arg)
{
        struct pdane_daemon *d = arg;
        if (!d->reloading || pdane_hosts_rechecking(d->hosts))
                return;
        d->reloading = false;
        pdane_log(PDANE_LOG_INFO, "event=reload done=yes upstream=\"%s\"",
                  pdane_resolver_upstream(d->resolver));
        pdane_notify_ready();
}

static int
reload_now(struct pdane_daemon *d)
{
        struct pdane_config *cfg = NULL;
        char *error = NULL;
        int r = pdane_config_load(d->config_path, &cfg, &error);
        if (r == 0)
                r = pdane_daemon_check_config(cfg, d->config_path, &error);
        struct pdane_access *access = NULL;
        if (r == 0)
                r = pdane_access_new(cfg, d->config_path, &access, &error);
        if (r == 0)
                r = renew_resolver(d, cfg, &error);
        if (r < 0) {
                pdane_log(PDANE_LOG_ERROR, "event=reload-failed detail=\"%s\"",
                          error ? error : strerror(-r));
                pdane_config_free(cfg);
                pdane_access_free(access);
                free(error);
                return r;
        }
        free(error);
        warn_of_fixed(d->cfg, cfg);
        pdane_config_free(d->cfg);
        d->cfg = cfg;
        replace_access(d, access);
        load_sysstore(d);
        apply_config(d);
        d->reloading = true;
        on_rechecked(d);
        return 0;
}

void
pdane_daemon_reload(struct pdane_daemon *d)
{
        /* Lookups under way use what the last reload replaced: the next one waits until they are
         * done. */
        d->reload_again = d->old_resolver != NULL;
        if (d->reload_again)
                return;
        if (reload_now(d) < 0)
                pdane_notify_ready(); /* as it was */
}

/* ---- life ---- */

static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
        struct pdane_daemon *d = arg;
        (void)what;
        if (sig == SIGHUP) {
                pdane_notify_reloading();
                pdane_daemon_reload(d);
                return;
        }
        pdane_notify_stopping();
        pdane_log(PDANE_LOG_INFO, "event=stop signal=%d", (int)sig);
        event_base_loopbreak(d->base);
}

static int
make_events(struct pdane_daemon *d)
{
        const struct timeval reload = {SYSSTORE_RELOAD_S, 0};
        d->sigterm = evsignal_new(d->base, SIGTERM, on_signal, d);
        d->sigint = evsignal_new(d->base, SIGINT, on_signal, d);
        d->sighup = evsignal_new(d->base, SIGHUP, on_signal, d);
        d->sysstore_timer = event_new(d->base, -1, EV_PERSIST, on_sysstore_timer, d);
        d->old_resolver_timer = evtimer_new(d->base, on_old_resolver, d);
        if (!d->sigterm || !d->sigint || !d->sighup || !d->sysstore_timer || !d->old_resolver_timer)
                return -ENOMEM;
        if (event_add(d->sigterm, NULL) < 0 || event_add(d->sigint, NULL) < 0 ||
            event_add(d->sighup, NULL) < 0 || event_add(d->sysstore_timer, &reload) < 0)
                return -EIO;
        return 0;
}

static void
make_control(struct pdane_daemon *d)
{
        d->status = (struct pdane_status){
                .started = pdane_clock_wall(),
                .started_ms = pdane_clock_ms(),
                .counters = &d->counters,
                .hosts = d->hosts,
                .store = d->store,
                .sysstore = d->sysstore,
                .resolver = &d->resolver,
        };
        d->control = (struct pdane_control_env){
                .questions = &d->questions, .status = &d->status, .events = d->events};
}

static void
on_visiting(void *arg, const struct pdane_name *host)
{
        struct pdane_daemon *d = arg;
        if (d->certdir)
                pdane_certdir_visit(d->certdir, host);
}

static int
make_hosts(struct pdane_daemon *d)
{
        const struct pdane_run_env env = {
                .base = d->base,
                .resolver = d->resolver,
                .prober = d->prober,
                .policy = {dn_reserved, d->sysstore},
                .access = d->access,
                .allow_loopback = d->cfg->allow_loopback,
        };
        int r = pdane_hosts_new(&env, d->store, &d->hosts);
        if (r < 0)
                return r;
        r = pdane_publisher_new(d->base, d->store, d->hosts, &d->publisher);
        if (r < 0)
                pdane_log(PDANE_LOG_WARNING, "event=no-table errno=%d", -r);
        r = pdane_clockwatch_new(d->base, on_clock_jump, d, &d->clockwatch);
        if (r < 0)
                return r;
        pdane_clockwatch_on_wake(d->clockwatch, on_wake);
        r = pdane_netwatch_new(d->base, PDANE_RESOLV_CONF, on_network_change, d, &d->netwatch);
        if (r < 0)
                pdane_log(PDANE_LOG_WARNING, "event=no-network-watch errno=%d", -r);
        d->questions = (struct pdane_question_env){
                .visiting = on_visiting,
                .visiting_arg = d,
                .base = d->base,
                .hosts = d->hosts,
                .store = d->store,
                .merger = d->merger,
                .hints = d->hints,
                .access = d->access,
                .publisher = d->publisher,
                .clockwatch = d->clockwatch,
                .events = d->events,
                .counters = &d->counters,
        };
        pdane_hosts_observe(d->hosts, d->events, &d->counters);
        pdane_hosts_follow_recheck(d->hosts, on_rechecked, d);
        make_control(d);
        return pdane_metrics_new(d->base, &d->status, &d->metrics);
}

/* With a precise clock timers of one callback run in the order in which they were set: what
 * libunbound sends depends on it (daemon/resolver_unbound.c). */
static struct event_base *
new_base(void)
{
        struct event_config *c = event_config_new();
        struct event_base *base = NULL;
        if (c && event_config_set_flag(c, EVENT_BASE_FLAG_PRECISE_TIMER) == 0)
                base = event_base_new_with_config(c);
        if (c)
                event_config_free(c);
        return base;
}

static int
make_parts(struct pdane_daemon *d, char **ret_error)
{
        d->base = new_base();
        if (!d->base)
                return -ENOMEM;
        int r = pdane_sysstore_new(&d->sysstore);
        if (r < 0)
                return r;
        load_sysstore(d);
        r = pdane_resolver_new(d->base, d->cfg, &d->resolver, ret_error);
        if (r == 0)
                r = pdane_prober_new(d->base, &d->prober);
        if (r == 0)
                r = pdane_store_new(&d->store);
        if (r == 0)
                r = pdane_merger_new(d->store, &d->merger);
        if (r == 0)
                r = pdane_hints_new(&d->hints);
        if (r == 0)
                r = pdane_access_new(d->cfg, d->config_path, &d->access, ret_error);
        if (r == 0 && *d->cfg->certs_dir)
                r = pdane_certdir_new(d->cfg->certs_dir, d->store, d->merger, &d->certdir,
                                      ret_error);
        if (r == 0)
                r = pdane_events_new(&d->events);
        if (r == 0)
                r = make_hosts(d);
        if (r == 0)
                r = make_events(d);
        return r;
}

int
pdane_daemon_new(struct pdane_config *cfg, const char *config_path, int listen_fd,
                 struct pdane_daemon **ret, char **ret_error)
{
        struct pdane_daemon *d = calloc(1, sizeof *d);
        if (!d) {
                pdane_config_free(cfg);
                close(listen_fd);
                return -ENOMEM;
        }
        d->cfg = cfg;
        d->config_path = strdup(config_path);
        int r = d->config_path ? make_parts(d, ret_error) : -ENOMEM;
        if (r == 0) {
                apply_config(d);
                r = pdane_server_new(listen_fd, &d->questions, &d->control, &d->server);
        }
        if (r < 0) {
                if (!d->server)
                        close(listen_fd);
                pdane_daemon_free(d);
                return r;
        }
        *ret = d;
        return 0;
}

static void
on_watchdog(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        (void)arg;
        pdane_notify_alive();
}

/* An event loop that hangs tells nothing, and is ended by who waits for it. */
static int
start_watchdog(struct pdane_daemon *d)
{
        const uint64_t us = pdane_notify_watchdog_us();
        const struct timeval tv = {(time_t)(us / 1000000u), (suseconds_t)(us % 1000000u)};
        if (us == 0)
                return 0;
        d->watchdog = event_new(d->base, -1, EV_PERSIST, on_watchdog, d);
        return d->watchdog && event_add(d->watchdog, &tv) == 0 ? 0 : -ENOMEM;
}

int
pdane_daemon_run(struct pdane_daemon *d)
{
        int r = start_watchdog(d);
        if (r < 0)
                return r;
        pdane_notify_ready();
        pdane_log(PDANE_LOG_INFO,
                  "event=ready version=" PDANE_VERSION " system-names=%zu upstream=\"%s\"",
                  pdane_sysstore_count(d->sysstore), pdane_resolver_upstream(d->resolver));
        return event_base_dispatch(d->base) < 0 ? -EIO : 0;
}

static void
free_event(struct event *e)
{
        if (e)
                event_free(e);
}

void
pdane_daemon_free(struct pdane_daemon *d)
{
        if (!d)
                return;
        /* Users before what they use. */
        pdane_server_free(d->server);
        pdane_metrics_free(d->metrics);
        pdane_clockwatch_free(d->clockwatch);
        pdane_netwatch_free(d->netwatch);
        pdane_publisher_free(d->publisher);
        pdane_hosts_free(d->hosts);
        pdane_certdir_free(d->certdir);
        pdane_access_free(d->access);
        pdane_access_free(d->old_access);
        pdane_hints_free(d->hints);
        pdane_events_free(d->events);
        pdane_merger_free(d->merger);
        pdane_store_free(d->store);
        pdane_prober_free(d->prober);
        pdane_resolver_free(d->old_resolver);
        pdane_resolver_free(d->resolver);
        pdane_sysstore_free(d->sysstore);
        free_event(d->sigterm);
        free_event(d->sigint);
        free_event(d->sighup);
        free_event(d->sysstore_timer);
        free_event(d->old_resolver_timer);
        free_event(d->watchdog);
        if (d->base)
                event_base_free(d->base);
        pdane_config_free(d->cfg);
        free(d->config_path);
        free(d);
}
