/* SPDX-License-Identifier: BSD-3-Clause */
/* Two lists of sentences. */
#include "trust/judge_mend.h"

#include "trust/judge_client.h"

const char *
pdane_judge_mend_reason(enum pdane_reason r)
{
        switch (r) {
        case PDANE_REASON_UNUSABLE:
                return "publish a record that can be used, such as 3 1 1 (p11-dane tlsa prints it)";
        case PDANE_REASON_NO_MATCH:
                return "publish a record for the certificate that the server sends (p11-dane tlsa "
                       "prints it), or serve the one that is published";
        case PDANE_REASON_NAME_MISMATCH:
                return "name the host in the certificate, or publish usage 3 instead";
        case PDANE_REASON_CHAIN_ERROR:
                return "send the whole chain up to the published CA, all of it valid now";
        case PDANE_REASON_MALFORMED:
                return "make the certificate anew, with names and constraints in their proper form";
        case PDANE_REASON_TOO_LARGE:
                return "make the certificate smaller: at most 100 names";
        case PDANE_REASON_NOT_V3:
                return "make an X.509 version 3 certificate";
        case PDANE_REASON_RESERVED_DN:
                return "give the certificate, and the CA that signed it, names of their own";
        case PDANE_REASON_IP_NAME:
                return "leave IP addresses out of the certificate";
        case PDANE_REASON_NO_NAMES:
                return "name the host in the certificate's subjectAltName";
        case PDANE_REASON_NOT_COVERED:
                return "publish matching records under each name of the certificate, or leave the "
                       "name out";
        case PDANE_REASON_PUBLIC_CA:
                return "publish usage 3 for the server's own key";
        case PDANE_REASON_FOREIGN_KEY_ID:
                return "make the certificate, or its CA's, with a subjectKeyIdentifier that is a "
                       "hash of "
                       "its key";
        case PDANE_REASON_UNKNOWN:
        case PDANE_REASON_ACCEPTED:
        case PDANE_REASON_EXPIRED_EVIDENCE:
        case PDANE_REASON_UNSUPPORTED:
        default:
                return "";
        }
}

const char *
pdane_judge_mend_check(size_t check)
{
        /* In the order of judge_client.c's checks. */
        static const char *const mends[PDANE_JUDGE_CHECKS] = {
                "serve a certificate that is valid now",
                "make the certificate with basicConstraints CA:FALSE",
                "name the host in the certificate's subjectAltName",
                "give the certificate a subject, and its CA a name",
                "include serverAuth in the extended key usage, or leave that extension out",
                "include digitalSignature in the key usage, or leave that extension out",
                "leave the critical extension out",
                "use an ECDSA key on P-256, or RSA with 2048 bits or more",
                "have the certificate signed with SHA-256",
                "leave out the TLS feature extension (\"must staple\")",
        };
        return check < PDANE_JUDGE_CHECKS ? mends[check] : "";
}

const char *
pdane_judge_mend_offer(void)
{
        return "make the certificate with basicConstraints CA:FALSE";
}
