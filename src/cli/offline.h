/* SPDX-License-Identifier: BSD-3-Clause */
/* Verdicts without a daemon: nothing is known of the system's trust store. */
#ifndef PDANE_CLI_OFFLINE_H
#define PDANE_CLI_OFFLINE_H

#include "trust/decide.h"

/* No name is somebody else's. For what is shown to a person, never for what is trusted. */
extern const struct pdane_policy pdane_cli_offline_policy;

#endif
