/* SPDX-License-Identifier: BSD-3-Clause */
/* Between check.c and the two files that show what it found. */
#ifndef PDANE_CLI_CHECK_H
#define PDANE_CLI_CHECK_H

#include "cli/report.h"

void pdane_cli_check_text(const struct pdane_cli_report *r);
/* status: what check exits with. */
void pdane_cli_check_json(const struct pdane_cli_report *r, int status);

/* In words, never NULL; "" when there is nothing to say. */
const char *pdane_cli_record_usage(uint32_t usage);
const char *pdane_cli_record_selector(uint32_t selector);
const char *pdane_cli_record_matching(uint32_t matching);
const char *pdane_cli_record_unusable(const struct pdane_part_record *t); /* why */
const char *pdane_cli_dns_type(uint32_t type);
/* What RFC 8914 (Extended DNS Errors) calls a bogus answer, by libunbound's words for it, and its
 * INFO-CODE. NULL for every other. */
const char *pdane_cli_extended_error(const struct pdane_part_dns *d, unsigned *ret_code);

/* A certificate's subject on one line; printable. Returns buf. */
#define PDANE_CLI_SUBJECT_MAX 160u
char *pdane_cli_subject(const X509 *x, char buf[PDANE_CLI_SUBJECT_MAX]);

#endif
