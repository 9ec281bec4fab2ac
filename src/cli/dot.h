/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nodes and edges in Graphviz's language. Whatever a line says is escaped here, so that text of
 * strangers stays text; identifiers are the callers' own words. Knows nothing of DNS.
 */
#ifndef PDANE_CLI_DOT_H
#define PDANE_CLI_DOT_H

#include <stdio.h>

#define PDANE_DOT_ID_MAX 48u /* bytes of an identifier with its NUL */
#define PDANE_DOT_LINE_MAX                                                                         \
        48u /* characters of a line; a longer word stands alone, and is broken at this */
#define PDANE_DOT_TEXT_MAX 400u /* characters of one text; what is more is cut, with dots */

/* Each has a shape or line of its own, so that no colour is needed. In SVG it is the class. */
enum pdane_dot_look {
        PDANE_DOT_GOOD,   /* holds: a rounded box; an edge that is drawn through */
        PDANE_DOT_BAD,    /* does not: an octagon; a dashed edge with a bar at its end */
        PDANE_DOT_BROKEN, /* where the chain breaks: a double octagon; the same edge */
        PDANE_DOT_DOUBT,  /* not known, or of no weight: a dashed box; a dotted edge */
};

/* "digraph", with a title and a line below it. */
void pdane_dot_begin(FILE *to, const char *title, const char *subtitle);
void pdane_dot_end(FILE *to);

/* A frame around the nodes that come before the next pdane_dot_frame_end. */
void pdane_dot_frame_begin(FILE *to, const char *id, const char *title);
void pdane_dot_frame_end(FILE *to);

/* pdane_dot_line()s come between these. */
void pdane_dot_node_begin(FILE *to, const char *id, enum pdane_dot_look look);
void pdane_dot_line(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pdane_dot_node_end(FILE *to);

void pdane_dot_edge(FILE *to, const char *from, const char *into, enum pdane_dot_look look,
                    const char *label);

/* One text within a quoted label: printable ASCII, with quotes, backslashes and entities made
 * harmless, the rest as \xHH; broken into lines, and cut. */
void pdane_dot_text(FILE *to, const char *text);

#endif
