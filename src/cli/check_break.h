/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a report's chain of trust breaks: one place, or none. */
#ifndef PDANE_CLI_CHECK_BREAK_H
#define PDANE_CLI_CHECK_BREAK_H

#include "cli/report.h"

struct pdane_cli_break {
        enum {
                PDANE_BREAK_NOWHERE = 0,
                PDANE_BREAK_ADDRESS,
                PDANE_BREAK_TLSA, /* dns[index] */
                PDANE_BREAK_SERVER,
                PDANE_BREAK_CERTIFICATE, /* the leaf of candidates[candidate] */
                PDANE_BREAK_NAME,        /* names[index] of it */
                PDANE_BREAK_OUTCOME,     /* it cannot be said where */
        } at;
        size_t candidate, index;
        char reason[PDANE_REPORT_WHY_MAX + 64];
};

void pdane_cli_break_find(const struct pdane_cli_report *r, struct pdane_cli_break *ret);

#endif
