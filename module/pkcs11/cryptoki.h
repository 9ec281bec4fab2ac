/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PKCS#11 header and the numbers it lacks, under names of our own: what CKA_TRUST_SERVER_AUTH
 * stands for differs between p11-kit versions (NSS's number before 0.26, PKCS#11 3.2's since), so
 * pkcs11x.h is not read at all.
 */
#ifndef PDANE_CRYPTOKI_H
#define PDANE_CRYPTOKI_H

#include <p11-kit/pkcs11.h>

/* PKCS#11 3.2 trust objects: NSS >= 3.114 asks for them before its own. */
#define PDANE_CKO_TRUST 0xbUL
#define PDANE_CKA_NAME_HASH_ALGORITHM 0x8cUL
#define PDANE_CKA_TRUST_SERVER_AUTH 0x62cUL
#define PDANE_CKA_TRUST_CLIENT_AUTH 0x62dUL
#define PDANE_CKA_TRUST_CODE_SIGNING 0x62eUL
#define PDANE_CKA_TRUST_EMAIL 0x62fUL
#define PDANE_CKA_HASH_OF_CERTIFICATE 0x635UL
#define PDANE_CKT_UNKNOWN 0UL
#define PDANE_CKT_TRUSTED 1UL
#define PDANE_CKT_ANCHOR 2UL

/* NSS's own trust objects. */
#define PDANE_CKO_NSS_TRUST 0xce534353UL
#define PDANE_CKA_NSS_TRUST_SERVER_AUTH 0xce536358UL
#define PDANE_CKA_NSS_TRUST_CLIENT_AUTH 0xce536359UL
#define PDANE_CKA_NSS_TRUST_CODE_SIGNING 0xce53635aUL
#define PDANE_CKA_NSS_TRUST_EMAIL 0xce53635bUL
#define PDANE_CKA_NSS_TRUST_STEP_UP 0xce536360UL
#define PDANE_CKA_NSS_CERT_SHA1 0xce5363b4UL
#define PDANE_CKT_NSS_TRUSTED 0xce534351UL
#define PDANE_CKT_NSS_DELEGATOR 0xce534352UL
#define PDANE_CKT_NSS_UNKNOWN 0xce534355UL

/* CKA_CERTIFICATE_CATEGORY. */
#define PDANE_CATEGORY_UNSPECIFIED 0UL
#define PDANE_CATEGORY_AUTHORITY 2UL

/* An attribute that an object does not have. */
#define PDANE_NO_LENGTH ((CK_ULONG)-1)

#endif
