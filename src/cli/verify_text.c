/* SPDX-License-Identifier: BSD-3-Clause */
/* How a judgement is shown. Decides nothing. */
#include "cli/verify_text.h"

#include <openssl/x509.h>
#include <stdio.h>

#include "cli/json.h"
#include "cli/text.h"

#define SUBJECT_MAX 120u /* characters of a subject that are shown */
#define DIGEST_SHOWN 8u  /* octets of a record's data that are shown */

/* The JSON's word, which is also the text's. */
static const char *
dane_word(enum pdane_reason r)
{
        switch (r) {
        case PDANE_REASON_ACCEPTED:
                return "match";
        case PDANE_REASON_NO_MATCH:
        case PDANE_REASON_UNUSABLE:
        case PDANE_REASON_NAME_MISMATCH:
                return pdane_reason_string(r);
        default:
                return "chain-error";
        }
}

/* ---- text ---- */

static const char *
paint(bool good)
{
        if (!pdane_cli_colours())
                return "";
        return good ? "\033[32m" : "\033[31m";
}

static const char *
unpaint(void)
{
        return pdane_cli_colours() ? "\033[0m" : "";
}

static void
show_dane(const struct pdane_judgement *j)
{
        bool match = j->dane.reason == PDANE_REASON_ACCEPTED;

        printf("|-- DANE: %s%s%s", paint(match), dane_word(j->dane.reason), unpaint());
        if (match)
                printf(", record %zu at depth %d", j->dane.record, j->dane.depth);
        else if (j->dane.openssl_error != X509_V_OK)
                printf(" (%s)", X509_verify_cert_error_string(j->dane.openssl_error));
        putchar('\n');
}

static void
show_record(const struct pdane_tlsa *t)
{
        printf("%u %u %u ", t->usage, t->selector, t->matching);
        for (size_t i = 0; i < t->len && i < DIGEST_SHOWN; i++)
                printf("%02x", t->data[i]);
        fputs(t->len > DIGEST_SHOWN ? "..." : "", stdout);
}

static void
show_records(const struct pdane_judge_question *q, const struct pdane_judgement *j)
{
        size_t n = pdane_tlsa_set_count(q->tlsa);
        bool match = j->dane.reason == PDANE_REASON_ACCEPTED;

        puts("|-- TLSA records");
        for (size_t i = 0; i < n; i++) {
                const struct pdane_tlsa *t = pdane_tlsa_set_get(q->tlsa, i);

                printf("|   %s %zu: ", i + 1 < n ? "|--" : "`--", i);
                show_record(t);
                if (match && i == j->dane.record)
                        puts(": matches");
                else if (t->usage < 2)
                        puts(": unusable, usages 0 and 1 never add trust");
                else
                        puts(pdane_tlsa_usable(t) ? "" : ": unusable");
        }
}

static void
show_certificate(X509 *x)
{
        char name[SUBJECT_MAX + 1] = "";
        BIO *bio = BIO_new(BIO_s_mem());
        int n;

        if (!bio)
                return;
        /* RFC 2253's form has control characters and bytes past ASCII escaped. */
        X509_NAME_print_ex(bio, X509_get_subject_name(x), 0, XN_FLAG_RFC2253);
        n = BIO_read(bio, name, sizeof(name) - 1);
        printf("%s%s\n", n > 0 ? name : "(empty subject)", BIO_pending(bio) ? "..." : "");
        BIO_free(bio);
}

static void
show_chain(const struct pdane_judge_question *q)
{
        puts("|-- chain");
        for (size_t i = 0; i < q->n_certs; i++) {
                printf("|   %s %zu: ", i + 1 < q->n_certs ? "|--" : "`--", i);
                show_certificate(q->certs[i]);
        }
}

static void
show_names(const struct pdane_judgement *j)
{
        puts("|-- names");
        for (size_t i = 0; i < j->n_names; i++) {
                const struct pdane_judge_name *n = &j->names[i];

                printf("|   %s %s: %s%s%s, %s\n", i + 1 < j->n_names ? "|--" : "`--", n->name,
                       paint(n->covered), n->covered ? "covered" : "not covered", unpaint(),
                       n->reason);
        }
}

static void
show_clients(const struct pdane_judgement *j)
{
        puts("`-- clients");
        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++) {
                const struct pdane_judge_client *c = &j->clients[k];

                printf("    %s %s: %s%s%s, %s\n", k + 1 < PDANE_JUDGE_KINDS ? "|--" : "`--",
                       pdane_judge_kind_string((enum pdane_judge_kind)k), paint(c->accepted),
                       c->accepted ? "accepts" : "refuses", unpaint(), c->reason);
        }
}

void
pdane_cli_verify_text(const struct pdane_judge_question *q, const struct pdane_judgement *j)
{
        puts(q->hosts[0].text);
        show_dane(j);
        show_records(q, j);
        show_chain(q);
        show_names(j);
        show_clients(j);
}

/* ---- JSON ---- */

static void
write_client(struct pdane_json *to, enum pdane_judge_kind k, const struct pdane_judge_client *c)
{
        pdane_json_begin(to, pdane_judge_kind_string(k), '{');
        pdane_json_bool(to, "accepted", c->accepted);
        pdane_json_string(to, "reason", c->reason);
        pdane_json_end(to, '}');
}

static void
write_name(struct pdane_json *to, const struct pdane_judge_name *n)
{
        pdane_json_begin(to, NULL, '{');
        pdane_json_string(to, "name", n->name);
        pdane_json_bool(to, "covered", n->covered);
        pdane_json_string(to, "reason", n->reason);
        pdane_json_end(to, '}');
}

static void
write_dane(struct pdane_json *to, const struct pdane_match *m)
{
        pdane_json_string(to, "dane", dane_word(m->reason));
        if (m->reason == PDANE_REASON_ACCEPTED) {
                pdane_json_number(to, "depth", m->depth);
                pdane_json_number(to, "record", (int64_t)m->record);
        } else {
                pdane_json_null(to, "depth");
                pdane_json_null(to, "record");
        }
}

void
pdane_cli_verify_json(const struct pdane_judgement *j)
{
        struct pdane_json to = {.to = stdout};

        pdane_json_begin(&to, NULL, '{');
        write_dane(&to, &j->dane);
        pdane_json_begin(&to, "clients", '{');
        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++)
                write_client(&to, (enum pdane_judge_kind)k, &j->clients[k]);
        pdane_json_end(&to, '}');
        pdane_json_begin(&to, "names", '[');
        for (size_t i = 0; i < j->n_names; i++)
                write_name(&to, &j->names[i]);
        pdane_json_end(&to, ']');
        pdane_json_end(&to, '}');
}
