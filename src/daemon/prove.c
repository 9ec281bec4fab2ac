/* SPDX-License-Identifier: BSD-3-Clause */
/* One TLSA question for each name that the host's own answer does not cover; a few at a time. */
#include "daemon/prove.h"

#include <errno.h>
#include <event2/event.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/clock.h"

#define RANDOM_LABEL_BYTES 10

/* One name of the certificate and what DNS says of it. */
struct job {
        struct pdane_prove *owner;
        struct pdane_name name;
        char asked[PDANE_NAME_MAX + 1];
        struct pdane_resolve *resolve;
        struct pdane_host_facts facts;
        bool as_host; /* answered by what is known of the host: facts is empty */
};

struct pdane_prove {
        struct pdane_prove_request req;
        struct pdane_cert *leaf;
        char host[PDANE_NAME_MAX + 1];
        struct event *end; /* the last step, from the event loop */
        struct job *jobs;
        size_t n_jobs, next, open;
};

int
pdane_random_label(const char *parent, char *ret)
{
        unsigned char r[RANDOM_LABEL_BYTES];
        char label[2 * RANDOM_LABEL_BYTES + 1];
        if (RAND_bytes(r, sizeof r) != 1)
                return -EIO;
        for (size_t i = 0; i < sizeof r; i++)
                snprintf(label + 2 * i, 3, "%02x", r[i]);
        int n = snprintf(ret, PDANE_NAME_MAX + 1, "%s.%s", label, parent);
        return n > 0 && (size_t)n <= PDANE_NAME_MAX ? 0 : -ENAMETOOLONG;
}

void
pdane_prove_cancel(struct pdane_prove *p)
{
        if (!p)
                return;
        for (size_t i = 0; i < p->n_jobs; i++) {
                /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): then there are none */
                pdane_resolve_cancel(p->jobs[i].resolve);
                pdane_host_facts_clear(&p->jobs[i].facts);
        }
        if (p->end)
                event_free(p->end);
        pdane_cert_unref(p->leaf);
        free(p->jobs);
        free(p);
}

/* ---- the end ---- */

static struct pdane_proof
proof_of(const struct pdane_prove *prove, const struct pdane_name *name, const char *asked,
         const struct pdane_host_facts *f)
{
        int64_t cap = pdane_clock_wall() + prove->req.max_ttl_s;
        struct pdane_proof p = {
                .name = *name,
                .tlsa_verdict = f->tlsa_verdict,
                .tlsa = f->tlsa,
                .synthesised = f->synthesised,
                .not_after = f->not_after < cap ? f->not_after : cap,
        };
        snprintf(p.asked, sizeof p.asked, "%s", asked);
        /* Insecure addresses make the TLSA question moot: what is known of the name is that. */
        if (p.tlsa_verdict == PDANE_DNS_UNKNOWN && f->address_verdict != PDANE_DNS_SECURE)
                p.tlsa_verdict = f->address_verdict;
        return p;
}

static void
on_end(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_prove *p = arg;
        struct pdane_name self = {.wildcard = false};
        struct pdane_proof *proofs = calloc(p->n_jobs + 1, sizeof *proofs);
        size_t n = 0;
        (void)fd;
        (void)what;

        snprintf(self.text, sizeof self.text, "%s", p->host);
        if (proofs)
                proofs[n++] = proof_of(p, &self, p->host, p->req.facts);
        for (size_t i = 0; proofs && i < p->n_jobs; i++) {
                const struct job *j = &p->jobs[i];
                if (!j->as_host || j->name.wildcard)
                        proofs[n++] = proof_of(p, &j->name, j->asked,
                                               j->as_host ? p->req.facts : &j->facts);
        }
        p->req.done(p->req.arg, proofs,
                    n); /* none at all when memory is out: nothing is covered then */
        free(proofs);
        pdane_prove_cancel(p);
}

/* ---- jobs ---- */

static void start_jobs(struct pdane_prove *p);

static void
on_facts(void *arg, struct pdane_host_facts *facts)
{
        struct job *j = arg;
        j->resolve = NULL;
        j->facts = *facts;
        *facts = (struct pdane_host_facts){0};
        j->owner->open--;
        start_jobs(j->owner);
}

static void
start_job(struct pdane_prove *p, struct job *j)
{
        struct pdane_resolve_request req = {
                .base = p->req.base,
                .host = j->asked,
                .port = p->req.port,
                .need_address = false,
                .timeout_ms = PDANE_DNS_QUESTION_MS,
                .done = on_facts,
                .arg = j,
                .min_ttl_s = p->req.min_ttl_s,
        };
        if (j->as_host || !*j->asked)
                return; /* without an answer of its own a name is not covered */
        if (pdane_resolve_start(p->req.resolver, &req, &j->resolve) == 0)
                p->open++;
}

static void
start_jobs(struct pdane_prove *p)
{
        while (p->next < p->n_jobs && p->open < PDANE_PROOFS_AT_ONCE)
                start_job(p, &p->jobs[p->next++]);
        if (p->open == 0)
                event_active(p->end, EV_TIMEOUT, 0);
}

static void
plan_job(struct pdane_prove *p, struct job *j, const struct pdane_name *name)
{
        j->owner = p;
        j->name = *name;
        j->as_host =
                pdane_name_covers(name, p->host) && (!name->wildcard || p->req.facts->synthesised);
        if (j->as_host)
                snprintf(j->asked, sizeof j->asked, "%s", p->host);
        else if (!name->wildcard)
                snprintf(j->asked, sizeof j->asked, "%s", name->text);
        else if (pdane_random_label(name->text, j->asked) < 0)
                j->asked[0] = '\0';
        if (!pdane_access_name(p->req.access, name)) {
                j->as_host = false;
                j->asked[0] = '\0';
        }
}

/* A certificate whose list of names cannot be used needs no proofs: it is refused for that. */
static size_t
names_to_prove(const struct pdane_cert *leaf)
{
        const char *text = NULL;
        size_t n = pdane_cert_n_names(leaf);
        bool usable = pdane_cert_names_reason(leaf, &text) == PDANE_REASON_ACCEPTED;
        return usable && n <= PDANE_CERT_NAMES_MAX ? n : 0;
}

int
pdane_prove_start(const struct pdane_prove_request *req, struct pdane_prove **ret)
{
        struct pdane_prove *p = calloc(1, sizeof *p);
        if (!p)
                return -ENOMEM;
        p->req = *req;
        p->leaf = pdane_cert_ref(req->leaf);
        snprintf(p->host, sizeof p->host, "%s", req->host);
        p->end = evtimer_new(req->base, on_end, p);
        size_t n = names_to_prove(req->leaf);
        p->jobs = calloc(n ? n : 1, sizeof *p->jobs);
        if (!p->end || !p->jobs) {
                pdane_prove_cancel(p);
                return -ENOMEM;
        }
        p->n_jobs = n;
        struct pdane_name name;
        for (size_t i = 0; i < n && pdane_cert_name(req->leaf, i, &name); i++)
                plan_job(p, &p->jobs[i], &name);
        start_jobs(p);
        *ret = p;
        return 0;
}
