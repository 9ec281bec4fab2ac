/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One X.509 certificate: the bytes that clients compare and ask for, and the facts that decide
 * what may be done with it. Parses with OpenSSL; decides nothing. An object may be read from
 * several threads at once.
 */
#ifndef PDANE_CERT_H
#define PDANE_CERT_H

#include <openssl/types.h>
#include <stdint.h>

#include "common/bytes.h"
#include "trust/name.h"
#include "trust/verdict.h"

enum pdane_ca_flag {
        PDANE_CA_ABSENT = 0, /* no basicConstraints */
        PDANE_CA_FALSE,
        PDANE_CA_TRUE,
};

struct pdane_cert; /* opaque, reference counted (atomically) */

/*
 * Parses exactly one DER certificate (trailing bytes refused, at most PDANE_CERT_MAX bytes).
 * 0; -EBADMSG (does not parse, or of a version that there is not); -EMSGSIZE (too large, or a DN or
 * SPKI past its limit); -ENOMEM.
 * Names that cannot be taken (NUL, not a name, too many) do not fail here: they set
 * pdane_cert_names_reason.
 */
int pdane_cert_new(const uint8_t *der, size_t len, struct pdane_cert **ret);
int pdane_cert_new_x509(const X509 *x, struct pdane_cert **ret);
/*
 * The same without parsing it once more, which costs more than all the rest: OpenSSL decodes the
 * key. x was parsed from somebody's octets and not changed since, nor will it be; takes a
 * reference of its own.
 */
int pdane_cert_share_x509(X509 *x, struct pdane_cert **ret);
/*
 * The same of one that was just made and signed, with another key than its own. x is not kept: its
 * key was never decoded.
 */
int pdane_cert_new_made(X509 *x, struct pdane_cert **ret);
struct pdane_cert *pdane_cert_ref(struct pdane_cert *c);
void pdane_cert_unref(struct pdane_cert *c); /* NULL-safe */

/* Borrowed; live as long as the certificate. */
struct pdane_bytes pdane_cert_der(const struct pdane_cert *c);
struct pdane_bytes pdane_cert_subject(const struct pdane_cert *c); /* DER Name */
struct pdane_bytes pdane_cert_issuer(const struct pdane_cert *c);  /* DER Name */
struct pdane_bytes pdane_cert_serial(const struct pdane_cert *c);  /* DER INTEGER */
struct pdane_bytes pdane_cert_spki(const struct pdane_cert *c);    /* DER SubjectPublicKeyInfo */
struct pdane_bytes pdane_cert_key_id(const struct pdane_cert *c);  /* subjectKeyIdentifier or SHA-1
                                                                      of the key bits; never empty */
bool pdane_cert_has_key_id(const struct pdane_cert *c);            /* the extension is there */
/*
 * Has no subjectKeyIdentifier, or one that follows from its key as RFC 5280 section 4.2.1.2 (both
 * methods), RFC 7093 section 2, or usual software has it: SHA-1 or SHA-256 of the key's bits or of
 * its SubjectPublicKeyInfo, whole or cut to 160 bits. Otherwise it may have been copied from a
 * certificate of somebody else's, for which verifiers would then take this one.
 */
bool pdane_cert_key_id_is_own(const struct pdane_cert *c);
struct pdane_bytes pdane_cert_sha1(const struct pdane_cert *c);   /* 20 bytes */
struct pdane_bytes pdane_cert_sha256(const struct pdane_cert *c); /* 32 bytes */
/* Parsed anew after pdane_cert_shrink(); NULL when there is no memory for that. */
X509 *pdane_cert_x509(const struct pdane_cert *c);
/*
 * Gives back what OpenSSL keeps of it, several times the certificate's own size, until somebody
 * asks for it again. Nobody may use an X509 of it meanwhile.
 */
void pdane_cert_shrink(struct pdane_cert *c);

/* Nobody will ask for its names, and whoever does finds none (NO_NAMES). Not while others read it.
 */
void pdane_cert_forget_names(struct pdane_cert *c);

int pdane_cert_version(const struct pdane_cert *c); /* 1, 2 or 3 */
enum pdane_ca_flag pdane_cert_ca(const struct pdane_cert *c);
bool pdane_cert_self_issued(const struct pdane_cert *c); /* subject == issuer, byte for byte */
/* Self-issued, and its own key made the signature, which is verified when this is first asked.
 * False where there is no memory for that. */
bool pdane_cert_self_signed(const struct pdane_cert *c);
/* A policy of the CA/Browser Forum (2.23.140.1, in every certificate of a public CA) or embedded
 * certificate timestamps (RFC 6962); and policies that cannot be read. */
bool pdane_cert_publicly_issued(const struct pdane_cert *c);
/*
 * OpenSSL could take it for a CA: besides CA:TRUE also without basicConstraints, by keyUsage
 * keyCertSign or a Netscape type (X509_check_ca).
 */
bool pdane_cert_openssl_ca(const struct pdane_cert *c);
int64_t pdane_cert_not_before(const struct pdane_cert *c); /* seconds since 1970 */
int64_t pdane_cert_not_after(const struct pdane_cert *c);

/*
 * Every name a TLS client may match this certificate against, each once: all dNSName entries, and
 * each commonName of the subject that looks like a host name (a single-label CN counts when there
 * is no dNSName). PDANE_REASON_ACCEPTED when the list is complete and may be used; otherwise why
 * not (MALFORMED, TOO_LARGE, IP_NAME for an iPAddress SAN or an address as CN or dNSName,
 * NO_NAMES), with the offending text, if any, in *ret_text (borrowed, escaped for printing, may be
 * NULL).
 */
enum pdane_reason pdane_cert_names_reason(const struct pdane_cert *c, const char **ret_text);
size_t pdane_cert_n_names(const struct pdane_cert *c);
/* Copies the i-th one into ret. False past the end, with *ret untouched. */
bool pdane_cert_name(const struct pdane_cert *c, size_t i, struct pdane_name *ret);
/* Copies all of them into ret, which has room for PDANE_CERT_NAMES_MAX; returns how many. */
size_t pdane_cert_names(const struct pdane_cert *c, struct pdane_name ret[PDANE_CERT_NAMES_MAX]);
bool pdane_cert_has_name(const struct pdane_cert *c, const struct pdane_name *name);

/*
 * Host names that a DER Name suggests: each commonName that is a host name of two labels or more,
 * and the domain that a chain of domainComponents spells. A wildcard CN is reported as such.
 * Writes at most max names, each once; returns how many. Garbage gives 0.
 */
size_t pdane_dn_hosts(struct pdane_bytes dn, struct pdane_name *ret, size_t max);

#endif
