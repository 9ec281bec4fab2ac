/* SPDX-License-Identifier: BSD-3-Clause */
/* p11-dane status: the daemon's values as they come. Knows none of them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/show.h"

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
        struct pdane_cli_show show;
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
                        pdane_json_end(&s->show.to, '}');
                pdane_json_begin(&s->show.to, v->group, '{');
        }
        if (v->is_text)
                pdane_json_string(&s->show.to, v->key, v->text);
        else
                pdane_json_number(&s->show.to, v->key, v->number);
}

static int
on_part(void *arg, const struct pdane_part *p)
{
        struct showing *s = arg;

        if (p->kind != PDANE_PART_VALUE)
                return 0;
        if (s->show.json)
                show_json(s, &p->value);
        else
                show_text(s, &p->value);
        snprintf(s->group, sizeof(s->group), "%s", p->value.group);
        return 0;
}

static void
end(void *arg)
{
        struct showing *s = arg;

        if (s->show.json && *s->group)
                pdane_json_end(&s->show.to, '}');
}

static int
run(const struct pdane_cli_command *self, int argc, char **argv)
{
        struct showing s = {
                .show = {.type = PDANE_CONTROL_STATUS, .part = on_part, .end = end, .arg = &s}};

        return pdane_cli_show_all(self, argc, argv, &s.show);
}

const struct pdane_cli_command pdane_cli_status = {
        .name = "status",
        .summary = "how the daemon is",
        .help = help,
        .run = run,
};
