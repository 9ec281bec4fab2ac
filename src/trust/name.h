/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Host names as text: normal form, wildcards, and which strings a TLS client might take for one.
 * Knows nothing of certificates or DNS messages. No globals; any thread.
 */
#ifndef PDANE_NAME_H
#define PDANE_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "common/limits.h"

/* A name in normal form: lower-case A-labels, no trailing dot, at most PDANE_NAME_MAX characters.
 */
struct pdane_name {
        char text[PDANE_NAME_MAX + 1]; /* for a wildcard "*.P" this is P */
        bool wildcard;                 /* the reference was "*.P": exactly one label, leftmost */
};

/*
 * Brings len bytes (UTF-8 or ASCII, no NUL needed at the end) into normal form. U-labels become
 * A-labels (IDNA 2008, libidn2). One trailing dot is dropped. A leading "*." sets wildcard; no
 * other asterisk is allowed. Letters, digits, hyphen and underscore only; labels 1 to 63; total 1
 * to 253.
 *
 * 0, or -EINVAL with *ret untouched (an embedded NUL is -EINVAL too).
 */
int pdane_name_parse(const char *in, size_t len, struct pdane_name *ret);

/* The same, but refuses wildcards and single-label names: what may be looked up as a host. */
int pdane_host_parse(const char *in, size_t len, struct pdane_name *ret);

/* True when the text is an IPv4 or IPv6 address in any form that inet_aton or inet_pton takes. */
bool pdane_name_is_address(const char *in, size_t len);

/*
 * True when some TLS client might match this text (a certificate's common name) against a host or
 * an address: it parses as a name (wildcards included, single labels included) or is an address.
 */
bool pdane_name_is_host_like(const char *in, size_t len);

/* "*.P" covers host when host is exactly one label under P; a plain name covers itself. */
bool pdane_name_covers(const struct pdane_name *pattern, const char *host);

bool pdane_name_equal(const struct pdane_name *a, const struct pdane_name *b);

/* Writes the display form ("*.P" or the name) into ret (PDANE_NAME_MAX + 3 bytes). Returns ret. */
char *pdane_name_format(const struct pdane_name *n, char ret[PDANE_NAME_MAX + 3]);

#endif
