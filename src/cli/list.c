/* SPDX-License-Identifier: BSD-3-Clause */
/* p11-dane list: what is trusted now. */
#include <stdio.h>
#include <time.h>

#include "cli/show.h"
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
        struct pdane_cli_show show;
        bool open; /* an entry has begun */
        size_t names;
};

static void
end_entry(struct showing *s)
{
        if (!s->open)
                return;
        if (s->show.json) {
                pdane_json_end(&s->show.to, ']');
                pdane_json_end(&s->show.to, '}');
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
                if (s->show.json)
                        begin_json(&s->show.to, &p->trusted);
                else
                        begin_text(&p->trusted);
        } else if (p->kind == PDANE_PART_NAME && s->open) {
                if (s->show.json)
                        pdane_json_string(&s->show.to, NULL, p->name.name);
                else
                        printf("%s%s", s->names++ ? ", " : "", p->name.name);
        }
        return 0;
}

static void
begin(void *arg)
{
        struct showing *s = arg;

        if (s->show.json)
                pdane_json_begin(&s->show.to, "trusted", '[');
}

static void
end(void *arg)
{
        struct showing *s = arg;

        end_entry(s);
        if (s->show.json)
                pdane_json_end(&s->show.to, ']');
}

static int
run(const struct pdane_cli_command *self, int argc, char **argv)
{
        struct showing s = {.show = {.type = PDANE_CONTROL_LIST,
                                     .part = on_part,
                                     .begin = begin,
                                     .end = end,
                                     .arg = &s}};

        return pdane_cli_show_all(self, argc, argv, &s.show);
}

const struct pdane_cli_command pdane_cli_list = {
        .name = "list",
        .summary = "what is trusted now, for whom and until when",
        .help = help,
        .run = run,
};
