/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The directory that OpenSSL programs look into (SSL_CERT_DIR): what may be trusted now, one
 * certificate a file, named as "openssl rehash" names them: HASH.N, N counting from 0 without a
 * gap. It follows the store: what enters it is written before the call that entered it returns,
 * what leaves it is removed. One thread.
 */
#ifndef PDANE_CERTDIR_H
#define PDANE_CERTDIR_H

#include "daemon/merge.h"
#include "daemon/store.h"

struct pdane_certdir;

/*
 * Uses path, which must be a directory that we may write to, and removes what an earlier process of
 * ours left there (names of that form only). Follows store from then on. 0, or negative errno with
 * one line for a person in *ret_error (malloc'd).
 */
int pdane_certdir_new(const char *path, struct pdane_store *store, struct pdane_merger *merger,
                      struct pdane_certdir **ret, char **ret_error);

/* A program that reads the directory is about to visit host: where several certificates have one
 * subject, this host's comes first. */
void pdane_certdir_visit(struct pdane_certdir *d, const struct pdane_name *host);

/* Removes all files and stops following. NULL-safe; before the store. */
void pdane_certdir_free(struct pdane_certdir *d);

#endif
