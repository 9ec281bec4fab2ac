/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several hosts may stand below one private CA, each with an anchor of its own: same subject and
 * key, other names. GnuTLS takes one certificate for a subject, and an answer holds only a few; so
 * anchors of one CA are handed out as one that is good for all of their names, unless one name lies
 * below another: one anchor could not tell them from their neighbours. It ends with the first of
 * them, and at once when one of them is withdrawn. One thread.
 */
#ifndef PDANE_MERGE_H
#define PDANE_MERGE_H

#include "daemon/store.h"

struct pdane_merger;

#define PDANE_MERGED_MAX 64u   /* merged anchors that are remembered */
#define PDANE_MERGE_HOSTS 256u /* pieces of evidence below one CA that are merged */

/* store is borrowed. What the merger made is in the store until it is forgotten. */
int pdane_merger_new(struct pdane_store *store, struct pdane_merger **ret);
void pdane_merger_free(struct pdane_merger *m); /* NULL-safe; before the store */

/*
 * Replaces the anchors by authority in found[0..n) that have the same subject and key by merged
 * ones, made now or before; the same anchors give the same bytes. Leaves the others and what stands
 * alone as they are. Where one cannot be made, the anchors themselves stay. Returns the new n,
 * which is not greater.
 */
size_t pdane_merge_found(struct pdane_merger *m, struct pdane_found *found, size_t n, int64_t now);

#endif
