/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of a tree on standard output, with colours where they are wanted. */
#ifndef PDANE_CLI_TREE_H
#define PDANE_CLI_TREE_H

#include <stdbool.h>
#include <stdint.h>

#define PDANE_CLI_TREE_MAX 6u

struct pdane_cli_tree {
        unsigned depth; /* 0: the root, whose line has nothing before it */
        bool last[PDANE_CLI_TREE_MAX];
        bool colours;
};

/* Begins a line for a child of the current node; last: no sibling follows. The caller prints the
 * line and its end. */
void pdane_cli_tree_line(struct pdane_cli_tree *t, bool last);
void pdane_cli_tree_down(struct pdane_cli_tree *t); /* to children of the last line */
void pdane_cli_tree_up(struct pdane_cli_tree *t);

enum pdane_cli_colour { PDANE_CLI_GOOD, PDANE_CLI_BAD, PDANE_CLI_DOUBT };
/* Prints text in a colour, or as it is. */
void pdane_cli_tree_word(const struct pdane_cli_tree *t, enum pdane_cli_colour c, const char *text);

/* "2027-01-15 08:00:00 UTC (in 5 min)"; "?" for 0. Returns buf. */
#define PDANE_CLI_TIME_MAX 64u
char *pdane_cli_format_time(int64_t when, int64_t now, char buf[PDANE_CLI_TIME_MAX]);

#endif
