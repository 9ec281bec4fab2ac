/* SPDX-License-Identifier: BSD-3-Clause */
/* One lookup: resolve -> probe -> prove every name -> decide. Each step can only end in the next or
 * in distrust. */
#include "daemon/run.h"

#include <errno.h>
#include <event2/event.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/clock.h"
#include "daemon/resolve.h"

#define RANDOM_LABEL_BYTES 10

/* One name of the certificate and what DNS says of it. */
struct proof_job {
        struct pdane_run *run;
        struct pdane_name name;
        char asked[PDANE_NAME_MAX + 1];
        struct pdane_resolve *resolve;
        struct pdane_host_facts facts;
        bool as_host; /* answered by the lookup of the host itself: facts is empty */
};

struct pdane_run {
        struct pdane_run_request req;
        bool decided, accepted;
        struct pdane_decision decision;
        struct pdane_run_env env;      /* as it was at the start: a reload changes later runs */
        char host[PDANE_NAME_MAX + 1]; /* what is asked and sent as SNI */
        struct event *deadline;
        struct pdane_resolve *resolve;
        struct pdane_host_facts facts;
        struct pdane_probe *probe;
        struct pdane_chain chain;
        struct proof_job *jobs;
        size_t n_jobs, next_job, jobs_open;
        char why[128];
};

/* A label that nobody can have published: what answers for it is a wildcard. */
static int
random_label_under(const char *parent, char ret[PDANE_NAME_MAX + 1])
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

static void
chain_copy(struct pdane_chain *to, const struct pdane_chain *from)
{
        pdane_chain_clear(to);
        for (size_t i = 0; i < from->n; i++)
                to->certs[i] = pdane_cert_ref(from->certs[i]);
        to->n = from->n;
}

static bool
same_leaf(const struct pdane_chain *a, const struct pdane_chain *b)
{
        return a->n && b->n &&
               pdane_bytes_equal(pdane_cert_der(a->certs[0]), pdane_cert_der(b->certs[0]));
}

static enum pdane_key_family
other_family(const struct pdane_cert *leaf)
{
        EVP_PKEY *key = X509_get0_pubkey(pdane_cert_x509(leaf));
        return key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA ? PDANE_KEY_ECC : PDANE_KEY_RSA;
}

static void
free_jobs(struct pdane_run *run)
{
        for (size_t i = 0; i < run->n_jobs; i++) {
                pdane_resolve_cancel(run->jobs[i].resolve);
                pdane_host_facts_clear(&run->jobs[i].facts);
        }
        free(run->jobs);
        run->jobs = NULL;
        run->n_jobs = 0;
}

void
pdane_run_cancel(struct pdane_run *run)
{
        if (!run)
                return;
        if (run->deadline)
                event_free(run->deadline);
        pdane_resolve_cancel(run->resolve);
        pdane_probe_cancel(run->probe);
        free_jobs(run);
        pdane_host_facts_clear(&run->facts);
        pdane_chain_clear(&run->chain);
        pdane_decision_clear(&run->decision);
        free(run);
}

static void
finish(struct pdane_run *run, const struct pdane_run_result *result)
{
        run->req.done(run->req.arg, result);
        pdane_run_cancel(run);
}

static void
finish_without(struct pdane_run *run, enum pdane_outcome outcome)
{
        struct pdane_run_result r = {
                .outcome = outcome, .not_after = run->facts.not_after, .why = run->why};
        finish(run, &r);
}

/* ---- the decision ---- */

static struct pdane_proof
proof_of(const struct pdane_name *name, const char *asked, const struct pdane_host_facts *f,
         int64_t now)
{
        struct pdane_proof p = {
                .name = *name,
                .tlsa_verdict = f->tlsa_verdict,
                .tlsa = f->tlsa,
                .synthesised = f->synthesised,
                .not_after = f->not_after,
        };
        snprintf(p.asked, sizeof p.asked, "%s", asked);
        if (p.not_after > now + PDANE_EVIDENCE_CAP_S)
                p.not_after = now + PDANE_EVIDENCE_CAP_S;
        /* Insecure addresses make the TLSA question moot: what is known of the name is that. */
        if (p.tlsa_verdict == PDANE_DNS_UNKNOWN)
                p.tlsa_verdict = f->address_verdict == PDANE_DNS_SECURE ? PDANE_DNS_UNKNOWN
                                                                        : f->address_verdict;
        return p;
}

static void start_probe(struct pdane_run *run, enum pdane_key_family family);

static void
offer_evidence(struct pdane_run *run, const struct pdane_decision *d, int64_t now)
{
        char shown[PDANE_NAME_MAX + 3];
        struct pdane_evidence *e = NULL;
        if (pdane_evidence_new(pdane_name_format(&run->req.name, shown), run->req.port,
                               run->chain.certs[0], d, now, &e) < 0)
                return;
        run->accepted = true;
        run->req.evidence(run->req.arg, e);
        pdane_evidence_unref(e);
}

/* What there is to tell once no more certificates are to be had: the first decision, or a later one
 * that accepted. */
static void
finish_decided(struct pdane_run *run)
{
        struct pdane_run_result result = {
                .outcome = run->accepted ? PDANE_OUTCOME_ACCEPTED : PDANE_OUTCOME_REFUSED,
                .decision = run->decision,
                .not_after = run->accepted ? run->decision.not_after : run->facts.not_after,
                .why = run->why,
        };
        finish(run, &result);
}

/* Takes d. */
static void
conclude_take(struct pdane_run *run, struct pdane_decision *d, int64_t now)
{
        bool first = !run->decided;
        bool was_accepted = run->accepted;

        if (d->reason == PDANE_REASON_ACCEPTED)
                offer_evidence(run, d, now);
        if (first || (run->accepted && !was_accepted)) {
                pdane_decision_clear(&run->decision);
                run->decision = *d;
        } else {
                pdane_decision_clear(d);
        }
        run->decided = true;
        if (first && run->chain.n)
                start_probe(run, other_family(run->chain.certs[0]));
        else
                finish_decided(run);
}

static void
decide(struct pdane_run *run)
{
        int64_t now = pdane_clock_wall();
        struct pdane_decision d = {0};
        struct pdane_proof *proofs = calloc(run->n_jobs + 1, sizeof *proofs);
        if (!proofs) {
                conclude_take(run, &d, now); /* reason UNKNOWN: refused */
                return;
        }
        struct pdane_name self = {.wildcard = false};
        snprintf(self.text, sizeof self.text, "%s", run->host);
        size_t n = 0;
        proofs[n++] = proof_of(&self, run->host, &run->facts, now);
        for (size_t i = 0; i < run->n_jobs; i++) {
                const struct proof_job *j = &run->jobs[i];
                if (!j->as_host || j->name.wildcard)
                        proofs[n++] = proof_of(&j->name, j->asked,
                                               j->as_host ? &run->facts : &j->facts, now);
        }
        int r = pdane_decide(&run->chain, run->host, proofs, n, &run->env.policy, now, &d);
        free(proofs);
        if (r < 0)
                d = (struct pdane_decision){0};
        conclude_take(run, &d, now);
}

/* ---- proofs ---- */

static void start_jobs(struct pdane_run *run);

static void
on_job(void *arg, struct pdane_host_facts *facts)
{
        struct proof_job *j = arg;
        struct pdane_run *run = j->run;
        j->resolve = NULL;
        j->facts = *facts;
        *facts = (struct pdane_host_facts){0};
        run->jobs_open--;
        start_jobs(run);
}

static void
start_job(struct proof_job *j)
{
        struct pdane_run *run = j->run;
        struct pdane_resolve_request req = {
                .base = run->env.base,
                .host = j->asked,
                .port = run->req.port,
                .need_address = false,
                .timeout_ms = PDANE_DNS_QUESTION_MS,
                .done = on_job,
                .arg = j,
        };
        if (j->as_host || !*j->asked)
                return; /* without an answer of its own a name is not covered */
        if (pdane_resolve_start(run->env.resolver, &req, &j->resolve) == 0)
                run->jobs_open++;
}

static void
start_jobs(struct pdane_run *run)
{
        while (run->next_job < run->n_jobs && run->jobs_open < PDANE_PROOFS_AT_ONCE)
                start_job(&run->jobs[run->next_job++]);
        if (run->jobs_open == 0)
                decide(run);
}

static void
plan_job(struct pdane_run *run, struct proof_job *j, const struct pdane_name *name)
{
        j->run = run;
        j->name = *name;
        j->as_host =
                pdane_name_covers(name, run->host) && (!name->wildcard || run->facts.synthesised);
        if (j->as_host)
                snprintf(j->asked, sizeof j->asked, "%s", run->host);
        else if (!name->wildcard)
                snprintf(j->asked, sizeof j->asked, "%s", name->text);
        else if (random_label_under(name->text, j->asked) < 0)
                j->asked[0] = '\0';
}

static void
prove(struct pdane_run *run)
{
        const struct pdane_cert *leaf = run->chain.certs[0];
        const char *text = NULL;
        size_t n = pdane_cert_names_reason(leaf, &text) == PDANE_REASON_ACCEPTED
                           ? pdane_cert_n_names(leaf)
                           : 0;
        if (n > PDANE_CERT_NAMES_MAX)
                n = 0;
        free_jobs(run);
        run->next_job = 0;
        run->jobs = calloc(n ? n : 1, sizeof *run->jobs);
        if (!run->jobs)
                n = 0;
        for (size_t i = 0; i < n; i++)
                plan_job(run, &run->jobs[i], pdane_cert_name(leaf, i));
        run->n_jobs = n;
        start_jobs(run); /* without jobs the decision refuses by itself */
}

/* ---- the server ---- */

static bool
on_chain(void *arg, const struct pdane_chain *chain)
{
        struct pdane_run *run = arg;
        struct pdane_match m = {0};
        return pdane_match_chain(chain, run->host, run->facts.tlsa, pdane_clock_wall(), &m, NULL) ==
                       0 &&
               m.reason == PDANE_REASON_ACCEPTED;
}

/* A chain that does not match: the decision says so, without asking about its other names. */
static void
decide_unproven(struct pdane_run *run)
{
        free_jobs(run);
        decide(run);
}

static void
on_probe(void *arg, enum pdane_outcome outcome, const struct pdane_chain *chain, const char *why)
{
        struct pdane_run *run = arg;
        run->probe = NULL;
        if (run->decided && chain->n == 0) {
                finish_decided(run); /* there is no other one: the common case */
                return;
        }
        snprintf(run->why, sizeof run->why, "%s", why);
        if (chain->n == 0) {
                finish_without(run, outcome == PDANE_OUTCOME_SERVER_TIMEOUT
                                            ? outcome
                                            : PDANE_OUTCOME_SERVER_UNREACHABLE);
                return;
        }
        if (run->decided && same_leaf(&run->chain, chain)) {
                finish_decided(run); /* the server has only this one */
                return;
        }
        chain_copy(&run->chain, chain);
        if (outcome == PDANE_OUTCOME_ACCEPTED)
                prove(run);
        else
                decide_unproven(run);
}

static void
start_probe(struct pdane_run *run, enum pdane_key_family family)
{
        struct pdane_probe_request req = {
                .family = family,
                .host = run->host,
                .port = run->req.port,
                .addresses = run->facts.addresses,
                .n_addresses = run->facts.n_addresses,
                .allow_loopback = run->env.allow_loopback,
                .deadline_ms = run->decided ? PDANE_SECOND_PROBE_MS : PDANE_PROBE_MS,
                .take = on_chain,
                .done = on_probe,
                .arg = run,
        };
        int r = pdane_probe_start(run->env.prober, &req, &run->probe);
        if (r < 0 && run->decided) {
                finish_decided(run);
        } else if (r < 0) {
                snprintf(run->why, sizeof run->why, "probe-failed-errno-%d", -r);
                finish_without(run, PDANE_OUTCOME_SERVER_UNREACHABLE);
        }
}

/* ---- DNS ---- */

static enum pdane_outcome
outcome_of(enum pdane_dns_verdict v)
{
        switch (v) {
        case PDANE_DNS_NO_RECORDS:
                return PDANE_OUTCOME_NO_RECORDS;
        case PDANE_DNS_INSECURE:
                return PDANE_OUTCOME_INSECURE;
        case PDANE_DNS_BOGUS:
                return PDANE_OUTCOME_BOGUS;
        case PDANE_DNS_TIMEOUT:
                return PDANE_OUTCOME_DNS_TIMEOUT;
        case PDANE_DNS_UNREACHABLE:
        case PDANE_DNS_UNKNOWN:
        case PDANE_DNS_SECURE: /* the caller handles it; here it is no reason for trust */
        default:
                return PDANE_OUTCOME_DNS_UNREACHABLE;
        }
}

static void
on_facts(void *arg, struct pdane_host_facts *facts)
{
        struct pdane_run *run = arg;
        run->resolve = NULL;
        run->facts = *facts;
        *facts = (struct pdane_host_facts){0};
        snprintf(run->why, sizeof run->why, "%s", run->facts.why);

        if (run->facts.address_verdict != PDANE_DNS_SECURE) {
                finish_without(run, outcome_of(run->facts.address_verdict));
        } else if (run->facts.tlsa_verdict != PDANE_DNS_SECURE) {
                finish_without(run, outcome_of(run->facts.tlsa_verdict));
        } else if (!pdane_tlsa_set_usable(run->facts.tlsa)) {
                struct pdane_decision d = {.reason = PDANE_REASON_UNUSABLE};
                conclude_take(run, &d, pdane_clock_wall());
        } else {
                run->req.has_tlsa(run->req.arg);
                start_probe(run, PDANE_KEY_ANY);
        }
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_run *run = arg;
        (void)fd;
        (void)what;
        if (run->decided) {
                finish_decided(run);
                return;
        }
        snprintf(run->why, sizeof run->why, "lookup-deadline");
        finish_without(run, run->probe ? PDANE_OUTCOME_SERVER_TIMEOUT : PDANE_OUTCOME_DNS_TIMEOUT);
}

static int
arm_deadline(struct pdane_run *run)
{
        const struct timeval tv = {PDANE_RUN_MS / 1000, (PDANE_RUN_MS % 1000) * 1000};
        run->deadline = evtimer_new(run->env.base, on_deadline, run);
        return run->deadline && evtimer_add(run->deadline, &tv) == 0 ? 0 : -ENOMEM;
}

int
pdane_run_start(const struct pdane_run_request *req, struct pdane_run **ret)
{
        struct pdane_run *run = calloc(1, sizeof *run);
        if (!run)
                return -ENOMEM;
        run->req = *req;
        run->env = *req->env;
        int r = 0;
        if (req->name.wildcard)
                r = random_label_under(req->name.text, run->host);
        else
                snprintf(run->host, sizeof run->host, "%s", req->name.text);
        struct pdane_resolve_request rr = {
                .base = req->env->base,
                .host = run->host,
                .port = req->port,
                .need_address = true,
                .timeout_ms = PDANE_DNS_QUESTION_MS,
                .done = on_facts,
                .arg = run,
        };
        if (r == 0)
                r = arm_deadline(run);
        if (r == 0)
                r = pdane_resolve_start(req->env->resolver, &rr, &run->resolve);
        if (r < 0) {
                pdane_run_cancel(run);
                return r;
        }
        *ret = run;
        return 0;
}
