/* SPDX-License-Identifier: BSD-3-Clause */
/* Between tlsa.c and tlsa_warn.c only: what some client will not like about a record and its
 * certificate. */
#ifndef PDANE_CLI_TLSA_WARN_H
#define PDANE_CLI_TLSA_WARN_H

#include "cli/cli.h"
#include "trust/name.h"
#include "trust/tlsa.h"

#include <openssl/types.h>

struct pdane_cli_warning {
        const struct pdane_cli_command *command;
        const struct pdane_name *host;
        X509 *cert; /* the server's for usages 1 and 3, the CA's for 0 and 2 */
        const struct pdane_tlsa *record;
        int64_t now; /* seconds since 1970 */
};

/* One line on standard error for each thing. 0 or -ENOMEM. */
int pdane_cli_tlsa_warn(const struct pdane_cli_warning *w);

#endif
