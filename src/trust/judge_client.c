/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What each kind of client checks by itself in a certificate it was told to trust, as measured with
 * Firefox 153, Chromium 156, NSS 3.87, GnuTLS 3.7.9 and OpenSSL 3.0. Where one was not measured, or
 * where programs that use it differ, it refuses here. Knows nothing of DNS.
 */
#include "trust/judge_client.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "trust/judge_mend.h"
#include "trust/offer.h"

#define FIREFOX (1u << PDANE_JUDGE_FIREFOX)
#define CHROMIUM (1u << PDANE_JUDGE_CHROMIUM)
#define NSS (1u << PDANE_JUDGE_NSS)
#define GNUTLS (1u << PDANE_JUDGE_GNUTLS)
#define OPENSSL (1u << PDANE_JUDGE_OPENSSL)
#define EVERYBODY (FIREFOX | CHROMIUM | NSS | GNUTLS | OPENSSL)

#define STATUS_REQUEST 5 /* RFC 7633: the TLS extension that "must staple" is about */

/* In the order of enum pdane_judge_kind. OpenSSL: security level 2, Debian's and that of 3.2. */
static const int rsa_bits_least[PDANE_JUDGE_KINDS] = {1024, 1024, 1024, 1024, 2048};

/* Who has a handshake with a server of that key, and who verifies what a CA signed with it. */
static const struct {
        const char *name; /* OpenSSL's, of a key type or a curve */
        unsigned speakers, verifiers;
} keys_known[] = {
        {"prime256v1", EVERYBODY, EVERYBODY},
        {"secp384r1", EVERYBODY, EVERYBODY},
        {"secp521r1", EVERYBODY & ~CHROMIUM, EVERYBODY},
        {"ED25519", GNUTLS | OPENSSL, GNUTLS | OPENSSL},
        {"RSA-PSS", GNUTLS | OPENSSL, NSS | GNUTLS | OPENSSL},
        {"ED448", GNUTLS | OPENSSL, GNUTLS | OPENSSL},
};

static const enum pdane_client offered_to[PDANE_JUDGE_OPENSSL] = {
        PDANE_CLIENT_MOZPKIX, PDANE_CLIENT_CHROMIUM, PDANE_CLIENT_NSS, PDANE_CLIENT_GNUTLS};

typedef bool check_fn(unsigned who, const struct pdane_judge_case *c, char *why);

bool
pdane_judge_say(char *reason, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        vsnprintf(reason, PDANE_JUDGE_TEXT_MAX + 1, format, ap);
        va_end(ap);
        return true;
}

static enum pdane_vouched
vouched(const struct pdane_judge_case *c)
{
        if (!c->authority)
                return PDANE_VOUCHED_LEAF;
        return c->leaf_too ? PDANE_VOUCHED_BOTH : PDANE_VOUCHED_AUTHORITY;
}

/*
 * The authority by which this client accepts the leaf; NULL: it is told of the leaf itself. OpenSSL
 * then looks at the authority all the same, if the server sends it.
 */
static const struct pdane_cert *
relied_on(unsigned who, const struct pdane_judge_case *c)
{
        struct pdane_offer offer;

        if (who & OPENSSL)
                return c->authority;
        offer = pdane_offer(offered_to[__builtin_ctz(who)], c->leaf, vouched(c), false);
        return offer.leaf_flags || offer.leaf_trust != PDANE_TRUST_NONE ? NULL : c->authority;
}

/* ---- dates and names ---- */

static bool
refuse_dates(unsigned who, const struct pdane_judge_case *c, char *why)
{
        int64_t from = pdane_cert_not_before(c->leaf), to = pdane_cert_not_after(c->leaf);
        time_t t = (time_t)(c->now < from ? from : to);
        char text[32] = "";
        struct tm tm;

        (void)who;
        if (c->now >= from && c->now <= to)
                return false;
        if (gmtime_r(&t, &tm))
                strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
        return pdane_judge_say(why, c->now < from ? "not valid before %s" : "expired on %s", text);
}

/* What one extension says; NULL without it. *ret_lost: it is there, and cannot be read. */
static void *
extension(const struct pdane_cert *leaf, int nid, bool *ret_lost)
{
        void *value;
        int critical;

        ERR_set_mark();
        value = X509_get_ext_d2i(pdane_cert_x509(leaf), nid, &critical, NULL);
        ERR_pop_to_mark();
        *ret_lost = !value && critical != -1;
        return value;
}

static bool
covers(unsigned who, const ASN1_STRING *s, const struct pdane_name *host)
{
        const char *text = (const char *)ASN1_STRING_get0_data(s);
        size_t len = (size_t)ASN1_STRING_length(s);
        struct pdane_name n;

        /* Most compare a dot at the end; so does OpenSSL, while curl does not. */
        if (len > 0 && text[len - 1] == '.' && !(who & CHROMIUM))
                return false;
        return pdane_name_parse(text, len, &n) == 0 && pdane_name_covers(&n, host->text);
}

/* What there is in the subjectAltName. */
struct found {
        bool host;     /* the one that is looked for */
        bool dns_name; /* any dNSName */
        bool other;    /* anything but a dNSName and an otherName */
        bool lost;     /* it cannot be read */
};

static struct found
look_in_alt_names(unsigned who, const struct pdane_cert *leaf, const struct pdane_name *host)
{
        struct found found = {0};
        GENERAL_NAMES *list = extension(leaf, NID_subject_alt_name, &found.lost);

        for (int i = 0; i < sk_GENERAL_NAME_num(list); i++) {
                int type;
                const void *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(list, i), &type);

                found.dns_name |= type == GEN_DNS;
                found.other |= type != GEN_DNS && type != GEN_OTHERNAME;
                found.host |= type == GEN_DNS && covers(who, value, host);
        }
        GENERAL_NAMES_free(list);
        return found;
}

/* The common name is looked at only where there is no dNSName, and by browsers not even then. */
static bool
refuse_name(unsigned who, const struct pdane_judge_case *c, char *why)
{
        struct found found = look_in_alt_names(who, c->leaf, c->host);
        struct pdane_name name;

        if (found.host)
                return false;
        if (found.lost)
                return pdane_judge_say(why, "the names in its subjectAltName cannot be read");
        if (!found.dns_name && who & (FIREFOX | CHROMIUM))
                return pdane_judge_say(
                        why, "no subjectAltName with a host name: the common name does not count");
        if (!found.dns_name && found.other && who & GNUTLS)
                return pdane_judge_say(
                        why, "beside what is in subjectAltName the common name does not count");
        for (size_t i = 0; !found.dns_name && pdane_cert_name(c->leaf, i, &name); i++)
                if (pdane_name_covers(&name, c->host->text))
                        return false;
        return pdane_judge_say(why, "the certificate does not name %s", c->host->text);
}

static bool
refuse_issuer(unsigned who, const struct pdane_judge_case *c, char *why)
{
        const X509_NAME *issuer = X509_get_issuer_name(pdane_cert_x509(c->leaf));

        if (!(who & FIREFOX) || X509_NAME_entry_count(issuer) > 0)
                return false;
        return pdane_judge_say(why, "the issuer's name is empty, which Firefox does not accept");
}

/* ---- what the certificate may be used for ---- */

static bool
refuse_ca(unsigned who, const struct pdane_judge_case *c, char *why)
{
        if (!(who & FIREFOX) || pdane_cert_ca(c->leaf) != PDANE_CA_TRUE)
                return false;
        return pdane_judge_say(why, "CA:TRUE: Firefox never accepts a CA as a server certificate");
}

static bool
refuse_extended_usage(unsigned who, const struct pdane_judge_case *c, char *why)
{
        X509 *x = pdane_cert_x509(c->leaf);
        uint32_t uses;

        if (!(X509_get_extension_flags(x) & EXFLAG_XKUSAGE))
                return false;
        uses = X509_get_extended_key_usage(x);
        if (uses & XKU_SSL_SERVER)
                return false;
        if (uses & XKU_ANYEKU && who & (CHROMIUM | GNUTLS))
                return false;
        /* It looks at what its own trust settings do not speak of; the file with the leaf does. */
        if (who & OPENSSL && !relied_on(who, c))
                return false;
        return pdane_judge_say(why, "the extended key usage does not include serverAuth");
}

static bool
refuse_usage(unsigned who, const struct pdane_judge_case *c, char *why)
{
        X509 *x = pdane_cert_x509(c->leaf);
        uint32_t uses = X509_get_key_usage(x); /* all ones without the extension */
        EVP_PKEY *key = X509_get0_pubkey(x);

        if (uses & KU_DIGITAL_SIGNATURE)
                return false;
        /* Key exchange by RSA encryption: some accept the certificate for what TLS did later. */
        if (uses & KU_KEY_ENCIPHERMENT &&
            (who & FIREFOX || (who & (NSS | OPENSSL) && key && EVP_PKEY_is_a(key, "RSA"))))
                return false;
        return pdane_judge_say(why, "the key usage does not include digitalSignature");
}

/* Who is shown the leaf alone, and told to trust it, does not look at all of it. */
static bool
refuse_critical(unsigned who, const struct pdane_judge_case *c, char *why)
{
        bool leaf_alone = !relied_on(who, c) &&
                          (who & NSS || (who & GNUTLS && pdane_cert_ca(c->leaf) == PDANE_CA_FALSE));

        if (leaf_alone || !(X509_get_extension_flags(pdane_cert_x509(c->leaf)) & EXFLAG_CRITICAL))
                return false;
        return pdane_judge_say(why, "a critical extension is not known");
}

static bool
must_staple(const struct pdane_cert *leaf)
{
        bool found;
        TLS_FEATURE *features = extension(leaf, NID_tlsfeature, &found);

        for (int i = 0; !found && i < sk_ASN1_INTEGER_num(features); i++)
                found = ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == STATUS_REQUEST;
        TLS_FEATURE_free(features);
        return found;
}

static bool
refuse_staple(unsigned who, const struct pdane_judge_case *c, char *why)
{
        if (!(who & (FIREFOX | GNUTLS)) || !must_staple(c->leaf))
                return false;
        return pdane_judge_say(why, "\"must staple\": an OCSP answer is wanted with it");
}

/* ---- strength ---- */

static bool
key_known(unsigned who, const char *name, bool of_ca)
{
        for (size_t i = 0; name && i < sizeof(keys_known) / sizeof(keys_known[0]); i++)
                if (strcmp(name, keys_known[i].name) == 0)
                        return who & (of_ca ? keys_known[i].verifiers : keys_known[i].speakers);
        return false;
}

static bool
key_refused(unsigned who, X509 *x, bool of_ca, char *why)
{
        const char *whose = of_ca ? "the CA's key" : "the key";
        EVP_PKEY *key;
        const char *type;
        char curve[64] = "";

        ERR_set_mark();
        key = X509_get0_pubkey(x);
        ERR_pop_to_mark();
        if (!key)
                return pdane_judge_say(why, "%s is of a kind that OpenSSL cannot read", whose);
        type = EVP_PKEY_get0_type_name(key);
        if ((EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) &&
            EVP_PKEY_get_bits(key) < rsa_bits_least[__builtin_ctz(who)])
                return pdane_judge_say(why, "%s is RSA with %d bits, and %d are wanted", whose,
                                       EVP_PKEY_get_bits(key), rsa_bits_least[__builtin_ctz(who)]);
        if (EVP_PKEY_is_a(key, "RSA"))
                return false;
        if (EVP_PKEY_is_a(key, "EC") &&
            EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof(curve),
                                           NULL))
                type = curve;
        return !key_known(who, type, of_ca) &&
               pdane_judge_say(why, "%s is of a kind that is not taken: %s", whose,
                               type ? type : "?");
}

static bool
refuse_key(unsigned who, const struct pdane_judge_case *c, char *why)
{
        const struct pdane_cert *ca = relied_on(who, c);

        if (key_refused(who, pdane_cert_x509(c->leaf), false, why))
                return true;
        return ca && key_refused(who, pdane_cert_x509(ca), true, why);
}

/* The signature counts only where an authority made it: of what is trusted itself it is not
 * checked. */
static bool
refuse_hash(unsigned who, const struct pdane_judge_case *c, char *why)
{
        int hash = NID_undef;

        if (!relied_on(who, c))
                return false;
        if (!X509_get_signature_info(pdane_cert_x509(c->leaf), &hash, NULL, NULL, NULL))
                return pdane_judge_say(why, "how the CA signed cannot be read");
        if (hash != NID_md5 && hash != NID_md4 && hash != NID_md2 && hash != NID_sha1)
                return false;
        return pdane_judge_say(why, "the CA signed with %s", OBJ_nid2sn(hash));
}

/* ---- all of it ---- */

bool
pdane_judge_client_objects_to_ca(enum pdane_judge_kind kind, const struct pdane_cert *ca,
                                 char *reason)
{
        return key_refused(1u << kind, pdane_cert_x509(ca), true, reason);
}

bool
pdane_judge_client_objects(size_t check, enum pdane_judge_kind kind,
                           const struct pdane_judge_case *c, char *reason)
{
        static check_fn *const checks[PDANE_JUDGE_CHECKS] = {
                refuse_dates, refuse_ca,       refuse_name, refuse_issuer, refuse_extended_usage,
                refuse_usage, refuse_critical, refuse_key,  refuse_hash,   refuse_staple,
        };

        return check < PDANE_JUDGE_CHECKS && checks[check](1u << kind, c, reason);
}

static bool
has_wildcard(const struct pdane_cert *leaf)
{
        struct pdane_name name;

        for (size_t i = 0; pdane_cert_name(leaf, i, &name); i++)
                if (name.wildcard)
                        return true;
        return false;
}

/* Why pdane_offer has nothing for it. */
static const char *
nothing_offered(const struct pdane_cert *leaf)
{
        if (!pdane_cert_self_signed(leaf))
                return "signed by another key and not CA:FALSE: nothing is handed out for it";
        if (has_wildcard(leaf))
                return "not CA:FALSE: taken for a CA, which with a wildcard cannot be limited to "
                       "its names";
        return "nothing is handed out for such a certificate";
}

/* The last table of design section 3. The directory has the certificate itself, or the anchor. */
static void
judge_openssl(const struct pdane_judge_case *c, struct pdane_judge_client *ret)
{
        bool self = pdane_cert_self_signed(c->leaf);
        enum pdane_ca_flag ca = pdane_cert_ca(c->leaf);
        enum pdane_openssl_offer offer = pdane_offer_openssl(c->leaf, vouched(c));
        bool of_its_kind = self ? ca != PDANE_CA_TRUE : ca == PDANE_CA_FALSE;

        ret->accepted = true;
        if (offer == PDANE_OPENSSL_ANCHOR) {
                pdane_judge_say(ret->reason,
                                "signed below an authority that is limited to its names");
        } else if (of_its_kind && offer == PDANE_OPENSSL_NOTHING) {
                ret->accepted = false;
                if (pdane_cert_openssl_ca(c->leaf)) {
                        pdane_judge_say(ret->reason,
                                        "its key usage lets it sign certificates: OpenSSL would "
                                        "take it for a CA");
                } else {
                        ret->mend = pdane_judge_mend_reason(PDANE_REASON_FOREIGN_KEY_ID);
                        pdane_judge_say(
                                ret->reason,
                                "its subject names none of its hosts, and it has no key "
                                "identifier: OpenSSL would take it for any CA's of that name");
                }
        } else if (self && ca != PDANE_CA_TRUE) {
                pdane_judge_say(ret->reason, "trusted as this very certificate");
        } else if (!self && ca == PDANE_CA_FALSE) {
                pdane_judge_say(ret->reason,
                                "trusted as this very certificate: curl accepts; Python before "
                                "3.13 and s_client refuse what is not self-signed");
        } else {
                ret->accepted = false;
                pdane_judge_say(ret->reason, "%s",
                                self ? "CA:TRUE: OpenSSL would let it sign for any name, so "
                                       "nothing is handed "
                                       "out for it"
                                     : nothing_offered(c->leaf));
        }
}

static void
judge_offer(enum pdane_client client, const struct pdane_judge_case *c,
            struct pdane_judge_client *ret)
{
        struct pdane_offer offer = pdane_offer(client, c->leaf, vouched(c), false);
        bool leaf = offer.leaf_flags || offer.leaf_trust != PDANE_TRUST_NONE;

        ret->accepted = leaf || offer.anchor_flags;
        if (leaf)
                pdane_judge_say(ret->reason, "trusted as this very certificate");
        else if (offer.anchor_flags)
                pdane_judge_say(ret->reason,
                                "signed below an authority that is limited to its names");
        else
                pdane_judge_say(ret->reason, "%s", nothing_offered(c->leaf));
}

void
pdane_judge_client_offered(enum pdane_judge_kind kind, const struct pdane_judge_case *c,
                           struct pdane_judge_client *ret)
{
        if (kind == PDANE_JUDGE_OPENSSL)
                judge_openssl(c, ret);
        else
                judge_offer(offered_to[kind], c, ret);
}

void
pdane_judge_client(enum pdane_judge_kind kind, const struct pdane_judge_case *c,
                   struct pdane_judge_client *ret)
{
        ret->accepted = false;
        for (size_t i = 0; i < PDANE_JUDGE_CHECKS; i++) {
                ret->mend = pdane_judge_mend_check(i);
                if (pdane_judge_client_objects(i, kind, c, ret->reason))
                        return;
        }
        ret->mend = pdane_judge_mend_offer();
        pdane_judge_client_offered(kind, c, ret);
        if (ret->accepted)
                ret->mend = "";
}
