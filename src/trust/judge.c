/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One chain judged offline: DANE's verdict, then the daemon's decision on what the daemon would
 * see, then the names one by one and the clients. Owns no state. What clients check by themselves
 * is judge_client.c's.
 */
#include "trust/judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "trust/judge_client.h"
#include "trust/judge_mend.h"

/* A label under a wildcard, for the question that proves it. No owner's zone needs to have it. */
#define ANY_LABEL "p11-dane-any."

/* The evidence of an offline verdict does not run out: how long it lasts is DNS's to say. */
#define LASTING_S 3600

static const char *const kind_names[PDANE_JUDGE_KINDS] = {"firefox", "chromium", "nss", "gnutls",
                                                          "openssl"};

const char *
pdane_judge_kind_string(enum pdane_judge_kind k)
{
        return (unsigned)k < PDANE_JUDGE_KINDS ? kind_names[k] : "unknown";
}

/* ---- the daemon's view ---- */

/* Takes what the daemon's probe takes: the first ones, up to one that will not do. */
static int
read_chain(const struct pdane_judge_question *q, struct pdane_chain *ret)
{
        struct pdane_chain chain = {.n = 0};

        while (chain.n < q->n_certs && chain.n < PDANE_CHAIN_MAX) {
                int r = pdane_cert_new_x509(q->certs[chain.n], &chain.certs[chain.n]);

                if (r == -ENOMEM) {
                        pdane_chain_clear(&chain);
                        return r;
                }
                if (r < 0)
                        break;
                chain.n++;
        }
        *ret = chain;
        return 0;
}

static bool
stands_among(const struct pdane_proof *proofs, size_t n, const struct pdane_name *name)
{
        for (size_t i = 0; i < n; i++)
                if (pdane_name_equal(&proofs[i].name, name))
                        return true;
        return false;
}

/* What was asked for the proof: the name, or for a wildcard a label under it. */
static void
ask(const struct pdane_name *name, char asked[PDANE_NAME_MAX + 1])
{
        const char *label = name->wildcard ? ANY_LABEL : "";
        size_t len = strlen(name->text);

        /* "*." took two characters of the name's 253, so that one letter always fits. */
        if (strlen(label) + len > PDANE_NAME_MAX)
                label = "a.";
        memcpy(stpcpy(asked, label), name->text, len + 1);
}

/* One proof for each host, each once. */
static struct pdane_proof *
proofs_new(const struct pdane_judge_question *q, size_t *ret_n)
{
        struct pdane_proof *proofs = calloc(q->n_hosts, sizeof(*proofs));
        size_t n = 0;

        for (size_t i = 0; proofs && i < q->n_hosts; i++) {
                const struct pdane_name *host = &q->hosts[i];

                if (stands_among(proofs, n, host))
                        continue;
                proofs[n] = (struct pdane_proof){.name = *host,
                                                 .tlsa_verdict = PDANE_DNS_SECURE,
                                                 .tlsa = q->tlsa,
                                                 .synthesised = host->wildcard,
                                                 .not_after = q->now + LASTING_S};
                ask(host, proofs[n].asked);
                n++;
        }
        *ret_n = n;
        return proofs;
}

struct task {
        const struct pdane_judge_question *q;
        struct pdane_chain chain; /* owned */
        const struct pdane_proof *proofs;
        size_t n_proofs;
        struct pdane_decision decision; /* owned */
        struct pdane_judgement *j;
};

/* ---- the names ---- */

static const struct pdane_proof *
proof_of(const struct task *t, const struct pdane_name *name)
{
        for (size_t i = 0; i < t->n_proofs; i++)
                if (pdane_name_equal(&t->proofs[i].name, name))
                        return &t->proofs[i];
        return NULL;
}

static int
judge_name(const struct task *t, const struct pdane_name *name, struct pdane_judge_name *ret)
{
        const struct pdane_proof *p = proof_of(t, name);
        struct pdane_match m;
        int r;

        pdane_name_format(name, ret->name);
        if (!p) {
                pdane_judge_say(ret->reason, "no secure TLSA records are known for this name");
                return 0;
        }
        r = pdane_match_chain(&t->chain, p->asked, p->tlsa, t->q->now, &m, NULL);
        if (r < 0)
                return r;
        ret->covered = m.reason == PDANE_REASON_ACCEPTED;
        if (ret->covered)
                pdane_judge_say(ret->reason, "%s",
                                name->wildcard ? "matches records that DNS synthesises"
                                               : "matches its own records");
        else
                pdane_judge_say(ret->reason, "its records do not match: %s",
                                pdane_reason_string(m.reason));
        return 0;
}

/* A certificate without a list of names: what is wrong with it, if it has a text. */
static int
judge_no_names(const struct pdane_cert *leaf, struct pdane_judgement *j)
{
        const char *text = NULL;
        enum pdane_reason reason = pdane_cert_names_reason(leaf, &text);

        if (!text)
                return 0;
        j->names = calloc(1, sizeof(*j->names));
        if (!j->names)
                return -ENOMEM;
        j->n_names = 1;
        snprintf(j->names[0].name, sizeof(j->names[0].name), "%s", text);
        pdane_judge_say(j->names[0].reason, "%s",
                        reason == PDANE_REASON_IP_NAME
                                ? "an address, which TLSA records cannot vouch for"
                                : "not a name that can be looked up");
        return 0;
}

static int
judge_names(const struct task *t)
{
        const struct pdane_cert *leaf = t->chain.certs[0];
        size_t n = pdane_cert_n_names(leaf);
        struct pdane_name name;
        int r = 0;

        if (n == 0)
                return judge_no_names(leaf, t->j);
        t->j->names = calloc(n, sizeof(*t->j->names));
        if (!t->j->names)
                return -ENOMEM;
        t->j->n_names = n;
        for (size_t i = 0; r == 0 && i < n && pdane_cert_name(leaf, i, &name); i++)
                r = judge_name(t, &name, &t->j->names[i]);
        return r;
}

/* ---- the clients ---- */

/* Why nobody is told, in words. */
static void
explain(const struct pdane_decision *d, char *reason)
{
        switch (d->reason) {
        case PDANE_REASON_NOT_COVERED:
                pdane_judge_say(reason, "name not covered: %s", d->culprit);
                return;
        case PDANE_REASON_IP_NAME:
                pdane_judge_say(reason, "names an IP address: %s", d->culprit);
                return;
        case PDANE_REASON_NO_NAMES:
                pdane_judge_say(reason, "the certificate names no host");
                return;
        case PDANE_REASON_NOT_V3:
                pdane_judge_say(reason, "not X.509 version 3: clients would take it for a CA");
                return;
        case PDANE_REASON_RESERVED_DN:
                pdane_judge_say(reason,
                                "its issuer or subject belongs to the system's trust store");
                return;
        case PDANE_REASON_PUBLIC_CA:
                pdane_judge_say(reason, "signed by a public CA, of which clients need not be told");
                return;
        case PDANE_REASON_FOREIGN_KEY_ID:
                pdane_judge_say(reason,
                                "its subject key identifier, or its CA's, could be another CA's");
                return;
        case PDANE_REASON_TOO_LARGE:
                pdane_judge_say(reason, "too many names");
                return;
        case PDANE_REASON_MALFORMED:
                pdane_judge_say(reason,
                                "clients could read its names or constraints differently%s%s",
                                d->culprit[0] ? ": " : "", d->culprit);
                return;
        default:
                pdane_judge_say(reason, "not handed out: %s", pdane_reason_string(d->reason));
                return;
        }
}

static void
refuse_all(struct pdane_judge_client *clients, enum pdane_reason why, const char *reason)
{
        for (size_t k = 0; k < PDANE_JUDGE_KINDS; k++) {
                clients[k].accepted = false;
                clients[k].mend = pdane_judge_mend_reason(why);
                pdane_judge_say(clients[k].reason, "%s", reason);
        }
}

/* True when it is DANE itself that says no. */
static bool
refuse_by_dane(enum pdane_reason dane, struct pdane_judge_client *clients)
{
        switch (dane) {
        case PDANE_REASON_UNUSABLE:
                refuse_all(clients, dane, "no TLSA record is usable");
                return true;
        case PDANE_REASON_NO_MATCH:
                refuse_all(clients, dane, "no TLSA record matches");
                return true;
        case PDANE_REASON_NAME_MISMATCH:
                refuse_all(clients, dane,
                           "the certificate does not name the host, which usage 2 requires");
                return true;
        case PDANE_REASON_CHAIN_ERROR:
                refuse_all(clients, dane, "the chain does not hold");
                return true;
        default:
                return false;
        }
}

void
pdane_judge_decision(const struct pdane_decision *d, const struct pdane_cert *leaf,
                     const struct pdane_name *host, int64_t now,
                     struct pdane_judge_client ret[PDANE_JUDGE_KINDS])
{
        struct pdane_judge_case c = {.leaf = leaf,
                                     .authority = d->authority,
                                     .leaf_too = d->leaf_too,
                                     .host = host,
                                     .now = now};
        char reason[PDANE_JUDGE_TEXT_MAX + 1];

        if (d->reason != PDANE_REASON_ACCEPTED) {
                if (refuse_by_dane(d->reason, ret))
                        return;
                explain(d, reason);
                refuse_all(ret, d->reason, reason);
                return;
        }
        for (size_t k = 0; k < PDANE_JUDGE_KINDS; k++)
                pdane_judge_client((enum pdane_judge_kind)k, &c, &ret[k]);
}

/* ---- all of it ---- */

static int
judge_chain(struct task *t)
{
        struct pdane_judgement *j = t->j;
        int r;

        if (t->chain.n > 0) {
                r = judge_names(t);
                if (r < 0)
                        return r;
        }
        if (j->dane.reason != PDANE_REASON_ACCEPTED) {
                if (!refuse_by_dane(j->dane.reason, j->clients))
                        refuse_all(j->clients, PDANE_REASON_CHAIN_ERROR, "the chain does not hold");
                return 0;
        }
        if (t->chain.n == 0) {
                refuse_all(j->clients, PDANE_REASON_TOO_LARGE,
                           "the certificate is too large, or not in DER as clients read it");
                return 0;
        }
        r = pdane_decide(&t->chain, t->q->hosts[0].text, t->proofs, t->n_proofs, t->q->policy,
                         t->q->now, &t->decision);
        if (r < 0)
                return r;
        j->decision = t->decision.reason;
        j->by_authority = t->decision.authority != NULL;
        pdane_judge_decision(&t->decision, t->chain.certs[0], &t->q->hosts[0], t->q->now,
                             j->clients);
        return 0;
}

int
pdane_judge(const struct pdane_judge_question *q, struct pdane_judgement *ret)
{
        struct pdane_judgement j = {.dane = {.depth = -1}};
        struct task t = {.q = q, .j = &j};
        struct pdane_proof *proofs;
        int r;

        if (q->n_certs == 0 || q->n_hosts == 0 || q->hosts[0].wildcard)
                return -EINVAL;
        proofs = proofs_new(q, &t.n_proofs);
        t.proofs = proofs;
        r = proofs ? read_chain(q, &t.chain) : -ENOMEM;
        if (r == 0)
                r = pdane_match_certs(q->certs, q->n_certs, q->hosts[0].text, q->tlsa, q->now,
                                      &j.dane, NULL);
        if (r == 0)
                r = judge_chain(&t);
        pdane_decision_clear(&t.decision);
        pdane_chain_clear(&t.chain);
        free(proofs);
        if (r < 0) {
                pdane_judgement_clear(&j);
                return r;
        }
        *ret = j;
        return 0;
}

void
pdane_judgement_clear(struct pdane_judgement *j)
{
        free(j->names);
        *j = (struct pdane_judgement){0};
}

bool
pdane_judgement_unanimous(const struct pdane_judgement *j)
{
        for (size_t k = 0; k < PDANE_JUDGE_KINDS; k++)
                if (!j->clients[k].accepted)
                        return false;
        return j->dane.reason == PDANE_REASON_ACCEPTED;
}
