/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificates that a strict and a lenient parser read alike. */
#include <errno.h>
#include <openssl/x509.h>
#include <string.h>

#include "trust/cert_impl.h"

/*
 * True when every length is definite and minimal, so that a strict and a lenient parser see the
 * same certificate. Structure was checked by OpenSSL; OCTET STRINGs are not looked into.
 */
static bool
lengths_are_der(const uint8_t *p, size_t len)
{
        size_t pos = 0;

        while (pos < len) {
                bool constructed = (p[pos] & 0x20) != 0;
                size_t n_len, value = 0;

                if ((p[pos] & 0x1f) == 0x1f || len - pos < 2) /* X.509 has no high tag numbers */
                        return false;
                n_len = p[pos + 1] < 0x80 ? 0 : (size_t)(p[pos + 1] & 0x7f);
                value = p[pos + 1] & 0x7f;
                pos += 2;
                if (p[pos - 1] >= 0x80) {
                        if (n_len == 0 || n_len > 3 || len - pos < n_len || p[pos] == 0)
                                return false;
                        value = 0;
                        for (size_t i = 0; i < n_len; i++)
                                value = value << 8 | p[pos++];
                        if (value < 0x80)
                                return false;
                }
                if (value > len - pos)
                        return false;
                if (!constructed)
                        pos += value;
        }
        return true;
}

X509 *
pdane_cert_parse(const uint8_t *der, size_t len)
{
        const unsigned char *p = der;
        X509 *x = d2i_X509(NULL, &p, (long)len);
        unsigned char *again = NULL;
        int n;

        if (!x)
                return NULL;
        n = i2d_X509(x, &again);
        if (p != der + len || n < 0 || (size_t)n != len || memcmp(again, der, len) != 0 ||
            !lengths_are_der(der, len)) {
                X509_free(x);
                x = NULL;
        }
        OPENSSL_free(again);
        return x;
}

int
pdane_cert_check_encoding(const X509 *x)
{
        unsigned char *der = NULL;
        int len = i2d_X509(x, &der), r = 0;

        if (len < 0)
                return -EBADMSG;
        if ((size_t)len > PDANE_CERT_MAX)
                r = -EMSGSIZE;
        else if (!lengths_are_der(der, (size_t)len))
                r = -EBADMSG;
        OPENSSL_free(der);
        return r;
}
