/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificates from a PEM file: what is between the blocks, and blocks of other kinds, do not
 * matter. Decides nothing. */
#ifndef PDANE_CLI_PEM_H
#define PDANE_CLI_PEM_H

#include <openssl/types.h>
#include <stddef.h>

#define PDANE_CLI_FILE_MAX 4194304u /* bytes of one file */
#define PDANE_CLI_CERTS_MAX 1024u   /* certificates in one file */
#define PDANE_CLI_ERROR_MAX 256u    /* bytes of an error's text, with the NUL */

struct pdane_cli_certs {
        size_t n;
        X509 **certs; /* owned */
};
void pdane_cli_certs_clear(struct pdane_cli_certs *c);

/*
 * Reads all certificates of path, "-" being standard input, in their order. 0; -EINVAL with a text
 * in error that names what is wrong, but not the file (it cannot be read, is too large, has no
 * certificate or too many, or one that does not parse); -ENOMEM.
 */
int pdane_cli_certs_read(const char *path, struct pdane_cli_certs *ret,
                         char error[PDANE_CLI_ERROR_MAX]);

#endif
