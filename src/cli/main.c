/* SPDX-License-Identifier: BSD-3-Clause */
/* p11-dane: finds the subcommand. What each does is its own file's. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/text.h"

/* In the order of the help. */
static const struct pdane_cli_command *const commands[] = {
        &pdane_cli_check,
        &pdane_cli_status,
        &pdane_cli_list,
        &pdane_cli_flush,
        &pdane_cli_watch,
        &pdane_cli_verify,
        &pdane_cli_tlsa,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
usage(FILE *to)
{
        fputs("usage: p11-dane COMMAND [OPTION]... [ARGUMENT]...\n\n", to);
        for (size_t i = 0; i < COMMANDS; i++)
                fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
        fputs("\n"
              "  p11-dane COMMAND --help   what the command takes\n"
              "  p11-dane --version        print the version\n",
              to);
}

static int
general(const char *word)
{
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
                usage(stdout);
                return PDANE_CLI_OK;
        }
        if (strcmp(word, "--version") == 0) {
                puts("p11-dane " PDANE_VERSION);
                return PDANE_CLI_OK;
        }
        return -1;
}

static int
run(int argc, char **argv)
{
        char shown[PDANE_CLI_SHOWN_MAX];
        int status;

        if (argc < 2) {
                usage(stderr);
                return PDANE_CLI_USAGE;
        }
        status = general(argv[1]);
        if (status >= 0)
                return status;
        for (size_t i = 0; i < COMMANDS; i++)
                if (strcmp(argv[1], commands[i]->name) == 0)
                        return commands[i]->run(commands[i], argc - 1, argv + 1);
        fprintf(stderr, "p11-dane: unknown %s \"%s\"; see p11-dane --help\n",
                argv[1][0] == '-' ? "option" : "command",
                pdane_cli_show(argv[1], shown, sizeof(shown)));
        return PDANE_CLI_USAGE;
}

int
main(int argc, char **argv)
{
        int status = run(argc, argv);

        /* What was not written was not said. */
        if (fflush(stdout) != 0 || ferror(stdout)) {
                fprintf(stderr, "p11-dane: standard output: %s\n", strerror(errno));
                return PDANE_CLI_OUTPUT;
        }
        return status;
}
