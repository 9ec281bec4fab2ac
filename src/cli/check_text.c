/* SPDX-License-Identifier: BSD-3-Clause */
/* A report as a tree for people. */
#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/check.h"
#include "cli/text.h"
#include "cli/tree.h"

#define DIGEST_SHOWN 8u /* octets of a record's data */

static enum pdane_cli_colour
dns_colour(uint32_t verdict)
{
        switch ((enum pdane_dns_verdict)verdict) {
        case PDANE_DNS_SECURE:
                return PDANE_CLI_GOOD;
        case PDANE_DNS_BOGUS:
                return PDANE_CLI_BAD;
        default:
                return PDANE_CLI_DOUBT;
        }
}

/* ---- DNS ---- */

static void
show_question(struct pdane_cli_tree *t, const struct pdane_part_dns *d, bool last)
{
        unsigned code = 0;
        const char *error = pdane_cli_extended_error(d, &code);

        pdane_cli_tree_line(t, last);
        printf("%s %s: ", d->asked, pdane_cli_dns_type(d->type));
        pdane_cli_tree_word(t, dns_colour(d->verdict),
                            pdane_dns_verdict_string((enum pdane_dns_verdict)d->verdict));
        if (d->flags & PDANE_DNS_NXDOMAIN)
                fputs(", the name does not exist", stdout);
        if (*d->alias)
                printf(", by way of an alias at %s", d->alias);
        if (d->flags & PDANE_DNS_SYNTHESISED)
                fputs(", from a wildcard", stdout);
        if (*d->addresses)
                printf(", %s", d->addresses);
        if (*d->why)
                printf(": %s", d->why);
        if (error)
                printf(" (extended error %u, %s)", code, error);
        putchar('\n');
}

static void
show_dns(struct pdane_cli_tree *t, const struct pdane_cli_report *r)
{
        pdane_cli_tree_line(t, false);
        puts("DNS");
        pdane_cli_tree_down(t);
        for (size_t i = 0; i < r->n_dns; i++)
                show_question(t, &r->dns[i], i + 1 == r->n_dns);
        pdane_cli_tree_up(t);
}

/* ---- records ---- */

/* Which certificate a record matched, of those that clients are shown. */
static void
show_match(const struct pdane_cli_tree *t, const struct pdane_cli_report *r, size_t record)
{
        for (size_t i = 0; i < r->n_candidates; i++) {
                const struct pdane_part_candidate *c = &r->candidates[i]->head;

                if (!c->matched || c->record != record)
                        continue;
                fputs(", ", stdout);
                pdane_cli_tree_word(t, PDANE_CLI_GOOD, "matches");
                if (c->depth == 0)
                        printf(" the server's certificate");
                else
                        printf(" the CA %u above the server's certificate", c->depth);
                return;
        }
}

static void
show_record(struct pdane_cli_tree *t, const struct pdane_cli_report *r, size_t i)
{
        const struct pdane_part_record *rec = &r->records[i];

        pdane_cli_tree_line(t, i + 1 == r->n_records);
        printf("%u %u %u ", rec->usage, rec->selector, rec->matching);
        for (size_t k = 0; k < rec->data.len && k < DIGEST_SHOWN; k++)
                printf("%02x", rec->data.data[k]);
        printf("%s: %s; %s, %s", rec->length > DIGEST_SHOWN ? "..." : "",
               pdane_cli_record_usage(rec->usage), pdane_cli_record_selector(rec->selector),
               pdane_cli_record_matching(rec->matching));
        if (!rec->usable) {
                fputs(", ", stdout);
                pdane_cli_tree_word(t, PDANE_CLI_DOUBT, "unusable");
                printf(": %s", pdane_cli_record_unusable(rec));
        }
        show_match(t, r, i);
        putchar('\n');
}

static void
show_records(struct pdane_cli_tree *t, const struct pdane_cli_report *r)
{
        if (r->n_records == 0)
                return;
        pdane_cli_tree_line(t, false);
        puts("TLSA records");
        pdane_cli_tree_down(t);
        for (size_t i = 0; i < r->n_records; i++)
                show_record(t, r, i);
        pdane_cli_tree_up(t);
}

/* ---- the server ---- */

static void
show_certificate(struct pdane_cli_tree *t, const X509 *x, const char *what, bool last)
{
        char subject[PDANE_CLI_SUBJECT_MAX], until[32] = "?";
        struct tm tm;

        if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) == 1)
                strftime(until, sizeof(until), "%Y-%m-%d", &tm);
        pdane_cli_tree_line(t, last);
        printf("%s%s, valid until %s\n", what, pdane_cli_subject(x, subject), until);
}

static void
show_chain(struct pdane_cli_tree *t, const struct pdane_cli_candidate *c)
{
        pdane_cli_tree_line(t, c->n_names == 0);
        puts("chain");
        pdane_cli_tree_down(t);
        for (size_t i = 0; i < c->n_certs; i++)
                show_certificate(t, c->certs[i], "", i + 1 == c->n_certs && !c->authority);
        if (c->authority)
                show_certificate(t, c->authority, "not sent, from a record: ", true);
        pdane_cli_tree_up(t);
}

static void
show_name(struct pdane_cli_tree *t, const struct pdane_cli_report *r,
          const struct pdane_part_name *n, bool last)
{
        bool covered = n->reason == PDANE_REASON_ACCEPTED;
        const char *verdict = pdane_dns_verdict_string((enum pdane_dns_verdict)n->verdict);

        pdane_cli_tree_line(t, last);
        printf("%s: ", n->name);
        pdane_cli_tree_word(t, covered ? PDANE_CLI_GOOD : PDANE_CLI_BAD,
                            covered ? "covered" : "not covered");
        if (covered)
                printf(" by %s records of _%u._tcp.%s%s", verdict, r->context.port, n->asked,
                       n->synthesised ? ", from a wildcard" : "");
        else if (n->verdict == PDANE_DNS_UNKNOWN)
                fputs(", its records were not asked for", stdout);
        else
                printf(", records of _%u._tcp.%s: %s, %s", r->context.port, n->asked, verdict,
                       pdane_reason_string((enum pdane_reason)n->reason));
        putchar('\n');
}

static void
show_names(struct pdane_cli_tree *t, const struct pdane_cli_report *r,
           const struct pdane_cli_candidate *c)
{
        if (c->n_names == 0)
                return;
        pdane_cli_tree_line(t, true);
        puts("names");
        pdane_cli_tree_down(t);
        for (size_t i = 0; i < c->n_names; i++)
                show_name(t, r, &c->names[i], i + 1 == c->n_names);
        pdane_cli_tree_up(t);
}

static void
show_candidate(struct pdane_cli_tree *t, const struct pdane_cli_report *r,
               const struct pdane_cli_candidate *c)
{
        static const char *const sources[] = {
                "certificate that a record holds", "certificate that the server sends",
                "certificate that the server has for the other kind of key"};
        bool accepted = c->head.reason == PDANE_REASON_ACCEPTED;

        pdane_cli_tree_line(t, false);
        printf("%s: ", c->head.source < 3 ? sources[c->head.source] : "certificate");
        pdane_cli_tree_word(t, accepted ? PDANE_CLI_GOOD : PDANE_CLI_BAD,
                            pdane_reason_string((enum pdane_reason)c->head.reason));
        if (*c->head.culprit && strcmp(c->head.culprit, r->context.host) != 0)
                printf(", %s", c->head.culprit);
        if (c->head.openssl_error && !accepted)
                printf(" (%s)", X509_verify_cert_error_string((long)c->head.openssl_error));
        if (accepted)
                fputs(c->head.by_authority ? ", by the CA above it" : ", by itself", stdout);
        putchar('\n');
        pdane_cli_tree_down(t);
        show_chain(t, c);
        show_names(t, r, c);
        pdane_cli_tree_up(t);
}

static void
show_server(struct pdane_cli_tree *t, const struct pdane_cli_report *r)
{
        for (size_t i = 0; i < r->n_probes; i++) {
                const struct pdane_part_probe *p = &r->probes[i];

                /* The second one is for a certificate that need not be there. */
                if (i > 0 || p->outcome == PDANE_OUTCOME_ACCEPTED || !*p->why)
                        continue;
                pdane_cli_tree_line(t, false);
                printf("server: %s\n", p->why);
        }
        for (size_t i = 0; i < r->n_candidates; i++)
                if (!pdane_cli_report_repeats(r, i))
                        show_candidate(t, r, r->candidates[i]);
}

/* ---- what comes of it ---- */

static void
show_client(struct pdane_cli_tree *t, const struct pdane_cli_report *r, enum pdane_judge_kind k)
{
        struct pdane_cli_verdict v;

        pdane_cli_report_judge(r, k, &v);
        pdane_cli_tree_line(t, k + 1 == PDANE_JUDGE_KINDS);
        printf("%s: ", pdane_judge_kind_string(k));
        if (v.own_cas_unknown)
                pdane_cli_tree_word(t, PDANE_CLI_DOUBT, "as without p11-dane");
        else
                pdane_cli_tree_word(t, v.accepted ? PDANE_CLI_GOOD : PDANE_CLI_BAD,
                                    v.accepted ? "accepts" : "refuses");
        printf(", %s\n", v.reason);
        if (!*v.mend || v.own_cas_unknown)
                return;
        pdane_cli_tree_down(t);
        pdane_cli_tree_line(t, true);
        printf("the owner can %s\n", v.mend);
        pdane_cli_tree_up(t);
}

static void
show_clients(struct pdane_cli_tree *t, const struct pdane_cli_report *r)
{
        pdane_cli_tree_line(t, false);
        puts("clients");
        pdane_cli_tree_down(t);
        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++)
                show_client(t, r, (enum pdane_judge_kind)k);
        pdane_cli_tree_up(t);
}

static void
show_end(struct pdane_cli_tree *t, const struct pdane_cli_report *r)
{
        bool good = r->has_outcome && r->outcome.outcome == PDANE_OUTCOME_ACCEPTED;
        const char *mend = pdane_cli_report_mend(r);
        char when[PDANE_CLI_TIME_MAX];

        if (r->has_context && !(r->context.flags & PDANE_CONTEXT_CONFIGURED)) {
                pdane_cli_tree_line(t, false);
                pdane_cli_tree_word(t, PDANE_CLI_DOUBT, "port not configured");
                printf(": clients get nothing for port %u; [lookup] ports=%s\n", r->context.port,
                       r->context.ports);
        }
        if (r->context.looked_up) {
                pdane_cli_tree_line(t, false);
                printf("looked up %s\n",
                       pdane_cli_format_time(r->context.looked_up, r->context.now, when));
        }
        if (r->outcome.until) {
                pdane_cli_tree_line(t, false);
                printf("holds until %s\n",
                       pdane_cli_format_time(r->outcome.until, r->context.now, when));
        }
        pdane_cli_tree_line(t, true);
        pdane_cli_tree_word(t, good ? PDANE_CLI_GOOD : PDANE_CLI_BAD,
                            r->has_outcome
                                    ? pdane_outcome_string((enum pdane_outcome)r->outcome.outcome)
                                    : "denied");
        printf(": %s\n", pdane_cli_report_sentence(r));
        if (!*mend)
                return;
        pdane_cli_tree_down(t);
        pdane_cli_tree_line(t, true);
        printf("the owner can %s\n", mend);
        pdane_cli_tree_up(t);
}

void
pdane_cli_check_text(const struct pdane_cli_report *r)
{
        struct pdane_cli_tree t = {.colours = pdane_cli_colours()};

        printf("%s port %u\n", r->context.host, r->context.port);
        if (r->has_outcome) {
                show_dns(&t, r);
                show_records(&t, r);
                show_server(&t, r);
                show_clients(&t, r);
        }
        show_end(&t, r);
}
