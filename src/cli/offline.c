/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/offline.h"

static bool
nothing_reserved(void *arg, struct pdane_bytes dn)
{
        (void)arg;
        (void)dn;
        return false;
}

const struct pdane_policy pdane_cli_offline_policy = {.dn_reserved = nothing_reserved};
