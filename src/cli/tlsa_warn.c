/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Warnings before a record is published. What clients will do is asked of pdane_judge, with every
 * name of the certificate vouched for; which names that takes is said as well.
 */
#include "cli/tlsa_warn.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/offline.h"
#include "trust/judge_client.h"

#define SOON_S (30 * INT64_C(86400))
#define KINDS_TEXT_MAX 64u

enum { PKIX_TA, PKIX_EE, DANE_TA, DANE_EE };

static void warn(const struct pdane_cli_warning *w, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static void
warn(const struct pdane_cli_warning *w, const char *format, ...)
{
        va_list ap;

        fprintf(stderr, "p11-dane %s: warning: ", w->command->name);
        va_start(ap, format);
        vfprintf(stderr, format, ap);
        va_end(ap);
        fputc('\n', stderr);
}

/* ---- what each client says ---- */

/* Kinds that say the same thing share a line. */
struct objections {
        struct pdane_judge_client of[PDANE_JUDGE_KINDS]; /* accepted: has no objection */
};

static void
objections_warn(const struct pdane_cli_warning *w, struct objections *o)
{
        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++) {
                char kinds[KINDS_TEXT_MAX] = "", *end = kinds;

                if (o->of[k].accepted)
                        continue;
                for (unsigned other = k; other < PDANE_JUDGE_KINDS; other++) {
                        if (o->of[other].accepted ||
                            strcmp(o->of[other].reason, o->of[k].reason) != 0)
                                continue;
                        end = stpcpy(end, other > k ? ", " : "");
                        end = stpcpy(end, pdane_judge_kind_string((enum pdane_judge_kind)other));
                        o->of[other].accepted = other > k; /* said */
                }
                warn(w, "refused by %s: %s", kinds, o->of[k].reason);
        }
}

/* Everything that clients check by themselves, each thing once. */
static void
warn_checks(const struct pdane_cli_warning *w, const struct pdane_judge_case *c)
{
        for (size_t check = 0; check < PDANE_JUDGE_CHECKS; check++) {
                struct objections o = {0};

                for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++)
                        o.of[k].accepted = !pdane_judge_client_objects(
                                check, (enum pdane_judge_kind)k, c, o.of[k].reason);
                objections_warn(w, &o);
        }
}

/* Is there something for this kind of client? What it will not take for CA:TRUE was said already.
 */
static void
ask_offer(enum pdane_judge_kind kind, const struct pdane_judge_case *c,
          struct pdane_judge_client *ret)
{
        pdane_judge_client_offered(kind, c, ret);
        if (!ret->accepted &&
            pdane_judge_client_objects(PDANE_JUDGE_CHECK_CA, kind, c, ret->reason))
                ret->accepted = true;
}

/* What remains: refused before any client is told, or nothing that could be handed out. */
static void
warn_rest(const struct pdane_cli_warning *w, const struct pdane_judge_case *c,
          const struct pdane_judgement *j)
{
        struct objections o = {0};

        memcpy(o.of, j->clients, sizeof(o.of));
        for (unsigned k = 0; j->decision == PDANE_REASON_ACCEPTED && k < PDANE_JUDGE_KINDS; k++)
                ask_offer((enum pdane_judge_kind)k, c, &o.of[k]);
        objections_warn(w, &o);
}

/* ---- the server's certificate ---- */

/* The host, and all names of the certificate: as if each had the record. */
static struct pdane_name *
hosts_new(const struct pdane_cli_warning *w, const struct pdane_cert *leaf, size_t *ret_n)
{
        size_t n = pdane_cert_n_names(leaf);
        struct pdane_name *hosts = calloc(n + 1, sizeof(*hosts));

        if (!hosts)
                return NULL;
        hosts[0] = *w->host;
        hosts[0].wildcard = false;
        for (size_t i = 0; i < n; i++)
                (void)pdane_cert_name(leaf, i, &hosts[i + 1]);
        *ret_n = n + 1;
        return hosts;
}

static int
tlsa_set_of(const struct pdane_tlsa *t, struct pdane_tlsa_set **ret)
{
        uint8_t *rdata = malloc(3 + t->len);
        struct pdane_tlsa_set *set = NULL;
        int r = rdata ? pdane_tlsa_set_new(&set) : -ENOMEM;

        if (r == 0) {
                rdata[0] = t->usage;
                rdata[1] = t->selector;
                rdata[2] = t->matching;
                memcpy(rdata + 3, t->data, t->len);
                r = pdane_tlsa_set_add(set, rdata, 3 + t->len);
        }
        free(rdata);
        if (r < 0) {
                pdane_tlsa_set_free(set);
                return r;
        }
        *ret = set;
        return 0;
}

static int
judge_leaf(const struct pdane_cli_warning *w, const struct pdane_cert *leaf,
           struct pdane_judgement *ret)
{
        struct pdane_tlsa_set *set = NULL;
        struct pdane_judge_question q = {.certs = &w->cert,
                                         .n_certs = 1,
                                         .now = w->now,
                                         .policy = &pdane_cli_offline_policy};
        struct pdane_name *hosts = hosts_new(w, leaf, &q.n_hosts);
        int r = hosts ? tlsa_set_of(w->record, &set) : -ENOMEM;

        q.hosts = hosts;
        q.tlsa = set;
        if (r == 0)
                r = pdane_judge(&q, ret);
        pdane_tlsa_set_free(set);
        free(hosts);
        return r;
}

/* For a wildcard HOST: some name below it is what a client connects to. */
static struct pdane_name
host_below(const struct pdane_name *host)
{
        struct pdane_name below = {0};

        if (!host->wildcard)
                return *host;
        /* "*." took as much of its length. */
        memcpy(below.text, "a.", 2);
        memcpy(below.text + 2, host->text, strlen(host->text) + 1);
        return below;
}

static void
warn_other_names(const struct pdane_cli_warning *w, const struct pdane_cert *leaf)
{
        char text[PDANE_NAME_MAX + 3];
        struct pdane_name n;

        for (size_t i = 0; pdane_cert_name(leaf, i, &n); i++) {
                if (pdane_name_equal(&n, w->host))
                        continue;
                warn(w, "the certificate also names %s: no client is told of it before %s",
                     pdane_name_format(&n, text),
                     n.wildcard ? "records are synthesised below it too"
                                : "that has a record of its own too");
        }
}

static void
warn_end(const struct pdane_cli_warning *w, int64_t not_after)
{
        if (not_after >= w->now && not_after - w->now < SOON_S)
                warn(w, "expires in %d days", (int)((not_after - w->now) / 86400));
}

static int
warn_leaf(const struct pdane_cli_warning *w, const struct pdane_cert *leaf)
{
        struct pdane_name host = host_below(w->host);
        const struct pdane_judge_case c = {.leaf = leaf, .host = &host, .now = w->now};
        struct pdane_cli_warning below = *w;
        struct pdane_judgement j;
        int r;

        below.host = &host;
        r = judge_leaf(&below, leaf, &j);
        if (r < 0)
                return r;
        warn_checks(w, &c);
        warn_rest(w, &c, &j);
        warn_end(w, pdane_cert_not_after(leaf));
        warn_other_names(w, leaf);
        pdane_judgement_clear(&j);
        return 0;
}

/* ---- the CA's certificate ---- */

static void
warn_ca_use(const struct pdane_cli_warning *w, const struct pdane_cert *ca)
{
        if (pdane_cert_ca(ca) != PDANE_CA_TRUE)
                warn(w, "not CA:TRUE: usage 2 is for the CA's certificate");
        else if (!(X509_get_key_usage(w->cert) & KU_KEY_CERT_SIGN))
                warn(w, "the key usage does not include keyCertSign");
        if (pdane_cert_version(ca) != 3)
                warn(w, "not X.509 version 3: not every client takes it for a CA");
        if (pdane_cert_publicly_issued(ca))
                warn(w, "a public CA's: clients need not be told of it, and are not");
}

static void
warn_ca_dates(const struct pdane_cli_warning *w, const struct pdane_cert *ca)
{
        if (w->now < pdane_cert_not_before(ca))
                warn(w, "not valid yet, and usage 2 has that checked");
        else if (w->now > pdane_cert_not_after(ca))
                warn(w, "expired, and usage 2 has that checked");
        else
                warn_end(w, pdane_cert_not_after(ca));
}

/* Those of the checks that are not about what a server's certificate must have. */
static void
warn_ca_key(const struct pdane_cli_warning *w, const struct pdane_cert *ca)
{
        struct objections o = {0};

        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++)
                o.of[k].accepted = !pdane_judge_client_objects_to_ca((enum pdane_judge_kind)k, ca,
                                                                     o.of[k].reason);
        objections_warn(w, &o);
}

static void
warn_ca(const struct pdane_cli_warning *w, const struct pdane_cert *ca)
{
        warn_ca_use(w, ca);
        warn_ca_dates(w, ca);
        warn_ca_key(w, ca);
        if (w->record->matching != 0)
                warn(w, "the server must send this certificate too: DNS has only its digest");
        warn(w, "each name of the server's certificate needs such a record of its own");
}

/* ---- all of it ---- */

int
pdane_cli_tlsa_warn(const struct pdane_cli_warning *w)
{
        struct pdane_cert *cert = NULL;
        int r;

        if (w->record->usage == PKIX_TA || w->record->usage == PKIX_EE)
                warn(w,
                     "usage %u never adds trust: clients accept the certificate only if a "
                     "public CA signed it",
                     w->record->usage);
        if (w->host->wildcard)
                warn(w, "\"*\" stands for every name below that does not exist, and every port");
        r = pdane_cert_new_x509(w->cert, &cert);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                warn(w, "refused by all: too large, or not in DER as clients read it");
                return 0;
        }
        r = 0;
        if (w->record->usage == DANE_TA)
                warn_ca(w, cert);
        else if (w->record->usage == DANE_EE)
                r = warn_leaf(w, cert);
        pdane_cert_unref(cert);
        return r;
}
