/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is wanted in the directory for OpenSSL, by the hash that names the files and by subject: one
 * certificate among a hundred thousand costs no more than among a hundred. Knows no files. One
 * thread.
 */
#ifndef PDANE_CERTROWS_H
#define PDANE_CERTROWS_H

#include <sys/queue.h>

#include "daemon/evidence.h"

struct pdane_certrow;

struct pdane_certrow_entry {
        LIST_ENTRY(pdane_certrow_entry) entries;
        struct pdane_cert *cert;
        struct pdane_evidence *evidence;
        bool own; /* its subject names a host that it is good for */
};

/* All with one hash. */
struct pdane_certrow {
        unsigned long hash;
        LIST_HEAD(, pdane_certrow_entry) entries; /* the latest first */
        size_t n_entries;
        unsigned n_files; /* the caller's: how many there are, from 0 on */
        bool is_crowded;
        LIST_ENTRY(pdane_certrow) crowded;
};

/* Begins as {0}. */
struct pdane_certrows {
        void *by_hash, *by_subject;         /* tsearch(3) */
        LIST_HEAD(, pdane_certrow) crowded; /* those with several entries */
};

/* The one for a hash, made if there is none. NULL: no memory. */
struct pdane_certrow *pdane_certrows_get(struct pdane_certrows *rows, unsigned long hash);

/*
 * References both. Nothing happens without memory: less is trusted than could be. All with one
 * subject are in one row.
 */
void pdane_certrows_add(struct pdane_certrows *rows, struct pdane_certrow *row,
                        struct pdane_cert *cert, struct pdane_evidence *evidence, bool own);

/* Drops all with that subject (DER). Their row, or NULL: there were none. Takes no memory. */
struct pdane_certrow *pdane_certrows_forget(struct pdane_certrows *rows,
                                            struct pdane_bytes subject);

/* Frees the row if it has neither entries nor files. */
void pdane_certrows_tidy(struct pdane_certrows *rows, struct pdane_certrow *row);

void pdane_certrows_clear(struct pdane_certrows *rows);

#endif
