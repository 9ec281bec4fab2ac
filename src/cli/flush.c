/* SPDX-License-Identifier: BSD-3-Clause */
/* p11-dane flush: has the daemon forget hosts. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/daemon.h"
#include "cli/json.h"
#include "cli/text.h"
#include "trust/name.h"

static const char help[] =
        "usage: p11-dane flush [--json] [HOST]\n"
        "\n"
        "Has the daemon forget what it knows of HOST at every port, or of all hosts: what is\n"
        "trusted there goes at once, and it is looked up anew when it is next asked about. Root\n"
        "does so for everyone; what other users flush goes from their own list, and altogether\n"
        "when no other user's program nor the watch list needs it.\n"
        "\n"
        "  --json    for machines: {\"flushed\": NUMBER}\n"
        "  --help    print this\n"
        "\n"
        "Exit status: 0; 3 there is no daemon; 64 bad usage.\n";

static int
on_part(void *arg, const struct pdane_part *p)
{
        (void)arg;
        (void)p;
        return 0;
}

static void
show(const struct pdane_cli_conversation *c, bool json)
{
        struct pdane_json to = {.to = stdout};

        if (!json) {
                printf("%u %s forgotten\n", c->number, c->number == 1 ? "host" : "hosts");
                return;
        }
        pdane_json_begin(&to, NULL, '{');
        pdane_json_number(&to, "flushed", c->number);
        pdane_json_end(&to, '}');
}

static int
flush(const struct pdane_cli_command *self, const struct pdane_cli_simple_options *o)
{
        struct pdane_control_request rq = {.type = PDANE_CONTROL_FLUSH};
        struct pdane_cli_conversation c = {.part = on_part};
        char shown[PDANE_CLI_SHOWN_MAX];
        struct pdane_name name;

        if (o->word) {
                if (pdane_host_parse(o->word, strlen(o->word), &name) < 0)
                        return pdane_cli_usage(self,
                                               "\"%s\": not a host name of two labels or more",
                                               pdane_cli_show(o->word, shown, sizeof(shown)));
                rq.host = (struct pdane_bytes){(const uint8_t *)name.text, strlen(name.text)};
        }
        if (pdane_cli_converse(&rq, &c) < 0) {
                pdane_cli_complain(self, "%s", c.error);
                return PDANE_CLI_UNKNOWN;
        }
        show(&c, o->json);
        return PDANE_CLI_OK;
}

static int
run(const struct pdane_cli_command *self, int argc, char **argv)
{
        struct pdane_cli_simple_options o;
        int r = pdane_cli_simple_parse(self, &o, argc, argv, 1);

        if (r != 0)
                return r;
        return o.help ? pdane_cli_help(self) : flush(self, &o);
}

const struct pdane_cli_command pdane_cli_flush = {
        .name = "flush",
        .summary = "have the daemon forget a host, or all",
        .help = help,
        .run = run,
};
