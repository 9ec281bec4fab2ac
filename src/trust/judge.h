/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole verdict on one chain without network and daemon: what DANE says of it (RFC 7671), which
 * names of the certificate are covered, and what each kind of client would make of it. Asks
 * pdane_match_certs, pdane_decide and pdane_offer, as the daemon does. Pure.
 */
#ifndef PDANE_JUDGE_H
#define PDANE_JUDGE_H

#include "trust/decide.h"

#define PDANE_JUDGE_TEXT_MAX 511u /* characters of a reason */

enum pdane_judge_kind {
        PDANE_JUDGE_FIREFOX = 0, /* Firefox, Thunderbird: mozilla::pkix */
        PDANE_JUDGE_CHROMIUM,
        PDANE_JUDGE_NSS, /* NSS's own verifiers */
        PDANE_JUDGE_GNUTLS,
        PDANE_JUDGE_OPENSSL, /* curl, Python, s_client: a certificate directory */
        PDANE_JUDGE_KINDS,
};

/* "firefox" and so on. Never NULL. */
const char *pdane_judge_kind_string(enum pdane_judge_kind k);

/* All borrowed. */
struct pdane_judge_question {
        X509 *const *certs; /* as the server sends them, leaf first; whatever OpenSSL could parse */
        size_t n_certs;
        /*
         * Names that tlsa, as a secure RRset, stands at; the first, never a wildcard, is what a
         * client connects to. A wildcard stands for an RRset that DNS synthesises below it.
         */
        const struct pdane_name *hosts;
        size_t n_hosts;
        const struct pdane_tlsa_set *tlsa;
        int64_t now;                       /* seconds since 1970 */
        const struct pdane_policy *policy; /* as for pdane_decide */
};

struct pdane_judge_client {
        bool accepted;
        char reason[PDANE_JUDGE_TEXT_MAX + 1]; /* a sentence without a full stop; printable ASCII */
        const char *mend; /* what the site's owner does about a refusal, or ""; static */
};

/* One name that the certificate could be used for. */
struct pdane_judge_name {
        char name[PDANE_NAME_MAX + 3]; /* printable; where it is no name, what stands there */
        bool covered;
        char reason[PDANE_JUDGE_TEXT_MAX + 1];
};

struct pdane_judgement {
        struct pdane_match dane; /* of the first host; all certificates are looked at */
        /*
         * What pdane_decide says of what the daemon would look at: the first PDANE_CHAIN_MAX
         * certificates, up to one that pdane_cert_new refuses. UNKNOWN when that is none, or when
         * DANE says no.
         */
        enum pdane_reason decision;
        bool by_authority; /* ACCEPTED: it is an authority above the leaf that is vouched for */
        struct pdane_judge_client clients[PDANE_JUDGE_KINDS];
        struct pdane_judge_name *names; /* owned */
        size_t n_names;
};
void pdane_judgement_clear(struct pdane_judgement *j); /* all zero afterwards */

/* 0 with *ret filled (pdane_judgement_clear it), or -EINVAL (no certificate, no host, or the first
 * host is a wildcard) or -ENOMEM (untouched). */
int pdane_judge(const struct pdane_judge_question *q, struct pdane_judgement *ret);

/*
 * What each kind of client makes of a leaf that pdane_decide decided about, whatever that came to;
 * host is what is connected to. For the daemon, which has decided already.
 */
void pdane_judge_decision(const struct pdane_decision *d, const struct pdane_cert *leaf,
                          const struct pdane_name *host, int64_t now,
                          struct pdane_judge_client ret[PDANE_JUDGE_KINDS]);

/* True when DANE matches and every kind of client accepts. */
bool pdane_judgement_unanimous(const struct pdane_judgement *j);

#endif
