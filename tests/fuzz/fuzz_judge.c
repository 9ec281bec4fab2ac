/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is said of clients (judge.c, judge_client.c): a leaf and its CA of every kind, spelled out
 * by the input after faults_read(), and judged. Nobody accepts what pdane_decide refuses or what
 * pdane_offer has nothing for; what is offered is accepted unless one of the objections stands that
 * were measured with clients, here worked out from what was spelled out.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "faults.h"
#include "trust/judge.h"
#include "trust/offer.h"

#define NOW INT64_C(1800000000)
#define HOST "host.example"
#define DAY 86400

#define FIREFOX (1u << PDANE_JUDGE_FIREFOX)
#define CHROMIUM (1u << PDANE_JUDGE_CHROMIUM)
#define NSS (1u << PDANE_JUDGE_NSS)
#define GNUTLS (1u << PDANE_JUDGE_GNUTLS)
#define OPENSSL (1u << PDANE_JUDGE_OPENSSL)
#define ALL (FIREFOX | CHROMIUM | NSS | GNUTLS | OPENSSL)

/* ---- what there is ---- */

static const struct key_kind {
        const char *type, *curve;
        int bits;
        unsigned speakers, verifiers; /* of a server's key, of a CA's */
} key_kinds[] = {
        {"EC", "P-256", 0, ALL, ALL},
        {"EC", "P-384", 0, ALL, ALL},
        {"EC", "P-521", 0, ALL & ~CHROMIUM, ALL},
        {"EC", "secp256k1", 0, 0, 0},
        {"ED25519", NULL, 0, GNUTLS | OPENSSL, GNUTLS | OPENSSL},
        {"ED448", NULL, 0, GNUTLS | OPENSSL, GNUTLS | OPENSSL},
        {"RSA", NULL, 2048, ALL, ALL},
        {"RSA", NULL, 1024, ALL & ~OPENSSL, ALL & ~OPENSSL},
        {"RSA", NULL, 512, 0, 0},
        {"RSA-PSS", NULL, 2048, GNUTLS | OPENSSL, NSS | GNUTLS | OPENSSL},
};
#define KEY_KINDS (sizeof key_kinds / sizeof *key_kinds)

static EVP_PKEY *keys[2][KEY_KINDS]; /* the leaf's, the CA's */

/* What stands in the subjectAltName, and who finds the host there. */
static const struct names {
        const char *text;
        unsigned finders; /* by a dNSName */
        bool dns, other;
        bool wide; /* a wildcard, or a name below another */
} name_kinds[] = {
        {"DNS:" HOST, ALL, true, false, false},
        {"DNS:" HOST ",DNS:www." HOST, ALL, true, false, true},
        {"DNS:*.example", ALL, true, false, true},
        {"DNS:" HOST ".", CHROMIUM, true, false, false},
        {"DNS:other.example", 0, true, false, false},
        {"DNS:other.example,email:a@b.example", 0, true, true, false},
        {"email:a@b.example", 0, false, true, false},
        {"otherName:1.2.3.4;UTF8:x,DNS:" HOST, ALL, true, false, false},
        {"otherName:1.2.3.4;UTF8:x", 0, false, false, false},
        {"IP:192.0.2.1,DNS:" HOST, ALL, true, true, false},
        {"DNS:a..example", 0, true, false, false},
        {NULL, 0, false, false, false},
        {"", ALL, true, false, false}, /* too many */
};
#define NAME_KINDS (sizeof name_kinds / sizeof *name_kinds)

static const struct eku {
        const char *text;
        unsigned takers;
} ekus[] = {
        {NULL, ALL},
        {"serverAuth", ALL},
        {"clientAuth,serverAuth", ALL},
        {"clientAuth", 0},
        {"anyExtendedKeyUsage", CHROMIUM | GNUTLS},
};

static const struct usage {
        const char *text;
        bool sign, encipher;
} usages[] = {
        {NULL, true, true},
        {"digitalSignature", true, false},
        {"critical,digitalSignature,keyEncipherment", true, true},
        {"keyEncipherment", false, true},
        {"keyCertSign", false, false},
        {"digitalSignature,keyCertSign", true, false},
};

struct spec {
        unsigned key, ca_key, names, eku, usage;
        enum { CA_ABSENT, CA_FALSE, CA_TRUE, CAS } ca;
        bool self, cn_is_host, no_issuer, sha1, critical, public_policy, key_id, v1, reserved;
        unsigned staple, dates; /* 1: must staple, 2: another feature; 1: past, 2: not yet */
        uint8_t tlsa; /* bit 0: 3 1 1 for the leaf, 1: 2 for the CA, 2: one that fits nothing */
        bool ta_full, send_ca;
};

static void
read_spec(struct fuzz_input *in, struct spec *s)
{
        uint8_t flags;

        s->key = fuzz_pick(in, KEY_KINDS);
        s->ca_key = fuzz_pick(in, KEY_KINDS);
        s->names = fuzz_pick(in, NAME_KINDS);
        s->eku = fuzz_pick(in, sizeof ekus / sizeof *ekus);
        s->usage = fuzz_pick(in, sizeof usages / sizeof *usages);
        s->ca = fuzz_pick(in, CAS);
        flags = fuzz_u8(in);
        s->self = flags & 1;
        s->cn_is_host = flags & 2;
        s->no_issuer = flags & 4;
        s->sha1 = flags & 8;
        s->critical = flags & 16;
        s->public_policy = flags & 32;
        s->key_id = flags & 64;
        s->v1 = flags & 128;
        s->staple = fuzz_pick(in, 3);
        s->dates = fuzz_pick(in, 3);
        flags = fuzz_u8(in);
        s->tlsa = (flags & 7) ? flags & 7 : 1;
        s->ta_full = flags & 8;
        s->send_ca = !(flags & 16);
        s->reserved = flags & 32;
}

/* ---- certificates ---- */

static EVP_PKEY *
key_new(const struct key_kind *k)
{
        if (strcmp(k->type, "EC") == 0)
                return EVP_EC_gen(k->curve);
        if (strcmp(k->type, "RSA") == 0)
                return EVP_RSA_gen((unsigned)k->bits);
        if (strcmp(k->type, "RSA-PSS") != 0)
                return EVP_PKEY_Q_keygen(NULL, NULL, k->type);
        EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, NULL);
        EVP_PKEY *key = NULL;
        FUZZ_CHECK(c && EVP_PKEY_keygen_init(c) == 1 &&
                   EVP_PKEY_CTX_set_rsa_keygen_bits(c, k->bits) == 1 &&
                   EVP_PKEY_keygen(c, &key) == 1);
        EVP_PKEY_CTX_free(c);
        return key;
}

static void
add(X509 *x, int nid, const char *text)
{
        X509_EXTENSION *e = text ? X509V3_EXT_conf_nid(NULL, NULL, nid, text) : NULL;

        FUZZ_CHECK(!text || (e && X509_add_ext(x, e, -1)));
        X509_EXTENSION_free(e);
}

static void
add_octets(X509 *x, const char *oid, bool critical, const char *data, int len)
{
        ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
        ASN1_OCTET_STRING *v = ASN1_OCTET_STRING_new();
        X509_EXTENSION *e;

        FUZZ_CHECK(o && v && ASN1_OCTET_STRING_set(v, (const unsigned char *)data, len));
        e = X509_EXTENSION_create_by_OBJ(NULL, o, critical, v);
        FUZZ_CHECK(e && X509_add_ext(x, e, -1));
        X509_EXTENSION_free(e);
        ASN1_OCTET_STRING_free(v);
        ASN1_OBJECT_free(o);
}

static X509 *
cert_begin(EVP_PKEY *key, const char *subject, const char *issuer, int64_t from, int64_t to)
{
        X509 *x = X509_new();

        FUZZ_CHECK(x && ASN1_INTEGER_set(X509_get_serialNumber(x), 7) &&
                   ASN1_TIME_set(X509_getm_notBefore(x), (time_t)from) &&
                   ASN1_TIME_set(X509_getm_notAfter(x), (time_t)to) && X509_set_pubkey(x, key));
        if (subject)
                FUZZ_CHECK(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                                                      (const unsigned char *)subject, -1, -1, 0));
        if (issuer)
                FUZZ_CHECK(X509_NAME_add_entry_by_txt(X509_get_issuer_name(x), "CN", MBSTRING_UTF8,
                                                      (const unsigned char *)issuer, -1, -1, 0));
        return x;
}

static void
cert_end(X509 *x, EVP_PKEY *key, bool sha1)
{
        bool own = EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448");

        FUZZ_CHECK(X509_sign(x, key, own ? NULL : sha1 ? EVP_sha1() : EVP_sha256()) > 0);
}

static const char *
ca_name(const struct spec *s)
{
        return s->no_issuer ? NULL : "Some CA";
}

static X509 *
make_ca(const struct spec *s)
{
        X509 *x = cert_begin(keys[1][s->ca_key], ca_name(s), ca_name(s), NOW - DAY, NOW + DAY);

        FUZZ_CHECK(X509_set_version(x, X509_VERSION_3));
        add(x, NID_basic_constraints, "critical,CA:TRUE");
        cert_end(x, keys[1][s->ca_key], false);
        return x;
}

static void
add_extensions(X509 *x, const struct spec *s)
{
        static const char *const cas[CAS] = {NULL, "CA:FALSE", "critical,CA:TRUE"};
        static const char *const staples[] = {NULL, "status_request", "status_request_v2"};
        const char *names = name_kinds[s->names].text;
        char many[2048] = "DNS:" HOST;

        if (names && !*names) {
                for (size_t i = 0, n = strlen(many); i < 101; i++)
                        n += (size_t)sprintf(many + n, ",DNS:h%zu.a", i);
                names = many;
        }
        add(x, NID_basic_constraints, cas[s->ca]);
        add(x, NID_subject_alt_name, names);
        add(x, NID_ext_key_usage, ekus[s->eku].text);
        add(x, NID_key_usage, usages[s->usage].text);
        add(x, NID_tlsfeature, staples[s->staple]);
        if (s->critical)
                add_octets(x, "1.2.3.4.5", true, "\x05\x00", 2);
        if (s->public_policy)
                add_octets(x, "2.5.29.32", false,
                           "\x30\x0a\x30\x08\x06\x06\x67\x81\x0c\x01\x02\x01", 12);
        if (s->key_id)
                add_octets(x, "2.5.29.14", false,
                           "\x04\x08"
                           "copied!!",
                           10);
}

static X509 *
make_leaf(const struct spec *s)
{
        static const int64_t from[] = {-DAY, -2 * DAY, DAY}, to[] = {DAY, -DAY, 2 * DAY};
        const char *subject = s->cn_is_host ? HOST : "Some Server";
        X509 *x = cert_begin(keys[0][s->key], s->self && s->no_issuer ? NULL : subject,
                             s->self ? (s->no_issuer ? NULL : subject) : ca_name(s),
                             NOW + from[s->dates], NOW + to[s->dates]);

        FUZZ_CHECK(X509_set_version(x, s->v1 ? X509_VERSION_1 : X509_VERSION_3));
        if (!s->v1)
                add_extensions(x, s);
        cert_end(x, s->self ? keys[0][s->key] : keys[1][s->ca_key], s->sha1);
        return x;
}

static void
add_record(struct pdane_tlsa_set *set, uint8_t usage, bool full, X509 *x, uint8_t flip)
{
        uint8_t rdata[4096] = {usage, full ? 0 : 1, full ? 0 : 1};
        unsigned char *der = NULL;
        int n = full ? i2d_X509(x, &der) : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
        unsigned len = (unsigned)n;

        FUZZ_CHECK(n > 0 && n < 4000);
        if (full)
                memcpy(rdata + 3, der, len);
        else
                FUZZ_CHECK(EVP_Digest(der, len, rdata + 3, &len, EVP_sha256(), NULL));
        rdata[3] ^= flip;
        OPENSSL_free(der);
        FUZZ_CHECK(pdane_tlsa_set_add(set, rdata, len + 3) == 0);
}

/* ---- what must come of it ---- */

/* What clients object to by themselves; authority: they rely on the CA. */
static bool
objects(const struct spec *s, unsigned who, bool authority)
{
        const struct names *names = &name_kinds[s->names];
        const struct key_kind *key = &key_kinds[s->key];
        bool rsa = strcmp(key->type, "RSA") == 0;
        bool leaf_alone = !authority && (who & NSS || (who & GNUTLS && s->ca == CA_FALSE));

        if (s->dates != 0 || !(key->speakers & who))
                return true;
        if (authority && (!(key_kinds[s->ca_key].verifiers & who) ||
                          (s->sha1 && strncmp(key_kinds[s->ca_key].type, "ED", 2) != 0)))
                return true;
        if (who & FIREFOX && (s->ca == CA_TRUE || s->no_issuer))
                return true;
        if (s->staple == 1 && who & (FIREFOX | GNUTLS))
                return true;
        if (s->critical && !leaf_alone)
                return true;
        if (!(ekus[s->eku].takers & who) && (authority || !(who & OPENSSL)))
                return true;
        if (!usages[s->usage].sign &&
            !(usages[s->usage].encipher && (who & FIREFOX || (rsa && who & (NSS | OPENSSL)))))
                return true;
        if (names->finders & who)
                return false;
        if (names->dns || who & (FIREFOX | CHROMIUM) || (names->other && who & GNUTLS))
                return true;
        return !s->cn_is_host || (s->self && s->no_issuer);
}

/*
 * Below an authority, a client is told of the leaf itself where the anchor would say too much,
 * where there is a record for the leaf as well, and if it takes both. OpenSSL looks at all of it.
 */
static bool
told_of_leaf(const struct spec *s, unsigned who, bool leaf_too)
{
        return s->ca == CA_FALSE && !(who & OPENSSL) &&
               (leaf_too || name_kinds[s->names].wide || who & (NSS | GNUTLS));
}

static bool
offered(enum pdane_judge_kind k, const struct pdane_cert *leaf, const struct pdane_decision *d)
{
        static const enum pdane_client clients[] = {PDANE_CLIENT_MOZPKIX, PDANE_CLIENT_CHROMIUM,
                                                    PDANE_CLIENT_NSS, PDANE_CLIENT_GNUTLS};
        enum pdane_vouched v = !d->authority ? PDANE_VOUCHED_LEAF
                               : d->leaf_too ? PDANE_VOUCHED_BOTH
                                             : PDANE_VOUCHED_AUTHORITY;
        struct pdane_offer o;

        if (k == PDANE_JUDGE_OPENSSL)
                return pdane_offer_openssl(leaf, v) != PDANE_OPENSSL_NOTHING;
        o = pdane_offer(clients[k], leaf, v, true);
        return o.leaf_flags || o.leaf_trust != PDANE_TRUST_NONE || o.anchor_flags;
}

static void
check_text(const char *text, bool wanted)
{
        FUZZ_CHECK(!wanted || *text);
        for (; *text; text++)
                FUZZ_CHECK(*text >= 0x20 && *text < 0x7f);
}

static void
check_clients(const struct spec *s, const struct pdane_judgement *j, const struct pdane_cert *leaf,
              const struct pdane_decision *d)
{
        bool all = j->dane.reason == PDANE_REASON_ACCEPTED;

        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++) {
                const struct pdane_judge_client *c = &j->clients[k];
                bool want = false;

                if (d->reason == PDANE_REASON_ACCEPTED && j->dane.reason == PDANE_REASON_ACCEPTED) {
                        want = offered((enum pdane_judge_kind)k, leaf, d) &&
                               !objects(s, 1u << k,
                                        d->authority && !told_of_leaf(s, 1u << k, d->leaf_too));
                }
                if (getenv("FUZZ_VERBOSE"))
                        fprintf(stderr, "%s: %d, %d: %s\n",
                                pdane_judge_kind_string((enum pdane_judge_kind)k), want,
                                c->accepted, c->reason);
                FUZZ_CHECK(c->accepted == want);
                check_text(c->reason, true);
                FUZZ_CHECK(c->mend && (!c->accepted || !*c->mend));
                check_text(c->mend, false);
                all &= c->accepted;
        }
        FUZZ_CHECK(pdane_judgement_unanimous(j) == all);
        for (size_t i = 0; i < j->n_names; i++) {
                check_text(j->names[i].name, true);
                check_text(j->names[i].reason, true);
        }
}

static bool
is_reserved(void *arg, struct pdane_bytes dn)
{
        const struct spec *s = arg;

        return s->reserved && memmem(dn.data, dn.len, "Some", 4);
}

struct task {
        struct spec s;
        struct pdane_judge_question q;
        struct pdane_policy policy;
        struct pdane_tlsa_set *set;
        X509 *certs[2];
        struct pdane_name host[3];
};

static void
task_begin(struct fuzz_input *in, struct task *t)
{
        static const char *const hosts[] = {HOST, "www.host.example", "*.example"};

        read_spec(in, &t->s);
        t->certs[0] = make_leaf(&t->s);
        t->certs[1] = make_ca(&t->s);
        FUZZ_CHECK(pdane_tlsa_set_new(&t->set) == 0);
        if (t->s.tlsa & 1)
                add_record(t->set, 3, false, t->certs[0], 0);
        if (t->s.tlsa & 2)
                add_record(t->set, 2, t->s.ta_full, t->certs[1], 0);
        if (t->s.tlsa & 4)
                add_record(t->set, t->s.send_ca ? 3 : 1, false, t->certs[0], 1);
        for (size_t i = 0; i < 3; i++)
                FUZZ_CHECK(pdane_name_parse(hosts[i], strlen(hosts[i]), &t->host[i]) == 0);
        t->policy = (struct pdane_policy){is_reserved, &t->s};
        t->q = (struct pdane_judge_question){.certs = t->certs,
                                             .n_certs = t->s.self || !t->s.send_ca ? 1 : 2,
                                             .hosts = t->host,
                                             .n_hosts = 1 + fuzz_pick(in, 3),
                                             .tlsa = t->set,
                                             .now = NOW,
                                             .policy = &t->policy};
}

static void
task_end(struct task *t)
{
        X509_free(t->certs[0]);
        X509_free(t->certs[1]);
        pdane_tlsa_set_free(t->set);
}

/* The question once more, as the daemon puts it. */
static void
decide(const struct task *t, struct pdane_chain *chain, struct pdane_decision *d)
{
        struct pdane_proof proofs[3];

        for (size_t i = 0; i < t->q.n_hosts; i++) {
                proofs[i] = (struct pdane_proof){.name = t->host[i],
                                                 .tlsa_verdict = PDANE_DNS_SECURE,
                                                 .tlsa = t->set,
                                                 .synthesised = t->host[i].wildcard,
                                                 .not_after = NOW + 10};
                snprintf(proofs[i].asked, sizeof proofs[i].asked, "%s%s",
                         t->host[i].wildcard ? "x." : "", t->host[i].text);
        }
        for (; chain->n < t->q.n_certs; chain->n++)
                if (pdane_cert_new_x509(t->certs[chain->n], &chain->certs[chain->n]) < 0)
                        break;
        FUZZ_CHECK(chain->n > 0);
        FUZZ_CHECK(pdane_decide(chain, HOST, proofs, t->q.n_hosts, &t->policy, NOW, d) == 0);
}

/* With less memory nobody accepts more: only, of what is vouched for twice, the leaf may remain. */
static void
judge_once(const struct task *t, const struct pdane_judgement *want)
{
        struct pdane_judgement got;
        int r;

        memset(&got, 0x5a, sizeof got);
        fuzz_faults_start();
        r = pdane_judge(&t->q, &got);
        fuzz_faults_stop();
        ERR_clear_error();
        if (r < 0) {
                FUZZ_CHECK(r == -ENOMEM && got.n_names == (size_t)0x5a5a5a5a5a5a5a5a);
                return;
        }
        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++)
                FUZZ_CHECK(!got.clients[k].accepted || want->clients[k].accepted ||
                           ((t->s.tlsa & 3) == 3 && !objects(&t->s, 1u << k, false)));
        pdane_judgement_clear(&got);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
        (void)argc;
        (void)argv;
        fuzz_faults_install();
        for (size_t i = 0; i < KEY_KINDS; i++) {
                keys[0][i] = key_new(&key_kinds[i]);
                keys[1][i] = key_new(&key_kinds[i]);
                FUZZ_CHECK(keys[0][i] && keys[1][i]);
        }
        return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};
        struct pdane_judgement j;
        struct pdane_decision d = {.reason = PDANE_REASON_UNKNOWN};
        struct pdane_chain chain = {.n = 0};
        struct task t;

        fuzz_faults_read(&in);
        task_begin(&in, &t);
        decide(&t, &chain, &d);
        FUZZ_CHECK(pdane_judge(&t.q, &j) == 0 && ERR_peek_error() == 0);
        if (getenv("FUZZ_VERBOSE"))
                fprintf(stderr, "DANE %s, %s\n", pdane_reason_string(j.dane.reason),
                        pdane_reason_string(d.reason));
        FUZZ_CHECK(j.dane.reason != PDANE_REASON_ACCEPTED || j.decision == d.reason);
        FUZZ_CHECK(d.reason != PDANE_REASON_ACCEPTED || j.dane.reason == PDANE_REASON_ACCEPTED);
        check_clients(&t.s, &j, chain.certs[0], &d);
        do
                judge_once(&t, &j);
        while (fuzz_faults_again());
        pdane_judgement_clear(&j);
        pdane_decision_clear(&d);
        pdane_chain_clear(&chain);
        task_end(&t);
        ERR_clear_error();
        return 0;
}
