/* SPDX-License-Identifier: BSD-3-Clause */
/* The daemon's report on a host as check shows it, and what it comes to for each kind of client. */
#ifndef PDANE_CLI_REPORT_H
#define PDANE_CLI_REPORT_H

#include <openssl/types.h>

#include "common/wire_report.h"
#include "trust/judge.h"

#define PDANE_CLI_DNS_MAX 8u
#define PDANE_CLI_PROBES_MAX 4u
#define PDANE_CLI_CANDIDATES_MAX 8u

struct pdane_cli_candidate {
        struct pdane_part_candidate head;
        size_t n_certs;
        X509 *certs[PDANE_CHAIN_MAX]; /* as they were sent */
        X509 *authority;              /* not sent: what records alone give; NULL: none */
        size_t n_names;
        struct pdane_part_name *names;
        struct pdane_part_client clients[PDANE_JUDGE_KINDS];
        bool told[PDANE_JUDGE_KINDS]; /* clients[k] came */
        bool own_cas; /* a CA that this system trusts vouches for the chain under this host */
};

struct pdane_cli_report {
        bool has_context, has_outcome;
        struct pdane_part_context context;
        size_t n_dns, n_records, n_probes, n_candidates;
        struct pdane_part_dns dns[PDANE_CLI_DNS_MAX];
        struct pdane_part_record records[PDANE_TLSA_MAX]; /* their data is owned */
        struct pdane_part_probe probes[PDANE_CLI_PROBES_MAX];
        struct pdane_cli_candidate *candidates[PDANE_CLI_CANDIDATES_MAX];
        struct pdane_part_outcome outcome;
};

/* What a report comes to for one kind of client. */
struct pdane_cli_verdict {
        bool accepted;
        enum { PDANE_BY_NOTHING = 0, PDANE_BY_DANE, PDANE_BY_OWN_CAS } by;
        bool own_cas_unknown; /* refused as far as DANE goes; its own CAs may say otherwise */
        char reason[PDANE_REPORT_TEXT_MAX + 64];
        const char *mend; /* borrowed from the report, or static; "" */
};

/* Takes a part in; for struct pdane_cli_conversation. 0 or -ENOMEM; parts too many are left out. */
int pdane_cli_report_add(struct pdane_cli_report *r, const struct pdane_part *p);
void pdane_cli_report_clear(struct pdane_cli_report *r);

/* The same leaf as an earlier candidate's: it stands there already. */
bool pdane_cli_report_repeats(const struct pdane_cli_report *r, size_t candidate);

/* What clients are shown, as far as that is known: an index, or -1. */
int pdane_cli_report_served(const struct pdane_cli_report *r);

/* Whether nobody can tell: DNS or the server did not answer. */
bool pdane_cli_report_is_unknown(const struct pdane_cli_report *r);

void pdane_cli_report_judge(const struct pdane_cli_report *r, enum pdane_judge_kind k,
                            struct pdane_cli_verdict *ret);

/* What the lookup came to, in a sentence, and what the site's owner does about it ("": nothing). */
const char *pdane_cli_report_sentence(const struct pdane_cli_report *r);
const char *pdane_cli_report_mend(const struct pdane_cli_report *r);

#endif
