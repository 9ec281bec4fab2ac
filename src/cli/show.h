/* SPDX-License-Identifier: BSD-3-Clause */
/* The frame of subcommands that ask the daemon one thing and show all parts of its reply as they
 * come. */
#ifndef PDANE_CLI_SHOW_H
#define PDANE_CLI_SHOW_H

#include "cli/cli.h"
#include "cli/daemon.h"
#include "cli/json.h"

struct pdane_cli_show {
        enum pdane_control type;
        /* Each is given arg. begin and end may be NULL; end comes before what may have gone wrong.
         */
        int (*part)(void *arg, const struct pdane_part *p); /* as in a conversation */
        void (*begin)(void *arg), (*end)(void *arg);
        void *arg;
        /* Set before begin. Within the object that to has open, text goes to standard output. */
        bool json;
        struct pdane_json to;
};

/* All of such a subcommand, --json and --help among it. Returns its exit status. */
int pdane_cli_show_all(const struct pdane_cli_command *self, int argc, char **argv,
                       struct pdane_cli_show *s);

#endif
