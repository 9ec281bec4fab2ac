/* SPDX-License-Identifier: BSD-3-Clause */
/* Between check_graph.c and check_graph_server.c. */
#ifndef PDANE_CLI_CHECK_GRAPH_IMPL_H
#define PDANE_CLI_CHECK_GRAPH_IMPL_H

#include "cli/check.h"
#include "cli/check_break.h"
#include "cli/dot.h"

struct pdane_graph {
        const struct pdane_cli_report *r;
        const char *root_keys;
        FILE *to;
        struct pdane_cli_break brk;
        size_t n_zones;
        const char *zones[PDANE_CLI_DNS_MAX]; /* but the root */
};

char *pdane_graph_id(char buf[PDANE_DOT_ID_MAX], const char *kind, size_t index);
void pdane_graph_broken(const struct pdane_graph *g); /* a line that says so, in the open node */
bool pdane_graph_shows_record(const struct pdane_graph *g, size_t i);
/* An edge from the zone that signed, or did not. */
void pdane_graph_signature(const struct pdane_graph *g, const struct pdane_part_dns *d,
                           const char *into);
/* A node for what is left out, if there is anything. */
void pdane_graph_more(const struct pdane_graph *g, const char *kind, size_t index, const char *from,
                      size_t n, const char *what);

/* The server, its certificates, their names, and what vouches for which. */
void pdane_graph_server(const struct pdane_graph *g);
/* Edges from what vouches for a candidate to the outcome. */
void pdane_graph_conclude(const struct pdane_graph *g, size_t candidate);

#endif
