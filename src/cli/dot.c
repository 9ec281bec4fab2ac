/* SPDX-License-Identifier: BSD-3-Clause */
/* Labels are quoted strings, never HTML, and no shape is a record: so braces and angle brackets
 * mean nothing in them. */
#include "cli/dot.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

static const struct {
        const char *name, *node, *edge;
} looks[] = {
        [PDANE_DOT_GOOD] = {"good",
                            "shape=box, style=\"rounded,filled\", color=\"#1a7f37\", "
                            "fillcolor=\"#e6f4ea\"",
                            "color=\"#1a7f37\", fontcolor=\"#1a7f37\", penwidth=2"},
        [PDANE_DOT_BAD] = {"bad",
                           "shape=octagon, style=filled, color=\"#b3261e\", fillcolor=\"#fce8e6\"",
                           "color=\"#b3261e\", fontcolor=\"#b3261e\", style=dashed, arrowhead=tee, "
                           "penwidth=2"},
        [PDANE_DOT_BROKEN] = {"broken",
                              "shape=doubleoctagon, style=filled, color=\"#b3261e\", penwidth=3, "
                              "fillcolor=\"#f9c7c2\"",
                              "color=\"#b3261e\", fontcolor=\"#b3261e\", style=dashed, "
                              "arrowhead=tee, penwidth=3"},
        [PDANE_DOT_DOUBT] = {"doubt",
                             "shape=box, style=\"dashed,filled\", color=\"#6e7781\", "
                             "fillcolor=\"#f6f8fa\"",
                             "color=\"#6e7781\", fontcolor=\"#57606a\", style=dotted"},
};

/* ---- text ---- */

/* How many columns it took. */
static unsigned
put_char(FILE *to, unsigned char c)
{
        if (c == '"' || c == '\\') {
                fprintf(to, "\\%c", c);
                return 1;
        }
        if (c == '&') { /* Graphviz reads entities in any label */
                fputs("&amp;", to);
                return 1;
        }
        if (c < 0x20 || c > 0x7e) {
                fprintf(to, "\\\\x%02x", c);
                return 4;
        }
        fputc(c, to);
        return 1;
}

void
pdane_dot_text(FILE *to, const char *text)
{
        unsigned column = 0;

        for (size_t n = 0; text[n]; n++) {
                bool space = text[n] == ' ';
                size_t word = space ? strcspn(text + n + 1, " ") : 0;

                if (n == PDANE_DOT_TEXT_MAX) {
                        fputs("...", to);
                        return;
                }
                if (column >= PDANE_DOT_LINE_MAX ||
                    (space && column + 1 + word > PDANE_DOT_LINE_MAX)) {
                        fputs("\\n", to);
                        column = 0;
                        if (space)
                                continue;
                }
                column += put_char(to, (unsigned char)text[n]);
        }
}

/* ---- the whole ---- */

void
pdane_dot_begin(FILE *to, const char *title, const char *subtitle)
{
        fputs("digraph chain {\n"
              "  graph [rankdir=TB, nodesep=0.3, ranksep=0.45, fontname=\"Helvetica\", "
              "fontsize=16, "
              "labelloc=t, label=\"",
              to);
        pdane_dot_text(to, title);
        fputs("\\n", to);
        pdane_dot_text(to, subtitle);
        fputs("\\n \"];\n"
              "  node [fontname=\"Helvetica\", fontsize=11, margin=\"0.14,0.08\"];\n"
              "  edge [fontname=\"Helvetica\", fontsize=10];\n",
              to);
}

void
pdane_dot_end(FILE *to)
{
        fputs("}\n", to);
}

void
pdane_dot_frame_begin(FILE *to, const char *id, const char *title)
{
        fprintf(to,
                "  subgraph cluster_%s {\n"
                "  graph [id=\"frame_%s\", fontsize=12, style=\"rounded\", color=\"#8c959f\", "
                "label=\"",
                id, id);
        pdane_dot_text(to, title);
        fputs("\"];\n", to);
}

void
pdane_dot_frame_end(FILE *to)
{
        fputs("  }\n", to);
}

void
pdane_dot_node_begin(FILE *to, const char *id, enum pdane_dot_look look)
{
        fprintf(to, "  %s [id=\"%s\", class=\"%s\", %s, label=\"", id, id, looks[look].name,
                looks[look].node);
}

void
pdane_dot_line(FILE *to, const char *format, ...)
{
        char text[2 * PDANE_DOT_TEXT_MAX];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        pdane_dot_text(to, text);
        fputs("\\n", to);
}

void
pdane_dot_node_end(FILE *to)
{
        fputs("\"];\n", to);
}

void
pdane_dot_edge(FILE *to, const char *from, const char *into, enum pdane_dot_look look,
               const char *label)
{
        fprintf(to, "  %s -> %s [id=\"%s_%s\", class=\"%s\", %s, label=\" ", from, into, from, into,
                looks[look].name, looks[look].edge);
        pdane_dot_text(to, label);
        fputs(" \"];\n", to);
}
