/* SPDX-License-Identifier: BSD-3-Clause */
/* What GnuTLS searches for: a trusted certificate of an issuer and serial. */
#ifndef PDANE_BENCH_AS_GNUTLS_H
#define PDANE_BENCH_AS_GNUTLS_H

#include "cryptoki.h"
#include "dn.h"

#define BENCH_AS_GNUTLS_N 5u

struct bench_as_gnutls {
        CK_ATTRIBUTE t[BENCH_AS_GNUTLS_N]; /* points into what follows */
        CK_OBJECT_CLASS certificate;
        CK_CERTIFICATE_TYPE x509;
        CK_BBOOL yes;
        uint8_t dn[BENCH_DN_MAX], number[BENCH_SERIAL_MAX];
};

static inline void
bench_as_gnutls(struct bench_as_gnutls *q, const char *issuer, uint32_t serial)
{
        q->certificate = CKO_CERTIFICATE;
        q->x509 = CKC_X_509;
        q->yes = CK_TRUE;
        q->t[0] = (CK_ATTRIBUTE){CKA_CLASS, &q->certificate, sizeof(q->certificate)};
        q->t[1] = (CK_ATTRIBUTE){CKA_TRUSTED, &q->yes, sizeof(q->yes)};
        q->t[2] = (CK_ATTRIBUTE){CKA_CERTIFICATE_TYPE, &q->x509, sizeof(q->x509)};
        q->t[3] = (CK_ATTRIBUTE){CKA_SERIAL_NUMBER, q->number, bench_serial(q->number, serial)};
        q->t[4] = (CK_ATTRIBUTE){CKA_ISSUER, q->dn, bench_dn(q->dn, issuer)};
}

#endif
