/* SPDX-License-Identifier: BSD-3-Clause */
#include "fake_prober.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

struct pdane_prober {
        int unused;
};

struct pdane_probe {
        struct pdane_probe_request req;
        struct event *timer;
        struct pdane_probe *next;
};

static struct event_base *base;
static struct pdane_chain chain, other, second;
static struct pdane_probe *held;
static bool hold;
static unsigned count;
static char last_host[PDANE_NAME_MAX + 1];
static enum pdane_key_family last_family;
static struct pdane_prober only;

void
fake_prober_reset(struct event_base *b)
{
        base = b;
        pdane_chain_clear(&chain);
        pdane_chain_clear(&other);
        pdane_chain_clear(&second);
        hold = false;
        count = 0;
}

void
fake_prober_set(struct pdane_cert *const *certs, size_t n)
{
        pdane_chain_clear(&chain);
        for (size_t i = 0; i < n; i++)
                chain.certs[i] = pdane_cert_ref(certs[i]);
        chain.n = n;
}

void
fake_prober_set_other(struct pdane_cert *cert)
{
        pdane_chain_clear(&other);
        other.certs[0] = pdane_cert_ref(cert);
        other.n = 1;
}

void
fake_prober_set_second(struct pdane_cert *cert)
{
        pdane_chain_clear(&second);
        second.certs[0] = pdane_cert_ref(cert);
        second.n = 1;
}

void
fake_prober_hold(bool h)
{
        hold = h;
}

static void
fire(struct pdane_probe *p)
{
        const struct timeval now = {0, 0};
        evtimer_add(p->timer, &now);
}

void
fake_prober_release(void)
{
        hold = false;
        for (struct pdane_probe *p = held; p; p = p->next)
                fire(p);
}

unsigned
fake_prober_count(void)
{
        return count;
}

enum pdane_key_family
fake_prober_last_family(void)
{
        return last_family;
}

const char *
fake_prober_last_host(void)
{
        return last_host;
}

struct pdane_prober *
fake_prober(void)
{
        return &only;
}

void
pdane_probe_cancel(struct pdane_probe *p)
{
        if (!p)
                return;
        for (struct pdane_probe **at = &held; *at; at = &(*at)->next) {
                if (*at == p) {
                        *at = p->next;
                        break;
                }
        }
        event_free(p->timer);
        free(p);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_probe *p = arg;
        struct pdane_probe_request req = p->req;
        (void)fd;
        (void)what;
        const struct pdane_chain *c = req.family != PDANE_KEY_ANY && other.n ? &other : &chain;
        bool taken = c->n && req.take(req.arg, c);
        if ((!taken || req.every) && second.n && req.family == PDANE_KEY_ANY) {
                bool too = req.take(req.arg, &second);
                if (too || !taken)
                        c = &second;
                taken |= too;
        }
        pdane_probe_cancel(p);
        enum pdane_outcome o = taken  ? PDANE_OUTCOME_ACCEPTED
                               : c->n ? PDANE_OUTCOME_REFUSED
                                      : PDANE_OUTCOME_SERVER_UNREACHABLE;
        req.done(req.arg, o, c, c->n ? "" : "connection-refused");
}

int
pdane_probe_start(struct pdane_prober *prober, const struct pdane_probe_request *req,
                  struct pdane_probe **ret)
{
        struct pdane_probe *p = calloc(1, sizeof *p);
        (void)prober;
        if (!p)
                return -ENOMEM;
        p->req = *req;
        p->timer = evtimer_new(base, on_timer, p);
        p->next = held;
        held = p;
        count++;
        snprintf(last_host, sizeof last_host, "%s", req->host);
        last_family = req->family;
        if (!hold)
                fire(p);
        *ret = p;
        return 0;
}
