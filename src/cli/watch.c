/* SPDX-License-Identifier: BSD-3-Clause */
/* p11-dane watch: decisions as they fall. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/daemon.h"
#include "cli/json.h"

static const char help[] =
        "usage: p11-dane watch [--json]\n"
        "\n"
        "Prints a line for each lookup that ends and each answer that has a program trust a\n"
        "certificate, as it happens, until it is interrupted. Root sees all; other users see\n"
        "what concerns their own programs.\n"
        "\n"
        "  --json    an object for each line, with when (seconds since 1970) and line\n"
        "  --help    print this\n"
        "\n"
        "Exit status: 3 there is no daemon, or it has ended; 64 bad usage.\n";

static int
on_part(void *arg, const struct pdane_part *p)
{
        const bool *json = arg;
        struct pdane_json to = {.to = stdout, .compact = true};
        time_t t = (time_t)p->event.when;
        char date[32] = "";
        struct tm tm;

        if (p->kind != PDANE_PART_EVENT)
                return 0;
        if (*json) {
                pdane_json_begin(&to, NULL, '{');
                pdane_json_number(&to, "when", p->event.when);
                pdane_json_string(&to, "line", p->event.line);
                pdane_json_end(&to, '}');
        } else {
                if (gmtime_r(&t, &tm))
                        strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
                printf("time=%s %s\n", date, p->event.line);
        }
        return fflush(stdout) == 0 ? 0 : -EPIPE;
}

static int
run(const struct pdane_cli_command *self, int argc, char **argv)
{
        const struct pdane_control_request rq = {.type = PDANE_CONTROL_WATCH};
        struct pdane_cli_simple_options o;
        struct pdane_cli_conversation c = {.part = on_part, .endless = true};
        int r = pdane_cli_simple_parse(self, &o, argc, argv, 0);

        if (r != 0)
                return r;
        if (o.help)
                return pdane_cli_help(self);
        c.arg = &o.json;
        r = pdane_cli_converse(&rq, &c);
        if (r == -EPIPE)
                return PDANE_CLI_OUTPUT;
        pdane_cli_complain(self, "%s", *c.error ? c.error : "the daemon has ended");
        return PDANE_CLI_UNKNOWN;
}

const struct pdane_cli_command pdane_cli_watch = {
        .name = "watch",
        .summary = "decisions as they fall, a line each",
        .help = help,
        .run = run,
};
