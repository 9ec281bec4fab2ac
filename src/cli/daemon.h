/* SPDX-License-Identifier: BSD-3-Clause */
/* One request to the daemon and the parts of its reply. Knows no subcommand. */
#ifndef PDANE_CLI_DAEMON_H
#define PDANE_CLI_DAEMON_H

#include "common/wire_report.h"

struct pdane_cli_conversation {
        /* Called with each part; what it points to is gone afterwards. 0, or negative errno: that
         * ends the conversation and is its result. */
        int (*part)(void *arg, const struct pdane_part *p);
        void *arg;
        bool endless; /* the reply has no end and no deadline (watch) */
        /* Out. */
        uint32_t number; /* of END */
        char error[320]; /* one line about what went wrong */
};

/*
 * 0 when the reply is complete; otherwise negative errno and c->error: -ENOTCONN (there is no
 * daemon, or none that may be believed), -ETIMEDOUT, -EREMOTEIO (the daemon says error), -EBADMSG.
 */
int pdane_cli_converse(const struct pdane_control_request *rq, struct pdane_cli_conversation *c);

#endif
