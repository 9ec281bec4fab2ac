/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parses the anchor with OpenSSL alone and compares its constraints with the names one by one; then
 * lets OpenSSL judge a certificate for another host under them.
 */
#include "anchor_check.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "trust/anchor.h"

static const char *const pool[] = {"host.example",   "www.host.example", "example",
                                   "a.b.example",    "other.example",    "xhost.example",
                                   "x.host.example", "host.example.com", "_x.y-z.example"};
#define POOL (sizeof pool / sizeof *pool)

/* ---- the order ---- */

static EVP_PKEY *
key_of(unsigned kind)
{
        static EVP_PKEY *keys[4];
        static const unsigned char seed[57] = {7};

        if (keys[kind])
                return keys[kind];
        switch (kind) {
        case 0:
                keys[kind] = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
                break;
        case 1:
                keys[kind] = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED448, NULL, seed, 57);
                break;
        case 2:
                keys[kind] = EVP_EC_gen("P-384");
                break;
        default:
                keys[kind] = EVP_RSA_gen(1024);
                break;
        }
        FUZZ_CHECK(keys[kind]);
        return keys[kind];
}

static struct pdane_cert *
signer_new(struct fuzz_input *in)
{
        uint8_t flags = fuzz_u8(in);
        unsigned kind = flags & 3;
        struct fuzz_input id = fuzz_take(in, fuzz_u8(in) % 40u);
        struct pdane_cert *c = NULL;
        X509 *x = X509_new();

        FUZZ_CHECK(x && X509_set_version(x, X509_VERSION_3) &&
                   ASN1_INTEGER_set(X509_get_serialNumber(x), 1) &&
                   X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "O", MBSTRING_UTF8,
                                              (const unsigned char *)"Some Authority", -1, -1, 0) &&
                   X509_set_issuer_name(x, X509_get_subject_name(x)) &&
                   X509_time_adj_ex(X509_getm_notBefore(x), 0, 0, NULL) &&
                   X509_time_adj_ex(X509_getm_notAfter(x), 1, 0, NULL) &&
                   X509_set_pubkey(x, key_of(kind)));
        if (flags & 4) {
                ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();

                FUZZ_CHECK(value && ASN1_OCTET_STRING_set(value, id.data, (int)id.len) &&
                           X509_add1_ext_i2d(x, NID_subject_key_identifier, value, 0,
                                             X509V3_ADD_DEFAULT) == 1);
                ASN1_OCTET_STRING_free(value);
        }
        FUZZ_CHECK(X509_sign(x, key_of(kind), kind < 2 ? NULL : EVP_sha256()) > 0);
        FUZZ_CHECK(pdane_cert_new_x509(x, &c) == 0);
        X509_free(x);
        return c;
}

void
anchor_warm_up(void)
{
        const struct pdane_name name = {.text = "host.example"};

        for (uint8_t kind = 0; kind < 4; kind++) {
                struct fuzz_input in = {&kind, 1};
                struct pdane_cert *signer = signer_new(&in), *anchor;

                FUZZ_CHECK(pdane_anchor_new(signer, &name, 1, 0, 1, &anchor) == 0);
                pdane_cert_unref(anchor);
                pdane_cert_unref(signer);
        }
}

static bool
take_name(struct fuzz_input *in, struct pdane_name *ret)
{
        uint8_t kind = fuzz_u8(in);
        struct fuzz_input own;

        if (kind & 0x80) {
                own = fuzz_take(in, fuzz_u8(in));
                return pdane_name_parse((const char *)own.data, own.len, ret) == 0;
        }
        *ret = (struct pdane_name){.wildcard = (kind & 0x40) != 0};
        snprintf(ret->text, sizeof ret->text, "%s", pool[kind % POOL]);
        return true;
}

struct anchor_order *
anchor_order_new(struct fuzz_input *in)
{
        static const int64_t ends[] = {3600, 1, 0, -1, INT64_C(90000000000)};
        struct anchor_order *o = calloc(1, sizeof *o);
        struct pdane_name probe;
        size_t n;

        FUZZ_CHECK(o);
        o->not_before = INT64_C(1800000000);
        o->not_after = o->not_before + ends[fuzz_pick(in, 5)];
        o->signer = signer_new(in);
        snprintf(o->probe, sizeof o->probe, "%s",
                 take_name(in, &probe) ? probe.text : "host.example");
        n = fuzz_pick(in, PDANE_CERT_NAMES_MAX + 2);
        for (size_t i = 0; i < n && (in->len > 0 || n > PDANE_CERT_NAMES_MAX); i++)
                o->n_names += take_name(in, &o->names[o->n_names]);
        return o;
}

void
anchor_order_free(struct anchor_order *o)
{
        pdane_cert_unref(o->signer);
        free(o);
}

/* ---- the constraints ---- */

static bool
is_below(const char *text, const char *domain)
{
        size_t n = strlen(text), d = strlen(domain);

        return n > d + 1 && text[n - d - 1] == '.' && strcmp(text + n - d, domain) == 0;
}

/* Does anything that was ordered lie below this name? */
static bool
is_parent(const struct anchor_order *o, const char *text)
{
        for (size_t i = 0; i < o->n_names; i++)
                if (is_below(o->names[i].text, text) ||
                    (o->names[i].wildcard && strcmp(o->names[i].text, text) == 0))
                        return true;
        return false;
}

static size_t
count_dns(STACK_OF(GENERAL_SUBTREE) * list)
{
        size_t n = 0;

        for (int i = 0; i < sk_GENERAL_SUBTREE_num(list); i++)
                n += sk_GENERAL_SUBTREE_value(list, i)->base->type == GEN_DNS;
        return n;
}

static bool
has_dns(STACK_OF(GENERAL_SUBTREE) * list, bool below, const char *text)
{
        size_t n = strlen(text);

        for (int i = 0; i < sk_GENERAL_SUBTREE_num(list); i++) {
                const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(list, i)->base;
                const unsigned char *data;

                if (base->type != GEN_DNS)
                        continue;
                data = ASN1_STRING_get0_data(base->d.dNSName);
                if ((size_t)ASN1_STRING_length(base->d.dNSName) == n + below &&
                    (!below || data[0] == '.') && memcmp(data + below, text, n) == 0)
                        return true;
        }
        return false;
}

/* All addresses of both kinds, and nothing of any other type. */
static void
check_addresses(const NAME_CONSTRAINTS *nc)
{
        static const unsigned char zero[32];
        int n = sk_GENERAL_SUBTREE_num(nc->excludedSubtrees), four = 0, six = 0;

        for (int i = 0; i < n; i++) {
                const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(nc->excludedSubtrees, i)->base;
                int len;

                if (base->type == GEN_DNS)
                        continue;
                FUZZ_CHECK(base->type == GEN_IPADD);
                len = ASN1_STRING_length(base->d.iPAddress);
                FUZZ_CHECK(len == 8 || len == 32);
                FUZZ_CHECK(memcmp(ASN1_STRING_get0_data(base->d.iPAddress), zero, (size_t)len) ==
                           0);
                four += len == 8;
                six += len == 32;
        }
        FUZZ_CHECK(four == 1 && six == 1);
}

static void
check_names(const struct anchor_order *o, const NAME_CONSTRAINTS *nc)
{
        size_t excluded = 0;

        FUZZ_CHECK(sk_GENERAL_SUBTREE_num(nc->permittedSubtrees) == (int)o->n_names);
        FUZZ_CHECK(count_dns(nc->permittedSubtrees) == o->n_names);
        for (size_t i = 0; i < o->n_names; i++) {
                const struct pdane_name *n = &o->names[i];
                bool sealed = !n->wildcard && !is_parent(o, n->text);

                FUZZ_CHECK(has_dns(nc->permittedSubtrees, n->wildcard, n->text));
                if (sealed)
                        FUZZ_CHECK(has_dns(nc->excludedSubtrees, true, n->text));
                excluded += sealed;
        }
        FUZZ_CHECK(count_dns(nc->excludedSubtrees) == excluded);
}

static X509 *
leaf_for(const char *host)
{
        GENERAL_NAMES *list = GENERAL_NAMES_new();
        GENERAL_NAME *gn = GENERAL_NAME_new();
        ASN1_STRING *s = ASN1_STRING_type_new(V_ASN1_IA5STRING);
        X509 *x = X509_new();

        FUZZ_CHECK(list && gn && s && x && X509_set_version(x, X509_VERSION_3) &&
                   ASN1_STRING_set(s, host, -1));
        GENERAL_NAME_set0_value(gn, GEN_DNS, s);
        FUZZ_CHECK(sk_GENERAL_NAME_push(list, gn) &&
                   X509_add1_ext_i2d(x, NID_subject_alt_name, list, 0, X509V3_ADD_DEFAULT) == 1);
        GENERAL_NAMES_free(list);
        /* NAME_CONSTRAINTS_check reads what this has read. */
        (void)X509_check_purpose(x, -1, 0);
        return x;
}

/* Where the anchor is said to be exact, OpenSSL lets through what was ordered and nothing else. */
static void
check_judgement(const struct anchor_order *o, NAME_CONSTRAINTS *nc, const char *host)
{
        X509 *leaf;
        bool ordered = false, permitted;

        for (size_t i = 0; i < o->n_names; i++)
                ordered = ordered || (!o->names[i].wildcard && strcmp(o->names[i].text, host) == 0);
        leaf = leaf_for(host);
        permitted = NAME_CONSTRAINTS_check(leaf, nc) == X509_V_OK;
        X509_free(leaf);
        FUZZ_CHECK(permitted || !ordered);
        if (pdane_anchor_exact(o->names, o->n_names))
                FUZZ_CHECK(permitted == ordered);
}

static void
check_constraints(const struct anchor_order *o, X509 *x)
{
        int critical = -1;
        NAME_CONSTRAINTS *nc = X509_get_ext_d2i(x, NID_name_constraints, &critical, NULL);
        bool exact = true;

        FUZZ_CHECK(nc && critical == 1);
        check_addresses(nc);
        check_names(o, nc);
        for (size_t i = 0; i < o->n_names; i++)
                exact = exact && !o->names[i].wildcard && !is_parent(o, o->names[i].text);
        FUZZ_CHECK(exact == pdane_anchor_exact(o->names, o->n_names));
        check_judgement(o, nc, o->probe);
        for (size_t i = 0; i < o->n_names && i < 4; i++)
                check_judgement(o, nc, o->names[i].text);
        for (size_t i = 0; i < POOL; i++)
                check_judgement(o, nc, pool[i]);
        NAME_CONSTRAINTS_free(nc);
}

void
anchor_check(const struct anchor_order *o, const struct pdane_cert *anchor)
{
        X509 *x = pdane_cert_x509(anchor);
        uint32_t flags = X509_get_extension_flags(x);

        FUZZ_CHECK(pdane_cert_version(anchor) == 3 && !(flags & EXFLAG_INVALID));
        FUZZ_CHECK(pdane_cert_self_issued(anchor) && pdane_cert_ca(anchor) == PDANE_CA_TRUE);
        FUZZ_CHECK(pdane_bytes_equal(pdane_cert_subject(anchor), pdane_cert_subject(o->signer)) &&
                   pdane_bytes_equal(pdane_cert_spki(anchor), pdane_cert_spki(o->signer)));
        FUZZ_CHECK(pdane_cert_serial(anchor).len == 18 && pdane_cert_serial(anchor).data[2] < 0x80);
        FUZZ_CHECK(pdane_cert_not_before(anchor) == o->not_before &&
                   pdane_cert_not_after(anchor) == o->not_after);
        FUZZ_CHECK(X509_get_key_usage(x) == KU_KEY_CERT_SIGN);
        FUZZ_CHECK(X509_get_extended_key_usage(x) == XKU_SSL_SERVER);
        FUZZ_CHECK(X509_get_ext_by_NID(x, NID_authority_key_identifier, -1) < 0);
        FUZZ_CHECK(pdane_cert_has_key_id(anchor));
        FUZZ_CHECK(pdane_cert_has_key_id(o->signer) || pdane_cert_key_id_is_own(anchor));
        check_constraints(o, x);
        ERR_clear_error();
}
