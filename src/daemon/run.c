/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One lookup: resolve, then candidate by candidate prove and decide. Candidates are the
 * certificates that DNS has whole, and those that the server shows at any of its addresses, of
 * either key family. What comes while another one is judged waits for its turn. Each step can only
 * end in the next or in distrust.
 */
#include "daemon/run.h"

#include <errno.h>
#include <event2/event.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/counters.h"
#include "daemon/prove.h"
#include "trust/settled.h"

/* Where the next candidate comes from. */
enum source {
        FROM_DNS = 0,    /* a record Cert(0) Full(0) of DANE-EE */
        FROM_SERVER,     /* the certificate of the server's choice */
        FROM_SERVER_TOO, /* the one of the other key family */
        FROM_NOWHERE,
};

/* Each address shows at most one certificate of each family. */
#define SHOWN_MAX (2 * PDANE_ADDRESSES_MAX)

struct pdane_run {
        struct pdane_run_request req;
        struct pdane_run_env env;      /* as it was at the start: a reload changes later runs */
        char host[PDANE_NAME_MAX + 1]; /* what is asked and sent as SNI */
        struct event *deadline;
        struct pdane_resolve *resolve;
        struct pdane_host_facts facts;
        struct pdane_probe *probe;
        struct pdane_prove *prove;
        enum pdane_key_family family; /* of the last probe */
        enum source source;           /* of the next candidate */
        size_t next_record;           /* FROM_DNS */
        struct pdane_chain chain;     /* the candidate */
        bool judging;
        /* Each matching chain of the server's once, in the order of judgement; before next_shown:
         * judged, or being judged. */
        struct pdane_chain shown[SHOWN_MAX];
        size_t n_shown, next_shown;
        struct pdane_chain unmatched; /* the last that the server showed and does not match */
        bool decided, accepted;       /* about any candidate */
        struct pdane_decision decision;
        char why[128];
};

static void next_candidate(struct pdane_run *run);

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

void
pdane_run_cancel(struct pdane_run *run)
{
        if (!run)
                return;
        if (run->deadline)
                event_free(run->deadline);
        pdane_resolve_cancel(run->resolve);
        pdane_probe_cancel(run->probe);
        pdane_prove_cancel(run->prove);
        pdane_host_facts_clear(&run->facts);
        pdane_chain_clear(&run->chain);
        for (size_t i = 0; i < run->n_shown; i++)
                pdane_chain_clear(&run->shown[i]);
        pdane_chain_clear(&run->unmatched);
        pdane_decision_clear(&run->decision);
        free(run);
}

/* ---- ends ---- */

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

/* Without any candidate the reason is why there was none. */
static void
finish_unserved(struct pdane_run *run, enum pdane_outcome outcome)
{
        if (run->decided)
                finish_decided(run);
        else
                finish_without(run, outcome == PDANE_OUTCOME_SERVER_TIMEOUT
                                            ? outcome
                                            : PDANE_OUTCOME_SERVER_UNREACHABLE);
}

/* ---- telling ---- */

static void
on_step(void *arg, const struct pdane_resolve_step *step)
{
        const struct pdane_run *run = arg;
        if (run->req.observer)
                run->req.observer->step(run->req.observer_arg, step);
}

static void
tell_decision(const struct pdane_run *run, const struct pdane_proof *proofs, size_t n_proofs,
              const struct pdane_decision *d, int64_t now)
{
        const struct pdane_run_case c = {
                .host = run->host,
                .from_dns = run->source == FROM_DNS,
                .of_other_family = run->source == FROM_NOWHERE,
                .chain = &run->chain,
                .proofs = proofs,
                .n_proofs = n_proofs,
                .decision = d,
                .now = now,
        };
        if (run->req.observer)
                run->req.observer->decided(run->req.observer_arg, &c);
}

/* ---- one candidate ---- */

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

/* Takes d. */
static void
conclude_take(struct pdane_run *run, struct pdane_decision *d, int64_t now)
{
        bool was_accepted = run->accepted;

        if (d->reason == PDANE_REASON_ACCEPTED)
                offer_evidence(run, d, now);
        if (!run->decided || (run->accepted && !was_accepted)) {
                pdane_decision_clear(&run->decision);
                run->decision = *d;
        } else {
                pdane_decision_clear(d);
        }
        run->decided = true;
        run->judging = false;
        next_candidate(run);
}

static void
on_proofs(void *arg, const struct pdane_proof *proofs, size_t n)
{
        struct pdane_run *run = arg;
        int64_t now = pdane_clock_wall();
        struct pdane_decision d = {0};
        run->prove = NULL;
        if (pdane_decide(&run->chain, run->host, proofs, n, &run->env.policy, now, &d) < 0)
                d = (struct pdane_decision){0}; /* reason UNKNOWN: refused */
        tell_decision(run, proofs, n, &d, now);
        conclude_take(run, &d, now);
}

static void
judge_candidate(struct pdane_run *run)
{
        const struct pdane_prove_request req = {
                .base = run->env.base,
                .resolver = run->env.resolver,
                .access = run->env.access,
                .leaf = run->chain.certs[0],
                .host = run->host,
                .port = run->req.port,
                .min_ttl_s = run->env.min_ttl_s,
                .max_ttl_s = run->env.max_ttl_s,
                .facts = &run->facts,
                .done = on_proofs,
                .arg = run,
        };
        run->judging = true;
        pdane_resolver_set_asker(run->env.resolver, run->req.uid, true);
        int r = pdane_prove_start(&req, &run->prove);
        pdane_resolver_set_asker(run->env.resolver, PDANE_DNS_NOBODY, false);
        if (r < 0) {
                struct pdane_decision d = {0};
                conclude_take(run, &d, pdane_clock_wall());
        }
}

/* A chain that does not match: the decision says so, without asking about its other names. May end
 * the run. */
static void
judge_unmatched(struct pdane_run *run)
{
        struct pdane_proof proof = {
                .tlsa_verdict = run->facts.tlsa_verdict,
                .tlsa = run->facts.tlsa,
                .not_after = run->facts.not_after,
        };
        int64_t now = pdane_clock_wall();
        struct pdane_decision d = {0};
        snprintf(proof.name.text, sizeof proof.name.text, "%s", run->host);
        snprintf(proof.asked, sizeof proof.asked, "%s", run->host);
        if (pdane_decide(&run->chain, run->host, &proof, 1, &run->env.policy, now, &d) < 0)
                d = (struct pdane_decision){0};
        tell_decision(run, &proof, 1, &d, now);
        conclude_take(run, &d, now);
}

/* ---- candidates from the server ---- */

static bool
matches(const struct pdane_run *run, const struct pdane_chain *chain)
{
        struct pdane_match m = {0};
        int r = pdane_match_chain(chain, run->host, run->facts.tlsa, pdane_clock_wall(), &m, NULL);
        return r == 0 && m.reason == PDANE_REASON_ACCEPTED;
}

static bool
was_shown(const struct pdane_run *run, const struct pdane_chain *chain)
{
        for (size_t i = 0; i < run->n_shown; i++)
                if (same_leaf(&run->shown[i], chain))
                        return true;
        return false;
}

/* What there is no evidence for goes first: a client may be waiting for it. */
static void
line_up(struct pdane_run *run, const struct pdane_chain *chain)
{
        size_t at = run->n_shown;
        bool known = run->req.is_known(run->req.arg, chain->certs[0]);
        if (run->n_shown == SHOWN_MAX)
                return;
        while (!known && at > run->next_shown &&
               run->req.is_known(run->req.arg, run->shown[at - 1].certs[0]))
                at--;
        memmove(&run->shown[at + 1], &run->shown[at], (run->n_shown - at) * sizeof *run->shown);
        run->shown[at] = (struct pdane_chain){.n = 0};
        chain_copy(&run->shown[at], chain);
        run->n_shown++;
}

/* Whatever matches is judged, for a client may be shown any of them. The run is not ended here. */
static bool
on_chain(void *arg, const struct pdane_chain *chain)
{
        struct pdane_run *run = arg;
        if (!matches(run, chain)) {
                chain_copy(&run->unmatched, chain);
                return false;
        }
        if (was_shown(run, chain))
                return true;
        line_up(run, chain);
        if (!run->judging)
                next_candidate(run);
        return true;
}

static void
on_probe(void *arg, enum pdane_outcome outcome, const struct pdane_chain *chain, const char *why)
{
        struct pdane_run *run = arg;
        (void)chain;
        run->probe = NULL;
        if (run->req.observer)
                run->req.observer->probed(run->req.observer_arg, run->family, outcome, why);
        if (run->judging)
                return; /* its end is the next step */
        if (!run->decided && outcome != PDANE_OUTCOME_ACCEPTED)
                snprintf(run->why, sizeof run->why, "%s", why);
        if (!run->decided && run->unmatched.n) {
                chain_copy(&run->chain, &run->unmatched);
                judge_unmatched(run);
        } else if (run->decided) {
                next_candidate(run); /* of the other family: there is none, the common case */
        } else {
                finish_unserved(run, outcome);
        }
}

static void
probe(struct pdane_run *run, enum pdane_key_family family, unsigned deadline_ms)
{
        struct pdane_probe_request req = {
                .family = family,
                .host = run->host,
                .port = run->req.port,
                .addresses = run->facts.addresses,
                .n_addresses = run->facts.n_addresses,
                .allow_loopback = run->env.allow_loopback,
                .deadline_ms = deadline_ms,
                .every = true,
                .take = on_chain,
                .done = on_probe,
                .arg = run,
        };
        run->family = family;
        if (run->env.counters)
                run->env.counters->probes++;
        int r = pdane_probe_start(run->env.prober, &req, &run->probe);
        if (r < 0) {
                snprintf(run->why, sizeof run->why, "probe-failed-errno-%d", -r);
                finish_unserved(run, PDANE_OUTCOME_SERVER_UNREACHABLE);
        }
}

static enum pdane_key_family
other_family(const struct pdane_cert *leaf)
{
        EVP_PKEY *key = X509_get0_pubkey(pdane_cert_x509(leaf));
        int kind = key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;

        return kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS ? PDANE_KEY_ECC : PDANE_KEY_RSA;
}

/* ---- candidates from DNS ---- */

static bool
holds_leaf(const struct pdane_tlsa *t)
{
        return pdane_tlsa_usable(t) && t->usage == 3 && t->selector == 0 && t->matching == 0;
}

/*
 * The certificate that a record holds whole, when its own signature shows that whoever published it
 * has its key. Of any other the server must show that: a copied public intermediate's key in a
 * certificate that is none of an authority's would stand in the intermediate's way (OpenSSL).
 */
static struct pdane_cert *
leaf_of_record(const struct pdane_tlsa *t)
{
        struct pdane_cert *c = NULL;
        if (!holds_leaf(t) || pdane_cert_new(t->data, t->len, &c) < 0)
                return NULL;
        if (pdane_cert_self_signed(c))
                return c;
        pdane_cert_unref(c);
        return NULL;
}

/* The next such certificate becomes the candidate. */
static bool
take_from_dns(struct pdane_run *run)
{
        while (run->next_record < pdane_tlsa_set_count(run->facts.tlsa)) {
                const struct pdane_tlsa *t =
                        pdane_tlsa_set_get(run->facts.tlsa, run->next_record++);
                struct pdane_cert *c = leaf_of_record(t);
                if (!c)
                        continue;
                pdane_chain_clear(&run->chain);
                run->chain.certs[0] = c;
                run->chain.n = 1;
                return true;
        }
        return false;
}

/* When every usable record holds such a certificate, the server has nothing to add. */
static bool
server_has_more(const struct pdane_run *run)
{
        if (!run->decided)
                return true;
        for (size_t i = 0; i < pdane_tlsa_set_count(run->facts.tlsa); i++) {
                const struct pdane_tlsa *t = pdane_tlsa_set_get(run->facts.tlsa, i);
                struct pdane_cert *c = leaf_of_record(t);
                bool more = pdane_tlsa_usable(t) && !c;
                pdane_cert_unref(c);
                if (more)
                        return true;
        }
        return false;
}

/* The next one that the server showed becomes the candidate. */
static bool
take_shown(struct pdane_run *run)
{
        if (run->next_shown == run->n_shown)
                return false;
        chain_copy(&run->chain, &run->shown[run->next_shown++]);
        return true;
}

static void
next_candidate(struct pdane_run *run)
{
        if (take_shown(run) || (run->source == FROM_DNS && take_from_dns(run))) {
                judge_candidate(run);
                return;
        }
        if (run->probe)
                return; /* it may show more */
        if (run->source == FROM_DNS)
                run->source = server_has_more(run) ? FROM_SERVER : FROM_NOWHERE;
        switch (run->source) {
        case FROM_SERVER:
                run->source = FROM_SERVER_TOO;
                probe(run, PDANE_KEY_ANY, PDANE_PROBE_MS);
                break;
        case FROM_SERVER_TOO:
                run->source = FROM_NOWHERE;
                run->req.looked(run->req.arg);
                if (pdane_tlsa_settled(run->facts.tlsa, run->shown, run->n_shown))
                        finish_decided(run);
                else
                        probe(run, other_family(run->chain.certs[0]), PDANE_SECOND_PROBE_MS);
                break;
        case FROM_DNS:
        case FROM_NOWHERE:
        default:
                finish_decided(run);
                break;
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
        if (run->req.observer)
                run->req.observer->facts(run->req.observer_arg, &run->facts);

        if (run->facts.address_verdict != PDANE_DNS_SECURE) {
                finish_without(run, outcome_of(run->facts.address_verdict));
        } else if (run->facts.tlsa_verdict != PDANE_DNS_SECURE) {
                finish_without(run, outcome_of(run->facts.tlsa_verdict));
        } else if (!pdane_tlsa_set_usable(run->facts.tlsa)) {
                run->decision.reason = PDANE_REASON_UNUSABLE;
                finish_decided(run);
        } else {
                run->req.has_tlsa(run->req.arg);
                next_candidate(run);
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
                r = pdane_random_label(req->name.text, run->host);
        else
                snprintf(run->host, sizeof run->host, "%s", req->name.text);
        struct pdane_resolve_request rr = {
                .base = req->env->base,
                .host = run->host,
                .port = req->port,
                .need_address = true,
                .timeout_ms = PDANE_DNS_QUESTION_MS,
                .done = on_facts,
                .step = on_step,
                .arg = run,
                .min_ttl_s = req->env->min_ttl_s,
        };
        if (r == 0)
                r = arm_deadline(run);
        pdane_resolver_set_asker(req->env->resolver, req->uid, false);
        if (r == 0)
                r = pdane_resolve_start(req->env->resolver, &rr, &run->resolve);
        pdane_resolver_set_asker(req->env->resolver, PDANE_DNS_NOBODY, false);
        if (r < 0) {
                pdane_run_cancel(run);
                return r;
        }
        *ret = run;
        return 0;
}
