/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds the question. All keys are fixed and Ed25519, whose signatures are the same every time, so
 * that an input is the same question every time. */
#include "scene.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

const struct scene_name scene_names[] = {
        {"host.example", "host.example", false, false, true},
        {"www.host.example", "www.host.example", false, false, true},
        {"*.host.example", "host.example", true, false, true},
        {"bank.example", "bank.example", false, false, true},
        {"BANK.example.", "bank.example", false, false, true},
        {"*.example", "example", true, false, true},
        {"example", "example", false, false, false},
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example", false, false, true},
        {"192.0.2.1", NULL, false, true, true},
        {"a..example", NULL, false, false, true},
        {"f*o.example", NULL, false, false, true},
        {"Some Company", NULL, false, false, false},
        {"_x.host.example", "_x.host.example", false, false, true},
        {"0x7f.1", NULL, false, true, true},
};
const size_t scene_n_names = sizeof scene_names / sizeof *scene_names;

static EVP_PKEY *
key_of(unsigned i)
{
        static EVP_PKEY *keys[SCENE_KEYS];
        unsigned char seed[32] = {(unsigned char)(i + 1)};

        FUZZ_CHECK(i < SCENE_KEYS);
        if (!keys[i])
                keys[i] = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
        FUZZ_CHECK(keys[i]);
        return keys[i];
}

/* ---- certificates ---- */

static void
spell_cert(struct fuzz_input *in, struct scene_cert *c, unsigned i)
{
        uint8_t flags = fuzz_u8(in);

        c->key = fuzz_pick(in, SCENE_KEYS);
        c->signer = fuzz_pick(in, SCENE_KEYS);
        c->dn = flags & 1 ? i : fuzz_pick(in, SCENE_KEYS);
        c->issuer_dn = flags & 2 ? i + 1 : fuzz_pick(in, SCENE_KEYS);
        if (flags & 4) { /* as it should be: each signs the one below it */
                c->key = i;
                c->signer = i + 1;
        }
        if (flags & 8) {
                c->signer = c->key;
                c->issuer_dn = c->dn;
        }
        c->version = flags & 0x80 && flags & 0x40 ? 1 : 3;
        c->expired = (flags & 0x30) == 0x30;
        c->bc = (enum scene_bc)fuzz_pick(in, SCENE_BCS);
        flags = fuzz_u8(in);
        c->public_policy = (flags & 0x0f) == 0x0f;
        c->ip = (flags & 0xf0) == 0xf0;
        c->cn = flags & 0x40 ? -1 : (int)fuzz_pick(in, (unsigned)scene_n_names);
        c->n_dns = i == 0 ? fuzz_pick(in, SCENE_DNS_MAX + 1) : 0;
        for (unsigned k = 0; k < c->n_dns; k++)
                c->dns[k] = fuzz_pick(in, (unsigned)scene_n_names);
}

static X509_NAME *
name_new(const char *organisation, const char *cn)
{
        X509_NAME *dn = X509_NAME_new();

        FUZZ_CHECK(dn &&
                   X509_NAME_add_entry_by_txt(dn, "O", MBSTRING_UTF8,
                                              (const unsigned char *)organisation, -1, -1, 0));
        if (cn)
                FUZZ_CHECK(X509_NAME_add_entry_by_txt(dn, "CN", MBSTRING_UTF8,
                                                      (const unsigned char *)cn, -1, -1, 0));
        return dn;
}

static void
set_name(X509 *x, bool issuer, unsigned dn, int cn)
{
        char organisation[] = "Owner 0";
        X509_NAME *name;

        organisation[sizeof organisation - 2] = (char)('0' + dn);
        name = name_new(organisation, cn >= 0 ? scene_names[cn].text : NULL);
        FUZZ_CHECK(issuer ? X509_set_issuer_name(x, name) : X509_set_subject_name(x, name));
        X509_NAME_free(name);
}

static void
add_der(X509 *x, int nid, const void *der, size_t len)
{
        ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
        X509_EXTENSION *ext;

        FUZZ_CHECK(value && ASN1_OCTET_STRING_set(value, der, (int)len));
        ext = X509_EXTENSION_create_by_NID(NULL, nid, nid == NID_basic_constraints, value);
        FUZZ_CHECK(ext && X509_add_ext(x, ext, -1));
        X509_EXTENSION_free(ext);
        ASN1_OCTET_STRING_free(value);
}

static void
push_alternative(GENERAL_NAMES *list, int type, int string_type, const void *data, size_t len)
{
        GENERAL_NAME *gn = GENERAL_NAME_new();
        ASN1_STRING *s = ASN1_STRING_type_new(string_type);

        FUZZ_CHECK(gn && s && ASN1_STRING_set(s, data, (int)len));
        GENERAL_NAME_set0_value(gn, type, s);
        FUZZ_CHECK(sk_GENERAL_NAME_push(list, gn));
}

static void
add_alternatives(X509 *x, const struct scene_cert *c)
{
        GENERAL_NAMES *list = GENERAL_NAMES_new();

        FUZZ_CHECK(list);
        for (unsigned i = 0; i < c->n_dns; i++) {
                const char *text = scene_names[c->dns[i]].text;

                push_alternative(list, GEN_DNS, V_ASN1_IA5STRING, text, strlen(text));
        }
        if (c->ip)
                push_alternative(list, GEN_IPADD, V_ASN1_OCTET_STRING, "\xc0\x00\x02\x01", 4);
        if (sk_GENERAL_NAME_num(list) > 0)
                FUZZ_CHECK(X509_add1_ext_i2d(x, NID_subject_alt_name, list, 0,
                                             X509V3_ADD_DEFAULT) == 1);
        GENERAL_NAMES_free(list);
}

static void
make_cert(struct scene *s, unsigned i)
{
        struct scene_cert *c = &s->certs[i];
        X509 *x = X509_new();
        int64_t start = SCENE_NOW - 86400, end = SCENE_NOW + (c->expired ? -3600 : 86400);
        int issuer_cn = -1;

        FUZZ_CHECK(x && X509_set_version(x, (long)c->version - 1));
        /* The issuer's name is the one that the certificate above bears, if it is meant. */
        if (c->issuer_dn == c->dn && c->signer == c->key)
                issuer_cn = c->cn;
        else if (i + 1 < s->n_certs && c->issuer_dn == s->certs[i + 1].dn)
                issuer_cn = s->certs[i + 1].cn;
        set_name(x, false, c->dn, c->cn);
        set_name(x, true, c->issuer_dn, issuer_cn);
        FUZZ_CHECK(ASN1_INTEGER_set(X509_get_serialNumber(x), (long)i + 1) &&
                   ASN1_TIME_set(X509_getm_notBefore(x), (time_t)start) &&
                   ASN1_TIME_set(X509_getm_notAfter(x), (time_t)end) &&
                   X509_set_pubkey(x, key_of(c->key)));
        if (c->version == 3) {
                if (c->bc == SCENE_BC_TRUE)
                        add_der(x, NID_basic_constraints, "\x30\x03\x01\x01\xff", 5);
                if (c->bc == SCENE_BC_FALSE)
                        add_der(x, NID_basic_constraints, "\x30\x00", 2);
                if (c->public_policy) /* 2.23.140.1.2.1 */
                        add_der(x, NID_certificate_policies,
                                "\x30\x0a\x30\x08\x06\x06\x67\x81\x0c\x01\x02\x01", 12);
                add_alternatives(x, c);
        }
        FUZZ_CHECK(X509_sign(x, key_of(c->signer), NULL) > 0);
        c->x = x;
}

/* ---- records ---- */

static size_t
associate(const struct scene_record *r, const struct scene_cert *c, uint8_t **ret)
{
        unsigned char *full = NULL, *digest;
        int len = r->selector == 0 ? i2d_X509(c->x, &full)
                                   : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x), &full);
        unsigned n = (unsigned)len;

        FUZZ_CHECK(len > 0);
        digest = malloc(n + 64u);
        FUZZ_CHECK(digest);
        if (r->matching == 1 || r->matching == 2)
                FUZZ_CHECK(EVP_Digest(full, n, digest, &n,
                                      r->matching == 1 ? EVP_sha256() : EVP_sha512(), NULL));
        else
                memcpy(digest, full, n);
        OPENSSL_free(full);
        *ret = digest;
        return n;
}

/* One bit, of the key where that is spelled out: elsewhere in a certificate it may be of no
 * account, and what is published in full is an authority all the same. */
static void
damage(const struct scene *s, const struct scene_record *r, uint8_t where)
{
        unsigned char key[32];
        size_t n = sizeof key;
        uint8_t *at;

        FUZZ_CHECK(EVP_PKEY_get_raw_public_key(key_of(s->certs[r->of].key), key, &n) == 1);
        at = memmem(r->rdata + 3, r->len - 3, key, n);
        if (at)
                at[where % n] ^= 1;
        else
                r->rdata[3 + where % (r->len - 3)] ^= 1;
}

static void
make_record(struct fuzz_input *in, struct scene *s, struct scene_record *r)
{
        uint8_t flags = fuzz_u8(in), *data = NULL;
        size_t n;

        r->usage = flags & 8 ? flags & 3 : (flags & 1 ? 3 : 2);
        r->selector = (flags >> 4) & 1;
        r->matching = (flags >> 5) & 3;
        if (r->matching == 3)
                r->matching = 1;
        flags = fuzz_u8(in);
        r->of = (flags & 0x0f) % (unsigned)s->n_certs;
        r->damaged = (flags & 0xf0) == 0xf0;
        n = associate(r, &s->certs[r->of], &data);
        r->len = n + 3;
        r->rdata = malloc(r->len);
        FUZZ_CHECK(r->rdata);
        r->rdata[0] = r->usage;
        r->rdata[1] = r->selector;
        r->rdata[2] = r->matching;
        memcpy(r->rdata + 3, data, n);
        if (r->damaged)
                damage(s, r, flags);
        free(data);
}

static void
make_set(struct fuzz_input *in, struct scene *s, struct scene_set *set)
{
        FUZZ_CHECK(pdane_tlsa_set_new(&set->tlsa) == 0);
        set->n = fuzz_pick(in, SCENE_RECORDS_MAX + 1);
        for (size_t i = 0; i < set->n; i++) {
                make_record(in, s, &set->records[i]);
                FUZZ_CHECK(pdane_tlsa_set_add(set->tlsa, set->records[i].rdata,
                                              set->records[i].len) == 0);
        }
}

/* ---- proofs ---- */

static void
make_proof(struct fuzz_input *in, struct scene *s, size_t i)
{
        static const int64_t ends[] = {3600, 3601, 60, 1, 0, -1, 86400, 7200};
        struct pdane_proof *p = &s->proofs[i];
        uint8_t flags = fuzz_u8(in);
        const struct scene_name *n;

        s->proof_names[i] = fuzz_pick(in, (unsigned)scene_n_names);
        n = &scene_names[s->proof_names[i]];
        if (!n->normal) /* what is no name cannot be asked for */
                n = &scene_names[s->proof_names[i] = 0];
        snprintf(p->name.text, sizeof p->name.text, "%s", n->normal);
        p->name.wildcard = n->wildcard;
        if (flags & 1)
                snprintf(p->asked, sizeof p->asked, "%s",
                         scene_names[s->proof_names[(flags >> 1) % (i + 1)]].normal);
        else
                snprintf(p->asked, sizeof p->asked, "%s%s", n->wildcard ? "random." : "",
                         n->normal);
        flags = fuzz_u8(in);
        p->tlsa_verdict = flags < 0xc0 ? PDANE_DNS_SECURE : (enum pdane_dns_verdict)(flags % 7);
        p->synthesised = n->wildcard ? (flags & 7) != 7 : (flags & 7) == 7;
        p->not_after = SCENE_NOW + ends[fuzz_pick(in, 8)];
        flags = fuzz_u8(in);
        s->proof_sets[i] = flags % SCENE_SETS_MAX;
        p->tlsa = flags == 0xff ? NULL : s->sets[s->proof_sets[i]].tlsa;
}

/* The store has every DN of one owner. */
static bool
is_reserved(void *arg, struct pdane_bytes dn)
{
        const struct scene *s = arg;
        char organisation[] = "Owner 0";

        organisation[sizeof organisation - 2] = (char)('0' + s->reserved_dn);
        return memmem(dn.data, dn.len, organisation, sizeof organisation - 1) != NULL;
}

static void
make_certs(struct fuzz_input *in, struct scene *s)
{
        s->n_certs = 1 + fuzz_pick(in, SCENE_CERTS_MAX);
        s->n_sent = fuzz_pick(in, 16);
        if (s->n_sent > s->n_certs)
                s->n_sent = s->n_certs;
        for (unsigned i = 0; i < s->n_certs; i++)
                spell_cert(in, &s->certs[i], i);
        for (unsigned i = 0; i < s->n_certs; i++)
                make_cert(s, i);
        for (size_t i = 0; i < s->n_sent; i++)
                FUZZ_CHECK(pdane_cert_new_x509(s->certs[i].x, &s->chain.certs[i]) == 0);
        s->chain.n = s->n_sent;
}

struct scene *
scene_new(struct fuzz_input *in)
{
        struct scene *s = calloc(1, sizeof *s);
        uint8_t flags = fuzz_u8(in);
        unsigned host = fuzz_pick(in, (unsigned)scene_n_names);

        FUZZ_CHECK(s);
        s->host = scene_names[host].normal ? scene_names[host].normal : scene_names[0].normal;
        s->reserved_dn = flags & 1 ? fuzz_pick(in, SCENE_KEYS) : SCENE_KEYS;
        if (flags != 0xff)
                s->policy = (struct pdane_policy){is_reserved, s};
        make_certs(in, s);
        for (size_t i = 0; i < SCENE_SETS_MAX; i++)
                make_set(in, s, &s->sets[i]);
        s->n_proofs = fuzz_pick(in, SCENE_PROOFS_MAX + 1);
        for (size_t i = 0; i < s->n_proofs; i++)
                make_proof(in, s, i);
        return s;
}

void
scene_free(struct scene *s)
{
        pdane_chain_clear(&s->chain);
        for (size_t i = 0; i < SCENE_CERTS_MAX; i++)
                X509_free(s->certs[i].x);
        for (size_t i = 0; i < SCENE_SETS_MAX; i++) {
                pdane_tlsa_set_free(s->sets[i].tlsa);
                for (size_t k = 0; k < s->sets[i].n; k++)
                        free(s->sets[i].records[k].rdata);
        }
        free(s);
}

void
scene_warm_up(void)
{
        struct fuzz_input nothing = {0};

        for (unsigned i = 0; i < SCENE_KEYS; i++)
                (void)key_of(i);
        scene_free(scene_new(&nothing));
}
