/* SPDX-License-Identifier: BSD-3-Clause */
/* A report as JSON for machines. The keys are documented in p11-dane(1). */
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/check.h"
#include "cli/json.h"

static void
write_hex(struct pdane_json *to, const char *key, const uint8_t *data, size_t len)
{
        char hex[2 * PDANE_REPORT_DATA_MAX + 1];
        static const char digits[] = "0123456789abcdef";

        len = len < PDANE_REPORT_DATA_MAX ? len : PDANE_REPORT_DATA_MAX;
        for (size_t i = 0; i < len; i++) {
                hex[2 * i] = digits[data[i] >> 4];
                hex[2 * i + 1] = digits[data[i] & 15];
        }
        hex[2 * len] = '\0';
        pdane_json_string(to, key, hex);
}

/* null for 0: not known. */
static void
write_time(struct pdane_json *to, const char *key, int64_t when)
{
        if (when)
                pdane_json_number(to, key, when);
        else
                pdane_json_null(to, key);
}

/* "a,b" as an array. */
static void
write_list(struct pdane_json *to, const char *key, const char *list, bool numbers)
{
        char word[64];

        pdane_json_begin(to, key, '[');
        while (*list) {
                size_t n = strcspn(list, ",");

                snprintf(word, sizeof(word), "%.*s", (int)(n < sizeof(word) ? n : 0), list);
                if (numbers)
                        pdane_json_number(to, NULL, strtol(word, NULL, 10));
                else
                        pdane_json_string(to, NULL, word);
                list += n + (list[n] == ',');
        }
        pdane_json_end(to, ']');
}

static void
write_dns(struct pdane_json *to, const struct pdane_part_dns *d)
{
        unsigned code = 0;

        pdane_json_begin(to, NULL, '{');
        pdane_json_string(to, "name", d->asked);
        pdane_json_string(to, "type", pdane_cli_dns_type(d->type));
        pdane_json_string(to, "verdict",
                          pdane_dns_verdict_string((enum pdane_dns_verdict)d->verdict));
        pdane_json_string(to, "why", d->why);
        if (pdane_cli_extended_error(d, &code))
                pdane_json_number(to, "extended_error", code);
        else
                pdane_json_null(to, "extended_error");
        if (*d->alias)
                pdane_json_string(to, "alias", d->alias);
        else
                pdane_json_null(to, "alias");
        pdane_json_bool(to, "wildcard", d->flags & PDANE_DNS_SYNTHESISED);
        pdane_json_bool(to, "nxdomain", d->flags & PDANE_DNS_NXDOMAIN);
        pdane_json_bool(to, "decides", d->flags & PDANE_DNS_DECIDED);
        write_list(to, "addresses", d->addresses, false);
        if (*d->signer)
                pdane_json_string(to, "signer", d->signer);
        else
                pdane_json_null(to, "signer");
        write_time(to, "until", d->until);
        pdane_json_end(to, '}');
}

static void
write_record(struct pdane_json *to, const struct pdane_cli_report *r, size_t i)
{
        const struct pdane_part_record *rec = &r->records[i];
        bool matched = false;

        for (size_t k = 0; k < r->n_candidates; k++)
                matched |= r->candidates[k]->head.matched && r->candidates[k]->head.record == i;
        pdane_json_begin(to, NULL, '{');
        pdane_json_number(to, "usage", rec->usage);
        pdane_json_number(to, "selector", rec->selector);
        pdane_json_number(to, "matching", rec->matching);
        pdane_json_number(to, "length", rec->length);
        write_hex(to, "data", rec->data.data, rec->data.len);
        pdane_json_bool(to, "usable", rec->usable);
        pdane_json_string(to, "unusable_because", pdane_cli_record_unusable(rec));
        pdane_json_bool(to, "matched", matched);
        pdane_json_end(to, '}');
}

static void
write_validity(struct pdane_json *to, const char *key, const ASN1_TIME *at)
{
        struct tm tm;

        if (ASN1_TIME_to_tm(at, &tm) == 1)
                pdane_json_number(to, key, (int64_t)timegm(&tm));
        else
                pdane_json_null(to, key);
}

static void
write_certificate(struct pdane_json *to, const X509 *x, bool sent)
{
        char subject[PDANE_CLI_SUBJECT_MAX];
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned n = 0;

        pdane_json_begin(to, NULL, '{');
        pdane_json_string(to, "subject", pdane_cli_subject(x, subject));
        write_validity(to, "not_before", X509_get0_notBefore(x));
        write_validity(to, "not_after", X509_get0_notAfter(x));
        X509_digest(x, EVP_sha256(), digest, &n);
        write_hex(to, "sha256", digest, n);
        pdane_json_bool(to, "sent", sent);
        pdane_json_end(to, '}');
}

static void
write_match(struct pdane_json *to, uint32_t matched, uint32_t record, uint32_t depth)
{
        if (matched) {
                pdane_json_number(to, "record", record);
                pdane_json_number(to, "depth", depth);
        } else {
                pdane_json_null(to, "record");
                pdane_json_null(to, "depth");
        }
}

static void
write_name(struct pdane_json *to, const struct pdane_part_name *n)
{
        pdane_json_begin(to, NULL, '{');
        pdane_json_string(to, "name", n->name);
        pdane_json_bool(to, "covered", n->reason == PDANE_REASON_ACCEPTED);
        pdane_json_string(to, "reason", pdane_reason_string((enum pdane_reason)n->reason));
        pdane_json_string(to, "dns", pdane_dns_verdict_string((enum pdane_dns_verdict)n->verdict));
        pdane_json_string(to, "asked", n->asked);
        pdane_json_bool(to, "wildcard", n->synthesised);
        write_match(to, n->matched, n->record, n->depth);
        write_time(to, "until", n->until);
        pdane_json_end(to, '}');
}

static void
write_candidate(struct pdane_json *to, const struct pdane_cli_candidate *c)
{
        static const char *const sources[] = {"dns", "server", "server-other-key"};

        pdane_json_begin(to, NULL, '{');
        pdane_json_string(to, "source", c->head.source < 3 ? sources[c->head.source] : "unknown");
        pdane_json_string(to, "reason", pdane_reason_string((enum pdane_reason)c->head.reason));
        pdane_json_string(to, "culprit", c->head.culprit);
        write_match(to, c->head.matched, c->head.record, c->head.depth);
        pdane_json_bool(to, "by_authority", c->head.by_authority);
        pdane_json_bool(to, "own_cas", c->own_cas);
        write_time(to, "until", c->head.until);
        pdane_json_begin(to, "chain", '[');
        for (size_t i = 0; i < c->n_certs; i++)
                write_certificate(to, c->certs[i], true);
        if (c->authority)
                write_certificate(to, c->authority, false);
        pdane_json_end(to, ']');
        pdane_json_begin(to, "names", '[');
        for (size_t i = 0; i < c->n_names; i++)
                write_name(to, &c->names[i]);
        pdane_json_end(to, ']');
        pdane_json_end(to, '}');
}

static void
write_client(struct pdane_json *to, const struct pdane_cli_report *r, enum pdane_judge_kind k)
{
        struct pdane_cli_verdict v;

        pdane_cli_report_judge(r, k, &v);
        pdane_json_begin(to, pdane_judge_kind_string(k), '{');
        pdane_json_bool(to, "accepted", v.accepted);
        pdane_json_string(to, "by",
                          v.by == PDANE_BY_DANE      ? "dane"
                          : v.by == PDANE_BY_OWN_CAS ? "own-cas"
                          : v.own_cas_unknown        ? "unknown"
                                                     : "nothing");
        pdane_json_string(to, "reason", v.reason);
        pdane_json_string(to, "mend", v.mend);
        pdane_json_end(to, '}');
}

static void
write_context(struct pdane_json *to, const struct pdane_cli_report *r)
{
        const struct pdane_part_context *c = &r->context;

        pdane_json_string(to, "host", c->host);
        pdane_json_number(to, "port", c->port);
        pdane_json_bool(to, "port_configured", c->flags & PDANE_CONTEXT_CONFIGURED);
        write_list(to, "ports", c->ports, true);
        pdane_json_bool(to, "denied", c->flags & PDANE_CONTEXT_DENIED);
        pdane_json_number(to, "now", c->now);
        write_time(to, "looked_up", c->looked_up);
        write_time(to, "held_until", c->held_until);
}

static void
write_outcome(struct pdane_json *to, const struct pdane_cli_report *r)
{
        const struct pdane_part_outcome *o = &r->outcome;

        pdane_json_string(to, "outcome",
                          r->has_outcome ? pdane_outcome_string((enum pdane_outcome)o->outcome)
                                         : "denied");
        pdane_json_string(to, "reason", pdane_reason_string((enum pdane_reason)o->reason));
        pdane_json_string(to, "why", o->why);
        pdane_json_string(to, "sentence", pdane_cli_report_sentence(r));
        pdane_json_string(to, "mend", pdane_cli_report_mend(r));
        write_time(to, "until", o->until);
}

void
pdane_cli_check_json(const struct pdane_cli_report *r, int status)
{
        struct pdane_json to = {.to = stdout};

        pdane_json_begin(&to, NULL, '{');
        write_context(&to, r);
        write_outcome(&to, r);
        pdane_json_begin(&to, "clients", '{');
        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++)
                write_client(&to, r, (enum pdane_judge_kind)k);
        pdane_json_end(&to, '}');
        pdane_json_begin(&to, "dns", '[');
        for (size_t i = 0; i < r->n_dns; i++)
                write_dns(&to, &r->dns[i]);
        pdane_json_end(&to, ']');
        pdane_json_begin(&to, "records", '[');
        for (size_t i = 0; i < r->n_records; i++)
                write_record(&to, r, i);
        pdane_json_end(&to, ']');
        pdane_json_begin(&to, "certificates", '[');
        for (size_t i = 0; i < r->n_candidates; i++)
                if (!pdane_cli_report_repeats(r, i))
                        write_candidate(&to, r->candidates[i]);
        pdane_json_end(&to, ']');
        pdane_json_number(&to, "exit_status", status);
        pdane_json_end(&to, '}');
}
