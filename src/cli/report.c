/* SPDX-License-Identifier: BSD-3-Clause */
/* Parts into one struct, and the struct into verdicts. The clients' verdicts are the daemon's; what
 * is added is whether they would accept without it. */
#include "cli/report.h"

#include <errno.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- collecting ---- */

static struct pdane_cli_candidate *
last(struct pdane_cli_report *r)
{
        return r->n_candidates ? r->candidates[r->n_candidates - 1] : NULL;
}

static int
add_record(struct pdane_cli_report *r, const struct pdane_part_record *record)
{
        struct pdane_part_record *to;
        uint8_t *copy;

        if (r->n_records == PDANE_TLSA_MAX)
                return 0;
        copy = malloc(record->data.len ? record->data.len : 1);
        if (!copy)
                return -ENOMEM;
        if (record->data.len)
                memcpy(copy, record->data.data, record->data.len);
        to = &r->records[r->n_records++];
        *to = *record;
        to->data.data = copy;
        return 0;
}

static int
add_candidate(struct pdane_cli_report *r, const struct pdane_part_candidate *head)
{
        struct pdane_cli_candidate *c;

        if (r->n_candidates == PDANE_CLI_CANDIDATES_MAX)
                return 0;
        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        c->head = *head;
        r->candidates[r->n_candidates++] = c;
        return 0;
}

static int
add_certificate(struct pdane_cli_candidate *c, const struct pdane_part_certificate *cert)
{
        const unsigned char *der = cert->der.data;
        X509 *x;

        if (!c)
                return 0;
        x = d2i_X509(NULL, &der, (long)cert->der.len);
        if (!x)
                return 0; /* the daemon parsed it; one that we cannot is not shown */
        if (cert->position == PDANE_POSITION_AUTHORITY && !c->authority)
                c->authority = x;
        else if (cert->position != PDANE_POSITION_AUTHORITY && c->n_certs < PDANE_CHAIN_MAX)
                c->certs[c->n_certs++] = x;
        else
                X509_free(x);
        return 0;
}

static int
add_name(struct pdane_cli_candidate *c, const struct pdane_part_name *name)
{
        if (!c || c->n_names == PDANE_CERT_NAMES_MAX)
                return 0;
        if (!c->names)
                c->names = calloc(PDANE_CERT_NAMES_MAX, sizeof(*c->names));
        if (!c->names)
                return -ENOMEM;
        c->names[c->n_names++] = *name;
        return 0;
}

static int
add_client(struct pdane_cli_candidate *c, const struct pdane_part_client *client)
{
        if (!c || client->client >= PDANE_JUDGE_KINDS)
                return 0;
        c->clients[client->client] = *client;
        c->told[client->client] = true;
        return 0;
}

/* The system's CAs as OpenSSL has them built in: no environment, for a directory of ours may be
 * named there. */
static bool
by_own_cas(const struct pdane_cli_candidate *c, const char *host)
{
        X509_STORE *store = X509_STORE_new();
        X509_STORE_CTX *ctx = X509_STORE_CTX_new();
        STACK_OF(X509) *chain = sk_X509_new_null();
        bool ok = store && ctx && chain && c->n_certs > 0;

        for (size_t i = 1; ok && i < c->n_certs; i++)
                ok = sk_X509_push(chain, c->certs[i]) > 0;
        if (ok) {
                X509_STORE_load_file(store, X509_get_default_cert_file());
                X509_STORE_load_path(store, X509_get_default_cert_dir());
                ok = X509_STORE_CTX_init(ctx, store, c->certs[0], chain) == 1 &&
                     X509_STORE_CTX_set_default(ctx, "ssl_server") == 1 &&
                     X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(ctx), host, 0) == 1 &&
                     X509_verify_cert(ctx) == 1;
        }
        X509_STORE_CTX_free(ctx);
        X509_STORE_free(store);
        sk_X509_free(chain);
        return ok;
}

static int
add_outcome(struct pdane_cli_report *r, const struct pdane_part_outcome *outcome)
{
        r->outcome = *outcome;
        r->has_outcome = true;
        for (size_t i = 0; i < r->n_candidates; i++)
                r->candidates[i]->own_cas = by_own_cas(r->candidates[i], r->context.host);
        return 0;
}

int
pdane_cli_report_add(struct pdane_cli_report *r, const struct pdane_part *p)
{
        switch (p->kind) {
        case PDANE_PART_CONTEXT:
                r->context = p->context;
                r->has_context = true;
                return 0;
        case PDANE_PART_DNS:
                if (r->n_dns < PDANE_CLI_DNS_MAX)
                        r->dns[r->n_dns++] = p->dns;
                return 0;
        case PDANE_PART_RECORD:
                return add_record(r, &p->record);
        case PDANE_PART_PROBE:
                if (r->n_probes < PDANE_CLI_PROBES_MAX)
                        r->probes[r->n_probes++] = p->probe;
                return 0;
        case PDANE_PART_CANDIDATE:
                return add_candidate(r, &p->candidate);
        case PDANE_PART_CERTIFICATE:
                return add_certificate(last(r), &p->certificate);
        case PDANE_PART_NAME:
                return add_name(last(r), &p->name);
        case PDANE_PART_CLIENT:
                return add_client(last(r), &p->client);
        case PDANE_PART_OUTCOME:
                return add_outcome(r, &p->outcome);
        default:
                return 0; /* of no concern here */
        }
}

void
pdane_cli_report_clear(struct pdane_cli_report *r)
{
        for (size_t i = 0; i < r->n_records; i++)
                free((void *)(uintptr_t)r->records[i].data.data); /* our own copy */
        for (size_t i = 0; i < r->n_candidates; i++) {
                struct pdane_cli_candidate *c = r->candidates[i];

                for (size_t k = 0; k < c->n_certs; k++)
                        X509_free(c->certs[k]);
                X509_free(c->authority);
                free(c->names);
                free(c);
        }
        *r = (struct pdane_cli_report){.has_context = false};
}

/* ---- judging ---- */

bool
pdane_cli_report_repeats(const struct pdane_cli_report *r, size_t candidate)
{
        const struct pdane_cli_candidate *c = r->candidates[candidate];

        for (size_t i = 0; i < candidate; i++) {
                const struct pdane_cli_candidate *before = r->candidates[i];

                if (before->n_certs && c->n_certs && X509_cmp(before->certs[0], c->certs[0]) == 0 &&
                    (before->head.source == c->head.source ||
                     c->head.source == PDANE_SOURCE_OTHER_FAMILY))
                        return true;
        }
        return false;
}

/* What the server shows of its own choice counts; when it was not asked, what records hold. */
int
pdane_cli_report_served(const struct pdane_cli_report *r)
{
        int found = -1;

        for (size_t i = 0; i < r->n_candidates; i++) {
                const struct pdane_part_candidate *head = &r->candidates[i]->head;

                if (head->source == PDANE_SOURCE_SERVER)
                        return (int)i;
                if (head->source == PDANE_SOURCE_DNS &&
                    (found < 0 || (head->reason == PDANE_REASON_ACCEPTED &&
                                   r->candidates[found]->head.reason != PDANE_REASON_ACCEPTED)))
                        found = (int)i;
        }
        return found;
}

bool
pdane_cli_report_is_unknown(const struct pdane_cli_report *r)
{
        if (!r->has_outcome)
                return !r->has_context || !(r->context.flags & PDANE_CONTEXT_DENIED);
        switch ((enum pdane_outcome)r->outcome.outcome) {
        case PDANE_OUTCOME_ACCEPTED:
        case PDANE_OUTCOME_INSECURE:
        case PDANE_OUTCOME_NO_RECORDS:
        case PDANE_OUTCOME_BOGUS:
        case PDANE_OUTCOME_REFUSED:
                return false;
        default:
                return true;
        }
}

const char *
pdane_cli_report_sentence(const struct pdane_cli_report *r)
{
        if (!r->has_outcome)
                return "the daemon's configuration ([policy]) has this name not looked up";
        switch ((enum pdane_outcome)r->outcome.outcome) {
        case PDANE_OUTCOME_ACCEPTED:
                return "DNSSEC-signed TLSA records vouch for the server's certificate";
        case PDANE_OUTCOME_INSECURE:
                return "the name is not protected by DNSSEC";
        case PDANE_OUTCOME_NO_RECORDS:
                return "DNSSEC proves that there are no such records";
        case PDANE_OUTCOME_BOGUS:
                return "DNSSEC validation fails: the records are forged, or badly signed";
        case PDANE_OUTCOME_DNS_TIMEOUT:
                return "DNS does not answer in time";
        case PDANE_OUTCOME_DNS_UNREACHABLE:
                return "DNS gives no usable answer";
        case PDANE_OUTCOME_SERVER_UNREACHABLE:
                return "no server lets a TLS handshake finish";
        case PDANE_OUTCOME_SERVER_TIMEOUT:
                return "the server does not answer in time";
        case PDANE_OUTCOME_REFUSED:
                return r->n_candidates ? "the server's certificate is not vouched for"
                                       : "no TLSA record is usable";
        default:
                return "it is not known what came of the lookup";
        }
}

static bool
no_address(const struct pdane_cli_report *r)
{
        for (size_t i = 0; i < r->n_dns; i++)
                if (r->dns[i].type == 52)
                        return false;
        return true;
}

const char *
pdane_cli_report_mend(const struct pdane_cli_report *r)
{
        if (!r->has_outcome)
                return "";
        switch ((enum pdane_outcome)r->outcome.outcome) {
        case PDANE_OUTCOME_INSECURE:
                return "sign the zone with DNSSEC, every zone that an alias leads through, and "
                       "have "
                       "the parent publish its DS record";
        case PDANE_OUTCOME_NO_RECORDS:
                return no_address(r) ? "publish an address for the name"
                                     : "publish TLSA records (p11-dane tlsa prints them)";
        case PDANE_OUTCOME_BOGUS:
                return "mend the zone's signatures or its DS record";
        case PDANE_OUTCOME_DNS_TIMEOUT:
        case PDANE_OUTCOME_DNS_UNREACHABLE:
                return "have the zone's name servers answer every question, TLSA too";
        case PDANE_OUTCOME_SERVER_UNREACHABLE:
        case PDANE_OUTCOME_SERVER_TIMEOUT:
                return "have the server answer with TLS at its addresses";
        case PDANE_OUTCOME_REFUSED:
                return pdane_cli_report_served(r) < 0
                               ? "publish a record that can be used, such as 3 1 1 (p11-dane tlsa "
                                 "prints it)"
                               : "";
        default:
                return "";
        }
}

void
pdane_cli_report_judge(const struct pdane_cli_report *r, enum pdane_judge_kind k,
                       struct pdane_cli_verdict *ret)
{
        int at = pdane_cli_report_served(r);
        const struct pdane_cli_candidate *c = at < 0 ? NULL : r->candidates[at];

        *ret = (struct pdane_cli_verdict){.mend = ""};
        if (!c || !c->told[k]) {
                ret->own_cas_unknown = true;
                ret->mend = pdane_cli_report_mend(r);
                snprintf(ret->reason, sizeof(ret->reason), "%s", pdane_cli_report_sentence(r));
                return;
        }
        ret->accepted = c->clients[k].accepted && r->context.flags & PDANE_CONTEXT_CONFIGURED;
        snprintf(ret->reason, sizeof(ret->reason), "%s", c->clients[k].reason);
        if (ret->accepted) {
                ret->by = PDANE_BY_DANE;
        } else if (c->own_cas) {
                ret->accepted = true;
                ret->by = PDANE_BY_OWN_CAS;
                snprintf(ret->reason, sizeof(ret->reason),
                         "a CA that this system trusts signed it, with or without DANE");
        } else if (c->clients[k].accepted) {
                snprintf(
                        ret->reason, sizeof(ret->reason),
                        "would accept, but port %u is not in the daemon's ports=", r->context.port);
        } else {
                ret->mend = c->clients[k].mend;
        }
}
