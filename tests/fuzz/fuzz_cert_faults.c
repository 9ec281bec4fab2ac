/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz_cert.c with steps that fail: a certificate is then read as always, or not at all. One that
 * came out with fewer names, or as less of a CA, could be handed out by mistake.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "faults.h"
#include "trust/cert.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
        (void)argc;
        (void)argv;
        fuzz_faults_install();
        return 0;
}

static void
check_names(const struct pdane_cert *want, const struct pdane_cert *got)
{
        const char *want_text, *got_text;
        enum pdane_reason reason = pdane_cert_names_reason(got, &got_text);
        struct pdane_name one, other;

        /* Refused for another reason is refused. */
        if (reason != PDANE_REASON_ACCEPTED)
                return;
        FUZZ_CHECK(reason == pdane_cert_names_reason(want, &want_text));
        FUZZ_CHECK(pdane_cert_n_names(want) == pdane_cert_n_names(got));
        for (size_t i = 0; pdane_cert_name(want, i, &one); i++)
                FUZZ_CHECK(pdane_cert_name(got, i, &other) && pdane_name_equal(&one, &other));
}

static void
check_same(const struct pdane_cert *want, const struct pdane_cert *got)
{
        const char *text;

        check_names(want, got);
        FUZZ_CHECK(pdane_cert_version(want) == pdane_cert_version(got));
        /* Extensions that OpenSSL could not read make it malformed: refused, whatever else it is.
         */
        if (pdane_cert_names_reason(got, &text) == PDANE_REASON_ACCEPTED) {
                FUZZ_CHECK(pdane_cert_ca(want) == pdane_cert_ca(got));
                FUZZ_CHECK(pdane_cert_openssl_ca(want) == pdane_cert_openssl_ca(got));
                FUZZ_CHECK(pdane_bytes_equal(pdane_cert_key_id(want), pdane_cert_key_id(got)));
        }
        FUZZ_CHECK(pdane_cert_self_issued(want) == pdane_cert_self_issued(got));
        /* A signature that could not be looked at is none: less is offered for such a leaf. */
        FUZZ_CHECK(pdane_cert_self_signed(want) || !pdane_cert_self_signed(got));
        FUZZ_CHECK(pdane_cert_publicly_issued(want) == pdane_cert_publicly_issued(got));
        FUZZ_CHECK(pdane_cert_not_before(want) == pdane_cert_not_before(got));
        FUZZ_CHECK(pdane_cert_not_after(want) == pdane_cert_not_after(got));
        FUZZ_CHECK(pdane_bytes_equal(pdane_cert_der(want), pdane_cert_der(got)));
        FUZZ_CHECK(pdane_bytes_equal(pdane_cert_subject(want), pdane_cert_subject(got)));
        FUZZ_CHECK(pdane_bytes_equal(pdane_cert_issuer(want), pdane_cert_issuer(got)));
        FUZZ_CHECK(pdane_bytes_equal(pdane_cert_serial(want), pdane_cert_serial(got)));
        FUZZ_CHECK(pdane_bytes_equal(pdane_cert_spki(want), pdane_cert_spki(got)));
        FUZZ_CHECK(pdane_bytes_equal(pdane_cert_sha1(want), pdane_cert_sha1(got)));
        FUZZ_CHECK(pdane_bytes_equal(pdane_cert_sha256(want), pdane_cert_sha256(got)));
}

/* What is found out only when asked, after what OpenSSL kept was let go: a step that fails says
 * nothing in the certificate's favour. */
static void
check_later(struct pdane_cert *c)
{
        bool public = pdane_cert_publicly_issued(c), ca = pdane_cert_openssl_ca(c),
             own = pdane_cert_key_id_is_own(c), has_id = pdane_cert_has_key_id(c);

        pdane_cert_shrink(c);
        fuzz_faults_start();
        FUZZ_CHECK(pdane_cert_publicly_issued(c) || !public);
        FUZZ_CHECK(!pdane_cert_key_id_is_own(c) || own);
        FUZZ_CHECK(!pdane_cert_has_key_id(c) || has_id);
        FUZZ_CHECK(pdane_cert_openssl_ca(c) || !ca);
        fuzz_faults_stop();
        pdane_cert_shrink(c); /* it may have been read in part */
}

/* Without parsing it once more, as the probe does. */
static void
share_once(struct fuzz_input in, const struct pdane_cert *want)
{
        const unsigned char *p = in.data;
        X509 *x = want ? d2i_X509(NULL, &p, (long)in.len) : NULL;
        struct pdane_cert *got = NULL;
        int r;

        if (!x)
                return;
        fuzz_faults_start();
        r = pdane_cert_share_x509(x, &got);
        fuzz_faults_stop();
        FUZZ_CHECK((r == 0) == (got != NULL));
        if (got)
                check_same(want, got);
        pdane_cert_unref(got);
        X509_free(x);
}

static void
read_once(struct fuzz_input in, const struct pdane_cert *want)
{
        struct pdane_cert *got = NULL;
        int r;

        fuzz_faults_start();
        r = pdane_cert_new(in.data, in.len, &got);
        fuzz_faults_stop();
        FUZZ_CHECK(want || r < 0);
        FUZZ_CHECK((r == 0) == (got != NULL));
        if (got)
                check_same(want, got);
        pdane_cert_unref(got);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};
        struct pdane_cert *want = NULL;

        fuzz_faults_read(&in);
        (void)pdane_cert_new(in.data, in.len, &want);
        do {
                read_once(in, want);
                share_once(in, want);
        } while (fuzz_faults_again());
        fuzz_faults_read(&(struct fuzz_input){data, len});
        do {
                if (want)
                        check_later(want);
        } while (fuzz_faults_again());
        pdane_cert_unref(want);
        ERR_clear_error();
        return 0;
}
