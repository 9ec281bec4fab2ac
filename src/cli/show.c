/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands around the parts: options, the object, what went wrong. */
#include "cli/show.h"

#include <stdio.h>

static int
show(const struct pdane_cli_command *self, struct pdane_cli_show *s)
{
        const struct pdane_control_request rq = {.type = s->type};
        struct pdane_cli_conversation c = {.part = s->part, .arg = s->arg};
        int r;

        s->to = (struct pdane_json){.to = stdout};
        if (s->json)
                pdane_json_begin(&s->to, NULL, '{');
        if (s->begin)
                s->begin(s->arg);
        r = pdane_cli_converse(&rq, &c);
        if (s->end)
                s->end(s->arg);
        if (s->json && r < 0)
                pdane_json_string(&s->to, "error", c.error);
        if (s->json)
                pdane_json_end(&s->to, '}');
        if (r == 0)
                return PDANE_CLI_OK;
        pdane_cli_complain(self, "%s", c.error);
        return PDANE_CLI_UNKNOWN;
}

int
pdane_cli_show_all(const struct pdane_cli_command *self, int argc, char **argv,
                   struct pdane_cli_show *s)
{
        struct pdane_cli_simple_options o;
        int r = pdane_cli_simple_parse(self, &o, argc, argv, 0);

        if (r != 0)
                return r;
        s->json = o.json;
        return o.help ? pdane_cli_help(self) : show(self, s);
}
