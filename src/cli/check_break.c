/* SPDX-License-Identifier: BSD-3-Clause */
/* The daemon stops at the first thing that does not hold, and its outcome says of what kind that
 * was: the break is where the report has the same. */
#include "cli/check_break.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#define TYPE_TLSA 52

static enum pdane_dns_verdict
verdict_of(enum pdane_outcome o)
{
        switch (o) {
        case PDANE_OUTCOME_INSECURE:
                return PDANE_DNS_INSECURE;
        case PDANE_OUTCOME_BOGUS:
                return PDANE_DNS_BOGUS;
        case PDANE_OUTCOME_NO_RECORDS:
                return PDANE_DNS_NO_RECORDS;
        case PDANE_OUTCOME_DNS_TIMEOUT:
                return PDANE_DNS_TIMEOUT;
        case PDANE_OUTCOME_DNS_UNREACHABLE:
                return PDANE_DNS_UNREACHABLE;
        default:
                return PDANE_DNS_UNKNOWN;
        }
}

/* TLSA are asked for only where an address is secure, or where none is needed: when they were, it
 * is they. */
static void
find_in_dns(const struct pdane_cli_report *r, enum pdane_dns_verdict v, struct pdane_cli_break *ret)
{
        for (size_t i = 0; i < r->n_dns; i++) {
                const struct pdane_part_dns *d = &r->dns[i];
                bool tlsa = d->type == TYPE_TLSA;

                if (d->verdict != (uint32_t)v || (tlsa && !(d->flags & PDANE_DNS_DECIDED)) ||
                    ret->at == PDANE_BREAK_TLSA)
                        continue;
                ret->at = tlsa ? PDANE_BREAK_TLSA : PDANE_BREAK_ADDRESS;
                ret->index = i;
                snprintf(ret->reason, sizeof(ret->reason), "%s%s%s", pdane_dns_verdict_string(v),
                         *d->why ? ": " : "", d->why);
        }
}

static void
find_in_server(const struct pdane_cli_report *r, struct pdane_cli_break *ret)
{
        const char *why = r->n_probes ? r->probes[0].why : r->outcome.why;

        ret->at = PDANE_BREAK_SERVER;
        snprintf(ret->reason, sizeof(ret->reason), "%s%s%s",
                 pdane_outcome_string((enum pdane_outcome)r->outcome.outcome), *why ? ": " : "",
                 why);
}

/* The name that the daemon says is to blame; otherwise the first that is not covered. */
static bool
find_name(const struct pdane_cli_candidate *c, size_t *ret)
{
        for (int named = 1; named >= 0; named--)
                for (size_t i = 0; i < c->n_names; i++)
                        if (c->names[i].reason != PDANE_REASON_ACCEPTED &&
                            (!named || strcmp(c->names[i].name, c->head.culprit) == 0)) {
                                *ret = i;
                                return true;
                        }
        return false;
}

static void
find_in_candidate(const struct pdane_cli_report *r, size_t at, struct pdane_cli_break *ret)
{
        const struct pdane_cli_candidate *c = r->candidates[at];
        enum pdane_reason reason = (enum pdane_reason)c->head.reason;
        const char *error = c->head.openssl_error
                                    ? X509_verify_cert_error_string((long)c->head.openssl_error)
                                    : "";

        ret->candidate = at;
        ret->at = reason == PDANE_REASON_NOT_COVERED && find_name(c, &ret->index)
                          ? PDANE_BREAK_NAME
                          : PDANE_BREAK_CERTIFICATE;
        if (reason == PDANE_REASON_NO_MATCH)
                error = "no TLSA record matches";
        else if (reason == PDANE_REASON_NOT_COVERED)
                error = "its own records do not vouch for this certificate";
        snprintf(ret->reason, sizeof(ret->reason), "%s%s%s", pdane_reason_string(reason),
                 *error ? ": " : "", error);
}

static void
find_refusal(const struct pdane_cli_report *r, struct pdane_cli_break *ret)
{
        int at = pdane_cli_report_served(r);

        if (at >= 0) {
                find_in_candidate(r, (size_t)at, ret);
                return;
        }
        find_in_dns(r, PDANE_DNS_SECURE, ret);
        if (ret->at == PDANE_BREAK_TLSA)
                snprintf(ret->reason, sizeof(ret->reason), "%s", pdane_cli_report_sentence(r));
        else
                ret->at = PDANE_BREAK_NOWHERE;
}

void
pdane_cli_break_find(const struct pdane_cli_report *r, struct pdane_cli_break *ret)
{
        enum pdane_outcome o =
                r->has_outcome ? (enum pdane_outcome)r->outcome.outcome : PDANE_OUTCOME_UNKNOWN;

        *ret = (struct pdane_cli_break){.at = PDANE_BREAK_NOWHERE};
        switch (o) {
        case PDANE_OUTCOME_ACCEPTED:
                return;
        case PDANE_OUTCOME_SERVER_UNREACHABLE:
        case PDANE_OUTCOME_SERVER_TIMEOUT:
                find_in_server(r, ret);
                break;
        case PDANE_OUTCOME_REFUSED:
                find_refusal(r, ret);
                break;
        case PDANE_OUTCOME_INSECURE:
        case PDANE_OUTCOME_NO_RECORDS:
        case PDANE_OUTCOME_BOGUS:
        case PDANE_OUTCOME_DNS_TIMEOUT:
        case PDANE_OUTCOME_DNS_UNREACHABLE:
                find_in_dns(r, verdict_of(o), ret);
                break;
        case PDANE_OUTCOME_UNKNOWN:
        default:
                break;
        }
        if (ret->at == PDANE_BREAK_NOWHERE) {
                ret->at = PDANE_BREAK_OUTCOME;
                snprintf(ret->reason, sizeof(ret->reason), "%s", pdane_cli_report_sentence(r));
        }
}
