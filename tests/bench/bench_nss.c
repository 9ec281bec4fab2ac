/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Verifies public-like certificates with NSS in turns, the way a TLS connection does: certificates
 * as they came, a verdict, the host name, nothing kept. The next certificate each time.
 *
 * usage: bench_nss DATABASE DIRECTORY classic|pkix     DIRECTORY is bench_chain's
 */
#include <cert.h>
#include <nss.h>
#include <prerror.h>
#include <ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "turns.h"

struct client {
        CERTCertDBHandle *handle;
        struct bench_ders leaves, middle;
        size_t next;
};

static _Noreturn void
fail(const char *what)
{
        fprintf(stderr, "%s: %s\n", what, PR_ErrorToName(PR_GetError()));
        exit(1);
}

static CERTCertificate *
decode(struct client *c, const struct bench_ders *from, size_t i)
{
        SECItem der = {siBuffer, from->data + from->at[i],
                       (unsigned)(from->at[i + 1] - from->at[i])};
        CERTCertificate *cert = CERT_NewTempCertificate(c->handle, &der, NULL, PR_FALSE, PR_TRUE);

        if (!cert)
                fail("CERT_NewTempCertificate");
        return cert;
}

static void
once(void *arg)
{
        struct client *c = arg;
        CERTCertificate *middle = decode(c, &c->middle, 0);
        CERTCertificate *leaf = decode(c, &c->leaves, c->next);

        c->next = (c->next + 1) % c->leaves.n;
        if (CERT_VerifyCertificateNow(c->handle, leaf, PR_TRUE, certificateUsageSSLServer, NULL,
                                      NULL) != SECSuccess)
                fail("verification");
        if (CERT_VerifyCertName(leaf, BENCH_CHAIN_HOST) != SECSuccess)
                fail("host name");
        CERT_DestroyCertificate(leaf);
        CERT_DestroyCertificate(middle);
}

int
main(int argc, char **argv)
{
        struct client c = {0};

        if (argc != 4) {
                fprintf(stderr, "usage: bench_nss DATABASE DIRECTORY classic|pkix\n");
                return 64;
        }
        bench_read_ders(argv[2], "leaves.der", &c.leaves);
        bench_read_ders(argv[2], "middle.der", &c.middle);
        (void)NSSSSL_GetVersion(); /* libssl3 is what the module knows such a program by */
        if (NSS_Initialize(argv[1], "", "", SECMOD_DB, NSS_INIT_READONLY) != SECSuccess)
                fail("NSS_Initialize");
        if (CERT_SetUsePKIXForValidation(strcmp(argv[3], "pkix") == 0) != SECSuccess)
                fail("engine");
        c.handle = CERT_GetDefaultCertDB();
        bench_take_turns(once, &c);
        if (NSS_Shutdown() != SECSuccess)
                fail("NSS_Shutdown");
        return 0;
}
