/* SPDX-License-Identifier: BSD-3-Clause */
/* p11-dane status: the daemon's values as they come. Knows none of them. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/daemon.h"
#include "cli/json.h"
#include "cli/text.h"
#include "cli/tree.h"

static const char help[] =
        "usage: p11-dane status [--json]\n"
        "\n"
        "Shows how the daemon is: its version and uptime, the DNS servers that it asks and\n"
        "whether they pass DNSSEC, the root keys that it trusts, and what it has done so far.\n"
        "\n"
        "  --json    for machines; the keys are described in p11-dane(1)\n"
        "  --help    print this\n"
        "\n"
        "Exit status: 0; 3 there is no daemon; 64 bad usage.\n";

struct showing {
        bool json;
        struct pdane_json to;
        char group[PDANE_REPORT_WORD_MAX + 1];
};

static void
show_text(struct showing *s, const struct pdane_part_value *v)
{
        if (strcmp(s->group, v->group) != 0)
                printf("%s\n", v->group);
        printf("  %-34s ", v->key);
        if (v->is_text)
                puts(v->text);
        else
                printf("%" PRId64 "\n", v->number);
}

static void
show_json(struct showing *s, const struct pdane_part_value *v)
{
        if (strcmp(s->group, v->group) != 0) {
                if (*s->group)
                        pdane_json_end(&s->to, '}');
                pdane_json_begin(&s->to, v->group, '{');
        }
        if (v->is_text)
                pdane_json_string(&s->to, v->key, v->text);
        else
                pdane_json_number(&s->to, v->key, v->number);
}

static int
on_part(void *arg, const struct pdane_part *p)
{
        struct showing *s = arg;

        if (p->kind != PDANE_PART_VALUE)
                return 0;
        if (s->json)
                show_json(s, &p->value);
        else
                show_text(s, &p->value);
        snprintf(s->group, sizeof(s->group), "%s", p->value.group);
        return 0;
}

static int
status(const struct pdane_cli_command *self, bool json)
{
        const struct pdane_control_request rq = {.type = PDANE_CONTROL_STATUS};
        struct showing s = {.json = json, .to = {.to = stdout}};
        struct pdane_cli_conversation c = {.part = on_part, .arg = &s};
        int r;

        if (json)
                pdane_json_begin(&s.to, NULL, '{');
        r = pdane_cli_converse(&rq, &c);
        if (json && *s.group)
                pdane_json_end(&s.to, '}');
        if (json && r < 0)
                pdane_json_string(&s.to, "error", c.error);
        if (json)
                pdane_json_end(&s.to, '}');
        if (r == 0)
                return PDANE_CLI_OK;
        pdane_cli_complain(self, "%s", c.error);
        return PDANE_CLI_UNKNOWN;
}

static int
run(const struct pdane_cli_command *self, int argc, char **argv)
{
        struct pdane_cli_simple_options o;
        int r = pdane_cli_simple_parse(self, &o, argc, argv, 0);

        if (r != 0)
                return r;
        return o.help ? pdane_cli_help(self) : status(self, o.json);
}

const struct pdane_cli_command pdane_cli_status = {
        .name = "status",
        .summary = "how the daemon is",
        .help = help,
        .run = run,
};
