/* SPDX-License-Identifier: BSD-3-Clause */
/* Branches and colours. */
#include "cli/tree.h"

#include <stdio.h>
#include <time.h>

void
pdane_cli_tree_line(struct pdane_cli_tree *t, bool last)
{
        for (unsigned i = 0; i < t->depth && i < PDANE_CLI_TREE_MAX; i++)
                fputs(t->last[i] ? "    " : "|   ", stdout);
        fputs(last ? "`-- " : "|-- ", stdout);
        if (t->depth < PDANE_CLI_TREE_MAX)
                t->last[t->depth] = last;
}

void
pdane_cli_tree_down(struct pdane_cli_tree *t)
{
        t->depth++;
}

void
pdane_cli_tree_up(struct pdane_cli_tree *t)
{
        t->depth--;
}

void
pdane_cli_tree_word(const struct pdane_cli_tree *t, enum pdane_cli_colour c, const char *text)
{
        static const char *const codes[] = {"\033[32m", "\033[31m", "\033[33m"};

        if (t->colours)
                printf("%s%s\033[0m", codes[c], text);
        else
                fputs(text, stdout);
}

char *
pdane_cli_format_time(int64_t when, int64_t now, char buf[PDANE_CLI_TIME_MAX])
{
        static const struct {
                int64_t seconds;
                const char *unit;
        } units[] = {{86400 * 2, "days"}, {3600 * 2, "h"}, {120, "min"}, {0, "s"}};
        static const int64_t divisors[] = {86400, 3600, 60, 1};
        time_t t = (time_t)when;
        int64_t left = when > now ? when - now : now - when;
        char date[32] = "?";
        struct tm tm;
        unsigned u = 0;

        if (when == 0 || !gmtime_r(&t, &tm)) {
                snprintf(buf, PDANE_CLI_TIME_MAX, "?");
                return buf;
        }
        strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &tm);
        while (left < units[u].seconds)
                u++;
        snprintf(buf, PDANE_CLI_TIME_MAX, when > now ? "%s (in %lld %s)" : "%s (%lld %s ago)",
                 date, (long long)(left / divisors[u]), units[u].unit);
        return buf;
}
