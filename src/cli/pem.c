/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads PEM with OpenSSL, strictly: a damaged block is an error, not the end of the file. */
#include "cli/pem.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
pdane_cli_certs_clear(struct pdane_cli_certs *c)
{
        for (size_t i = 0; i < c->n; i++)
                X509_free(c->certs[i]);
        free(c->certs);
        *c = (struct pdane_cli_certs){0};
}

/* All of a stream, at most one byte more than a file may have. */
static int
read_stream(FILE *f, char **ret, size_t *ret_len)
{
        char *data = malloc(PDANE_CLI_FILE_MAX + 1);

        if (!data)
                return -ENOMEM;
        *ret_len = fread(data, 1, PDANE_CLI_FILE_MAX + 1, f);
        if (ferror(f)) {
                int r = errno ? -errno : -EIO;

                free(data);
                return r;
        }
        *ret = data;
        return 0;
}

static int
read_file(const char *path, char **ret, size_t *ret_len)
{
        FILE *f;
        int r;

        if (strcmp(path, "-") == 0)
                return read_stream(stdin, ret, ret_len);
        f = fopen(path, "re");
        if (!f)
                return -errno;
        r = read_stream(f, ret, ret_len);
        fclose(f);
        return r;
}

static bool
is_certificate(const char *name)
{
        return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0 ||
               strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
}

/* A "TRUSTED CERTIFICATE" has OpenSSL's own settings after the certificate; they are not wanted. */
static X509 *
parse(const char *name, const unsigned char *der, long len)
{
        const unsigned char *p = der;
        bool more = strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
        X509 *x = d2i_X509(NULL, &p, len);

        if (x && !more && p != der + len) {
                X509_free(x);
                x = NULL;
        }
        return x;
}

/* Takes x. */
static int
push(struct pdane_cli_certs *c, X509 *x)
{
        X509 **more = reallocarray(c->certs, c->n + 1, sizeof(X509 *));

        if (!more) {
                X509_free(x);
                return -ENOMEM;
        }
        c->certs = more;
        c->certs[c->n++] = x;
        return 0;
}

static int
take_block(struct pdane_cli_certs *c, const char *name, const unsigned char *der, long len,
           char *error)
{
        X509 *x;

        if (!is_certificate(name))
                return 0;
        if (c->n >= PDANE_CLI_CERTS_MAX) {
                snprintf(error, PDANE_CLI_ERROR_MAX, "more than %u certificates",
                         PDANE_CLI_CERTS_MAX);
                return -EINVAL;
        }
        x = parse(name, der, len);
        if (!x) {
                snprintf(error, PDANE_CLI_ERROR_MAX, "certificate %zu does not parse", c->n + 1);
                return -EINVAL;
        }
        return push(c, x);
}

/* 1 when a block was read, 0 at the end. */
static int
read_block(BIO *bio, struct pdane_cli_certs *c, size_t number, char *error)
{
        char *name = NULL, *header = NULL;
        unsigned char *der = NULL;
        long len = 0;
        int r;

        if (PEM_read_bio(bio, &name, &header, &der, &len) == 1) {
                r = take_block(c, name, der, len, error);
                OPENSSL_free(name);
                OPENSSL_free(header);
                OPENSSL_clear_free(der, (size_t)len); /* it may be a private key */
                return r < 0 ? r : 1;
        }
        if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
                return 0;
        snprintf(error, PDANE_CLI_ERROR_MAX, "PEM block %zu is damaged", number);
        return -EINVAL;
}

static int
read_blocks(BIO *bio, struct pdane_cli_certs *c, char *error)
{
        size_t number = 1;
        int r;

        do
                r = read_block(bio, c, number++, error);
        while (r > 0);
        if (r == 0 && c->n == 0) {
                snprintf(error, PDANE_CLI_ERROR_MAX, "no PEM certificate in it");
                r = -EINVAL;
        }
        return r;
}

static int
read_text(const char *data, size_t len, struct pdane_cli_certs *c, char *error)
{
        BIO *bio;
        int r;

        if (len > PDANE_CLI_FILE_MAX) {
                snprintf(error, PDANE_CLI_ERROR_MAX, "larger than %u bytes", PDANE_CLI_FILE_MAX);
                return -EINVAL;
        }
        bio = BIO_new_mem_buf(data, (int)len);
        if (!bio)
                return -ENOMEM;
        ERR_set_mark();
        r = read_blocks(bio, c, error);
        ERR_pop_to_mark();
        BIO_free(bio);
        return r;
}

int
pdane_cli_certs_read(const char *path, struct pdane_cli_certs *ret, char error[PDANE_CLI_ERROR_MAX])
{
        struct pdane_cli_certs c = {0};
        char *data = NULL;
        size_t len = 0;
        int r = read_file(path, &data, &len);

        if (r < 0 && r != -ENOMEM) {
                snprintf(error, PDANE_CLI_ERROR_MAX, "%s", strerror(-r));
                return -EINVAL;
        }
        if (r == 0)
                r = read_text(data, len, &c, error);
        free(data);
        if (r < 0) {
                pdane_cli_certs_clear(&c);
                return r;
        }
        *ret = c;
        return 0;
}
