/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One question to pdane_decide, spelled out by the input: which certificates there are, what is in
 * them, what DNS has for which name. And the answer, worked out slowly from what was spelled out,
 * without a line of the code that is asked.
 */
#ifndef PDANE_FUZZ_SCENE_H
#define PDANE_FUZZ_SCENE_H

#include <openssl/evp.h>

#include "fuzz.h"
#include "trust/decide.h"

#define SCENE_NOW INT64_C(1800000000)
#define SCENE_KEYS 5u
#define SCENE_DNS_MAX 5u
#define SCENE_CERTS_MAX 3u /* leaf, its issuer, the issuer's */
#define SCENE_RECORDS_MAX 3u
#define SCENE_SETS_MAX 3u
#define SCENE_PROOFS_MAX 8u

enum scene_bc { SCENE_BC_NONE, SCENE_BC_FALSE, SCENE_BC_TRUE, SCENE_BCS };

/* A name as somebody could write it, and what it is. */
struct scene_name {
        const char *text;
        const char *normal; /* without the asterisk; NULL: no name */
        bool wildcard, address;
        bool common; /* as a common name some client could take it for a host, dNSNames or not */
};
extern const struct scene_name scene_names[];
extern const size_t scene_n_names;

struct scene_cert {
        unsigned key, signer; /* numbers of keys; the same: self-signed */
        unsigned dn;          /* number of its subject */
        unsigned issuer_dn;
        unsigned version; /* 1 or 3 */
        enum scene_bc bc;
        bool expired, public_policy;
        int cn; /* index of a name, or -1 */
        unsigned n_dns;
        unsigned dns[SCENE_DNS_MAX];
        bool ip; /* an iPAddress among the alternatives */
        X509 *x; /* owned */
};

struct scene_record {
        uint8_t usage, selector, matching;
        unsigned of;    /* number of a certificate of the scene, sent or not */
        bool damaged;   /* one bit that counts */
        uint8_t *rdata; /* owned */
        size_t len;
};

struct scene_set {
        size_t n;
        struct scene_record records[SCENE_RECORDS_MAX];
        struct pdane_tlsa_set *tlsa; /* owned */
};

struct scene {
        struct scene_cert certs[SCENE_CERTS_MAX];
        size_t n_certs, n_sent;
        struct pdane_chain chain; /* the first n_sent of certs */
        struct scene_set sets[SCENE_SETS_MAX];
        struct pdane_proof proofs[SCENE_PROOFS_MAX];
        unsigned proof_names[SCENE_PROOFS_MAX]; /* indexes of names */
        unsigned proof_sets[SCENE_PROOFS_MAX];
        size_t n_proofs;
        const char *host;
        unsigned reserved_dn; /* the one in the system's store; SCENE_KEYS: none of them */
        struct pdane_policy policy;
};

/* Before anything fails: what OpenSSL sets up once and for all would stay broken. */
void scene_warm_up(void);

/* Ends the program when it cannot be made. */
struct scene *scene_new(struct fuzz_input *in);
void scene_free(struct scene *s);

/*
 * Whether every rule of docs/security.md, "What must hold before anything is trusted", holds. True
 * whenever pdane_decide may accept; where at most one record stands at each name and all are of
 * usage 3, also only then.
 */
bool scene_may_accept(const struct scene *s);
/* The two ways to that: DANE-EE for the leaf, DANE-TA for an authority. */
bool scene_may_accept_leaf(const struct scene *s);
bool scene_may_accept_authority(const struct scene *s);
/* There is one proof of this name, and it counts. */
bool scene_has_proof(const struct scene *s, const struct pdane_name *n);
bool scene_is_plain(const struct scene *s); /* the case where it is exact */

#endif
