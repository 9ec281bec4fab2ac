/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The distinguished names in the system's trust store, which no certificate of ours may bear
 * (design section 3, "A certificate that imitates another's DN"). Read through p11-kit's own trust
 * module and no other: loading every configured module would load ours. One thread. This is the one
 * file outside module/ that speaks PKCS#11: as a client.
 */
#ifndef PDANE_SYSSTORE_H
#define PDANE_SYSSTORE_H

#include "common/bytes.h"

struct pdane_sysstore;

int pdane_sysstore_new(
        struct pdane_sysstore **ret); /* empty: everything is reserved until a load succeeds */
void pdane_sysstore_free(struct pdane_sysstore *s); /* NULL-safe */

/*
 * Reads the store anew, of its files those that have changed. That takes the longest, some 20 ms
 * for 150 authorities; without a change it is a fiftieth of that. module_path: NULL for the
 * distribution's p11-kit-trust.so. 0, or negative errno with one line for a person in *ret_error
 * (malloc'd): then what was known before still holds. -ENODATA for a store without certificates,
 * -EBADMSG for one with a name that is none.
 */
int pdane_sysstore_load(struct pdane_sysstore *s, const char *module_path, char **ret_error);

/*
 * True when dn (DER Name) is a subject or issuer in the store, byte for byte or as OpenSSL compares
 * names; for what is no Name, and when it cannot be found out; and for everything before the first
 * successful load.
 */
bool pdane_sysstore_has_dn(const struct pdane_sysstore *s, struct pdane_bytes dn);

/* The last load brought names that were not known before it. */
bool pdane_sysstore_grew(const struct pdane_sysstore *s);

size_t pdane_sysstore_count(const struct pdane_sysstore *s);

#endif
