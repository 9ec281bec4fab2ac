/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names that are kept: each takes as much memory as it is long, where struct pdane_name has room
 * for the longest. One that is needed is copied out. Does not change once made; any thread.
 */
#ifndef PDANE_NAME_LIST_H
#define PDANE_NAME_LIST_H

#include "trust/name.h"

struct pdane_name_list; /* opaque; NULL is one without names */

/* Copies n names, at most PDANE_CERT_NAMES_MAX (-EINVAL). 0, and NULL for none; -ENOMEM. */
int pdane_name_list_new(const struct pdane_name *names, size_t n, struct pdane_name_list **ret);
void pdane_name_list_free(struct pdane_name_list *l); /* NULL-safe */

size_t pdane_name_list_count(const struct pdane_name_list *l);
/* Copies the i-th one into ret. False past the end, with *ret untouched. */
bool pdane_name_list_get(const struct pdane_name_list *l, size_t i, struct pdane_name *ret);
bool pdane_name_list_has(const struct pdane_name_list *l, const struct pdane_name *name);

#endif
