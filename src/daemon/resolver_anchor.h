/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file with the DNSSEC root key that validation starts from: RFC 5011 state of our own, made
 * from the distribution's root key. Only files; libunbound reads and updates them.
 */
#ifndef PDANE_RESOLVER_ANCHOR_H
#define PDANE_RESOLVER_ANCHOR_H

#include <stdbool.h>

#define PDANE_ROOT_KEY_MAX 65536u /* bytes of a root key file */

struct pdane_anchor {
        char *path;   /* owned */
        bool tracked; /* libunbound may write it (RFC 5011); otherwise it is only read */
};

/* Where distributions keep the root key; ends in NULL. */
extern const char *const pdane_root_key_seeds[];

/*
 * Finds or makes the file. When state_dir holds no root.key, one that is no text, or one older than
 * the first seed that exists, that seed is copied there (at once or not at all). When state_dir cannot be written the
 * seed itself is used and not tracked. 0, or negative errno with one line for a person in
 * *ret_error.
 */
int pdane_anchor_prepare(const char *state_dir, const char *const *seeds, struct pdane_anchor *ret,
                         char **ret_error);

/* The administrator's own file: must be there, readable and not empty. The same results. */
int pdane_anchor_use(const char *path, struct pdane_anchor *ret, char **ret_error);

void pdane_anchor_clear(struct pdane_anchor *a);

#endif
