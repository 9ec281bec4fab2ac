/* SPDX-License-Identifier: BSD-3-Clause */
/* p11-dane list: what is trusted now. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/daemon.h"
#include "cli/json.h"
#include "cli/text.h"
#include "cli/tree.h"
#include "trust/judge.h"

static const char help[] =
        "usage: p11-dane list [--json]\n"
        "\n"
        "Lists the certificates that are trusted now because DNS vouches for them: at which\n"
        "host, for which names and kinds of client, and until when. Root sees all; other users\n"
        "see what their own programs brought up.\n"
        "\n"
        "  --json    for machines; the keys are described in p11-dane(1)\n"
        "  --help    print this\n"
        "\n"
        "Exit status: 0; 3 there is no daemon; 64 bad usage.\n";

struct showing {
        bool json, open; /* open: an entry has begun */
        size_t names;
        struct pdane_json to;
};

static void
end_entry(struct showing *s)
{
        if (!s->open)
                return;
        if (s->json) {
                pdane_json_end(&s->to, ']');
                pdane_json_end(&s->to, '}');
        } else {
                putchar('\n');
        }
        s->open = false;
}

static void
list_clients(const struct pdane_part_trusted *t)
{
        const char *comma = "";

        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++) {
                if (!(t->clients >> k & 1))
                        continue;
                printf("%s%s", comma, pdane_judge_kind_string((enum pdane_judge_kind)k));
                comma = ",";
        }
        if (!*comma)
                putchar('-');
}

static void
begin_text(const struct pdane_part_trusted *t)
{
        char when[PDANE_CLI_TIME_MAX];

        printf("%s port %u%s\n", t->host, t->port, t->watched ? ", on the watch list" : "");
        printf("  certificate %s\n", t->subject);
        printf("  vouched for %s\n", t->by_authority ? "by the CA above it" : "itself");
        printf("  until       %s\n", pdane_cli_format_time(t->until, (int64_t)time(NULL), when));
        fputs("  clients     ", stdout);
        list_clients(t);
        fputs("\n  names       ", stdout);
}

static void
begin_json(struct pdane_json *to, const struct pdane_part_trusted *t)
{
        char hex[2 * 32 + 1] = "";

        for (size_t i = 0; i < t->sha256.len && i < 32; i++)
                snprintf(hex + 2 * i, 3, "%02x", t->sha256.data[i]);
        pdane_json_begin(to, NULL, '{');
        pdane_json_string(to, "host", t->host);
        pdane_json_number(to, "port", t->port);
        pdane_json_bool(to, "watched", t->watched);
        pdane_json_string(to, "subject", t->subject);
        pdane_json_string(to, "sha256", hex);
        pdane_json_bool(to, "by_authority", t->by_authority);
        pdane_json_number(to, "until", t->until);
        pdane_json_begin(to, "clients", '[');
        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++)
                if (t->clients >> k & 1)
                        pdane_json_string(to, NULL,
                                          pdane_judge_kind_string((enum pdane_judge_kind)k));
        pdane_json_end(to, ']');
        pdane_json_begin(to, "names", '[');
}

static int
on_part(void *arg, const struct pdane_part *p)
{
        struct showing *s = arg;

        if (p->kind == PDANE_PART_TRUSTED) {
                end_entry(s);
                s->open = true;
                s->names = 0;
                if (s->json)
                        begin_json(&s->to, &p->trusted);
                else
                        begin_text(&p->trusted);
        } else if (p->kind == PDANE_PART_NAME && s->open) {
                if (s->json)
                        pdane_json_string(&s->to, NULL, p->name.name);
                else
                        printf("%s%s", s->names++ ? ", " : "", p->name.name);
        }
        return 0;
}

static int
list(const struct pdane_cli_command *self, bool json)
{
        const struct pdane_control_request rq = {.type = PDANE_CONTROL_LIST};
        struct showing s = {.json = json, .to = {.to = stdout}};
        struct pdane_cli_conversation c = {.part = on_part, .arg = &s};
        int r;

        if (json) {
                pdane_json_begin(&s.to, NULL, '{');
                pdane_json_begin(&s.to, "trusted", '[');
        }
        r = pdane_cli_converse(&rq, &c);
        end_entry(&s);
        if (json) {
                pdane_json_end(&s.to, ']');
                if (r < 0)
                        pdane_json_string(&s.to, "error", c.error);
                pdane_json_end(&s.to, '}');
        }
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
        return o.help ? pdane_cli_help(self) : list(self, o.json);
}

const struct pdane_cli_command pdane_cli_list = {
        .name = "list",
        .summary = "what is trusted now, for whom and until when",
        .help = help,
        .run = run,
};
