/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A probe is a list of attempts, one per address, started one after the other (RFC 8305), or all at
 * once where every one is wanted, and each with its own socket, dialogue, handshake and event.
 * Everything happens in events, also the first attempt's start, so that nothing calls back from
 * inside pdane_probe_start.
 */
#include "daemon/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "daemon/probe_address.h"
#include "daemon/probe_starttls.h"
#include "daemon/probe_tls.h"

#define STAGGER_MS 250
#define WHY_MAX 256

enum attempt_state {
        ATTEMPT_WAITING = 0, /* its turn has not come */
        ATTEMPT_CONNECTING,
        ATTEMPT_STARTTLS,
        ATTEMPT_HANDSHAKE,
        ATTEMPT_OVER,
};

struct attempt {
        struct pdane_probe *probe;
        struct sockaddr_storage address;
        enum attempt_state state;
        int fd;
        struct event *event;             /* for what the socket is waited for now */
        struct pdane_starttls *starttls; /* only while it is under way */
        struct pdane_tls *tls;
};

struct pdane_probe {
        enum pdane_key_family family;
        enum pdane_starttls_protocol starttls; /* never AUTO */
        LIST_ENTRY(pdane_probe) entries;
        struct pdane_prober *prober;
        struct event *next_event; /* the next attempt's turn */
        struct event *deadline;
        struct event
                *others; /* the end of what the others have after one was taken; NULL: none was */
        bool every, taken;
        bool (*take)(void *arg, const struct pdane_chain *chain);
        void (*done)(void *arg, enum pdane_outcome outcome, const struct pdane_chain *chain,
                     const char *why);
        void *arg;
        struct pdane_chain chain; /* the last that came */
        bool finishing;
        uint16_t port;
        char host[PDANE_NAME_MAX + 1];
        char why[WHY_MAX];
        size_t n;
        struct attempt attempts[PDANE_ADDRESSES_MAX];
};

struct pdane_prober {
        struct event_base *base;
        struct pdane_tls_shared *tls;
        LIST_HEAD(, pdane_probe) probes;
        size_t count;
};

/* ---- the end ---- */

static void
attempt_close(struct attempt *a)
{
        if (a->event)
                event_free(a->event);
        a->event = NULL;
        free(a->starttls);
        a->starttls = NULL;
        pdane_tls_free(a->tls);
        a->tls = NULL;
        if (a->fd >= 0)
                close(a->fd);
        a->fd = -1;
        a->state = ATTEMPT_OVER;
}

static void
probe_stop(struct pdane_probe *p)
{
        for (size_t i = 0; i < p->n; i++)
                attempt_close(&p->attempts[i]);
        if (p->next_event)
                event_free(p->next_event);
        if (p->deadline)
                event_free(p->deadline);
        if (p->others)
                event_free(p->others);
        p->next_event = p->deadline = p->others = NULL;
        if (p->prober) {
                LIST_REMOVE(p, entries);
                p->prober->count--;
                p->prober = NULL;
        }
}

static void
probe_free(struct pdane_probe *p)
{
        probe_stop(p);
        pdane_chain_clear(&p->chain);
        free(p);
}

/* without: what it comes to when no server answered. */
static void
finish(struct pdane_probe *p, enum pdane_outcome without)
{
        enum pdane_outcome outcome = p->taken     ? PDANE_OUTCOME_ACCEPTED
                                     : p->chain.n ? PDANE_OUTCOME_REFUSED
                                                  : without;
        probe_stop(p);
        p->finishing = true; /* cancelling it from done does nothing */
        if (outcome == PDANE_OUTCOME_ACCEPTED)
                p->why[0] = '\0';
        p->done(p->arg, outcome, &p->chain, p->why);
        probe_free(p);
}

void
pdane_probe_cancel(struct pdane_probe *p)
{
        if (p && !p->finishing)
                probe_free(p);
}

/* ---- one attempt ---- */

static void start_next(struct pdane_probe *p);

static const char *
address_text(const struct sockaddr_storage *ss, char buf[INET6_ADDRSTRLEN])
{
        const void *address = ss->ss_family == AF_INET
                                      ? (const void *)&((const struct sockaddr_in *)ss)->sin_addr
                                      : (const void *)&((const struct sockaddr_in6 *)ss)->sin6_addr;
        return inet_ntop(ss->ss_family, address, buf, INET6_ADDRSTRLEN) ? buf : "?";
}

/* An attempt has come to nothing. The next one starts at once. May end the probe. */
static void
attempt_fail(struct attempt *a, const char *what)
{
        char text[INET6_ADDRSTRLEN];
        struct pdane_probe *p = a->probe;
        snprintf(p->why, sizeof p->why, "%s: %s", address_text(&a->address, text), what);
        attempt_close(a);
        start_next(p);
}

static void
on_others(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_probe *p = arg;
        (void)fd;
        (void)what;
        finish(p, PDANE_OUTCOME_SERVER_UNREACHABLE);
}

/* One address has what was looked for. The others have a moment more, if they are wanted. May end
 * the probe. */
static void
take(struct pdane_probe *p)
{
        static const struct timeval moment = {PDANE_PROBE_OTHERS_MS / 1000,
                                              (PDANE_PROBE_OTHERS_MS % 1000) * 1000L};
        p->taken = true;
        if (p->every && !p->others)
                p->others = evtimer_new(p->prober->base, on_others, p);
        if (!p->others)
                finish(p, PDANE_OUTCOME_SERVER_UNREACHABLE);
        else if (!evtimer_pending(p->others, NULL) && evtimer_add(p->others, &moment) < 0)
                finish(p, PDANE_OUTCOME_SERVER_UNREACHABLE);
        else
                start_next(p);
}

/* The handshake is done. May end the probe. */
static void
attempt_offer(struct attempt *a)
{
        struct pdane_probe *p = a->probe;
        struct pdane_chain chain = {.n = 0};
        int r = pdane_tls_chain(a->tls, &chain);
        if (r < 0) {
                attempt_fail(a, r == -ENOMEM ? "out of memory" : "certificate cannot be used");
                return;
        }
        attempt_close(a);
        bool wanted = p->take(p->arg, &chain);
        if (wanted || !p->taken) {
                pdane_chain_clear(&p->chain);
                p->chain = chain;
        } else {
                pdane_chain_clear(&chain);
        }
        if (wanted)
                take(p);
        else
                attempt_fail(a, "certificate does not match");
}

static void on_socket(evutil_socket_t fd, short what, void *arg);

static int
wait_for(struct attempt *a, short what)
{
        if (a->event)
                event_free(a->event);
        a->event = event_new(a->probe->prober->base, a->fd, what, on_socket, a);
        return a->event && event_add(a->event, NULL) == 0 ? 0 : -ENOMEM;
}

static void
wait_or_fail(struct attempt *a, short what)
{
        if (wait_for(a, what) < 0)
                attempt_fail(a, "out of memory");
}

static void
handshake(struct attempt *a)
{
        char why[WHY_MAX] = "";
        switch (pdane_tls_step(a->tls, why, sizeof why)) {
        case PDANE_TLS_DONE:
                attempt_offer(a);
                break;
        case PDANE_TLS_WANT_READ:
                wait_or_fail(a, EV_READ);
                break;
        case PDANE_TLS_WANT_WRITE:
                wait_or_fail(a, EV_WRITE);
                break;
        case PDANE_TLS_FAILED:
        default:
                attempt_fail(a, why);
                break;
        }
}

static void
handshake_start(struct attempt *a)
{
        struct pdane_probe *p = a->probe;
        if (pdane_tls_new(p->prober->tls, a->fd, p->host, p->port, p->family, &a->tls) < 0) {
                attempt_fail(a, "out of memory");
                return;
        }
        a->state = ATTEMPT_HANDSHAKE;
        handshake(a);
}

/* What comes before the handshake. */
static void
converse(struct attempt *a)
{
        char why[WHY_MAX] = "";
        switch (pdane_starttls_step(a->starttls, a->fd, why, sizeof why)) {
        case PDANE_STARTTLS_TLS:
                free(a->starttls);
                a->starttls = NULL;
                handshake_start(a);
                break;
        case PDANE_STARTTLS_READ:
                wait_or_fail(a, EV_READ);
                break;
        case PDANE_STARTTLS_SEND:
                wait_or_fail(a, EV_WRITE);
                break;
        case PDANE_STARTTLS_FAILED:
        default:
                attempt_fail(a, why);
                break;
        }
}

static void
converse_start(struct attempt *a)
{
        a->starttls = malloc(sizeof *a->starttls);
        if (!a->starttls) {
                attempt_fail(a, "out of memory");
                return;
        }
        pdane_starttls_init(a->starttls, a->probe->starttls, a->probe->host);
        a->state = ATTEMPT_STARTTLS;
        converse(a);
}

static void
connected(struct attempt *a)
{
        int error = 0;
        socklen_t len = sizeof error;
        if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
                error = errno;
        if (error) {
                attempt_fail(a, strerror(error));
                return;
        }
        if (a->probe->starttls == PDANE_STARTTLS_NONE)
                handshake_start(a);
        else
                converse_start(a);
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
        struct attempt *a = arg;
        (void)fd;
        (void)what;
        if (a->state == ATTEMPT_CONNECTING)
                connected(a);
        else if (a->state == ATTEMPT_STARTTLS)
                converse(a);
        else
                handshake(a);
}

static socklen_t
address_length(const struct sockaddr_storage *ss)
{
        return ss->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* 0 or negative errno; then the attempt has no event. */
static int
attempt_start(struct attempt *a)
{
        a->state = ATTEMPT_CONNECTING;
        a->fd = socket(a->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (a->fd < 0)
                return -errno;
        const struct sockaddr *sa = (const struct sockaddr *)&a->address;
        if (connect(a->fd, sa, address_length(&a->address)) < 0 && errno != EINPROGRESS)
                return -errno;
        return wait_for(a, EV_WRITE);
}

/* ---- one after the other ---- */

static bool
any_under_way(const struct pdane_probe *p)
{
        for (size_t i = 0; i < p->n; i++)
                if (p->attempts[i].state != ATTEMPT_OVER)
                        return true;
        return false;
}

static struct attempt *
next_waiting(struct pdane_probe *p)
{
        for (size_t i = 0; i < p->n; i++)
                if (p->attempts[i].state == ATTEMPT_WAITING)
                        return &p->attempts[i];
        return NULL;
}

/* Starts the next attempt that can be started; without any left, waits for those under way. May end
 * the probe. */
static void
start_next(struct pdane_probe *p)
{
        const struct timeval stagger = {0, p->every ? 0 : STAGGER_MS * 1000L};
        struct attempt *a;
        while ((a = next_waiting(p)) != NULL) {
                char text[INET6_ADDRSTRLEN];
                int r = attempt_start(a);
                if (r == 0) {
                        evtimer_add(p->next_event, &stagger);
                        return;
                }
                snprintf(p->why, sizeof p->why, "%s: %s", address_text(&a->address, text),
                         strerror(-r));
                attempt_close(a);
        }
        evtimer_del(p->next_event);
        if (!any_under_way(p))
                finish(p, PDANE_OUTCOME_SERVER_UNREACHABLE);
}

static void
on_next(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        start_next(arg);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_probe *p = arg;
        (void)fd;
        (void)what;
        if (p->chain.n == 0 && p->why[0] == '\0')
                snprintf(p->why, sizeof p->why, "no answer in time");
        finish(p, PDANE_OUTCOME_SERVER_TIMEOUT);
}

/* ---- starting ---- */

static void
add_address(struct pdane_probe *p, const struct sockaddr_storage *ss)
{
        struct attempt *a = &p->attempts[p->n++];
        *a = (struct attempt){.probe = p, .address = *ss, .fd = -1};
        if (ss->ss_family == AF_INET)
                ((struct sockaddr_in *)&a->address)->sin_port = htons(p->port);
        else
                ((struct sockaddr_in6 *)&a->address)->sin6_port = htons(p->port);
}

static void
add_addresses(struct pdane_probe *p, const struct pdane_probe_request *req)
{
        for (size_t i = 0; i < req->n_addresses; i++) {
                const struct sockaddr *sa = (const struct sockaddr *)&req->addresses[i];
                if (pdane_address_allowed(sa, req->allow_loopback))
                        add_address(p, &req->addresses[i]);
        }
        if (p->n == 0)
                snprintf(p->why, sizeof p->why, "address-refused");
}

static int
arm(struct pdane_probe *p, unsigned deadline_ms)
{
        struct timeval tv = {deadline_ms / 1000, (deadline_ms % 1000) * 1000L};
        p->next_event = evtimer_new(p->prober->base, on_next, p);
        p->deadline = evtimer_new(p->prober->base, on_deadline, p);
        if (!p->next_event || !p->deadline || evtimer_add(p->deadline, &tv) < 0)
                return -ENOMEM;
        event_active(p->next_event, EV_TIMEOUT, 0);
        return 0;
}

static bool
request_valid(const struct pdane_probe_request *req)
{
        return req->host && *req->host && strlen(req->host) <= PDANE_NAME_MAX && req->port &&
               req->addresses && req->n_addresses >= 1 && req->n_addresses <= PDANE_ADDRESSES_MAX &&
               (unsigned)req->starttls < PDANE_STARTTLS_PROTOCOLS && req->take && req->done;
}

int
pdane_probe_start(struct pdane_prober *prober, const struct pdane_probe_request *req,
                  struct pdane_probe **ret)
{
        if (!request_valid(req))
                return -EINVAL;
        if (prober->count >= PDANE_PROBES_MAX)
                return -EBUSY;
        struct pdane_probe *p = calloc(1, sizeof *p);
        if (!p)
                return -ENOMEM;
        p->prober = prober;
        LIST_INSERT_HEAD(&prober->probes, p, entries);
        prober->count++;
        p->take = req->take;
        p->done = req->done;
        p->arg = req->arg;
        p->port = req->port;
        p->family = req->family;
        p->every = req->every;
        p->starttls = req->starttls == PDANE_STARTTLS_AUTO ? pdane_starttls_for_port(req->port)
                                                           : req->starttls;
        memcpy(p->host, req->host, strlen(req->host) + 1);
        add_addresses(p, req);
        int r = arm(p, req->deadline_ms);
        if (r < 0) {
                probe_free(p);
                return r;
        }
        *ret = p;
        return 0;
}

/* ---- the prober ---- */

int
pdane_prober_new(struct event_base *base, struct pdane_prober **ret)
{
        struct pdane_prober *p = calloc(1, sizeof *p);
        if (!p)
                return -ENOMEM;
        int r = pdane_tls_shared_new(&p->tls);
        if (r < 0) {
                free(p);
                return r;
        }
        p->base = base;
        LIST_INIT(&p->probes);
        *ret = p;
        return 0;
}

void
pdane_prober_free(struct pdane_prober *p)
{
        if (!p)
                return;
        for (struct pdane_probe *left = LIST_FIRST(&p->probes), *next; left; left = next) {
                next = LIST_NEXT(left, entries);
                probe_free(left);
        }
        pdane_tls_shared_free(p->tls);
        free(p);
}
