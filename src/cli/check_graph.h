/* SPDX-License-Identifier: BSD-3-Clause */
/* A report as a picture: the chain of trust from the root's key to what clients do. Decides
 * nothing: where the chain breaks is what the daemon said it stumbled over. */
#ifndef PDANE_CLI_CHECK_GRAPH_H
#define PDANE_CLI_CHECK_GRAPH_H

#include <stdio.h>

#include "cli/check.h"

/*
 * Writes it in Graphviz's language. root_keys: the tags of the root's keys, as status has them; ""
 * not known. Nodes have these identifiers, which stand in SVG as well: root, zoneN, address, tlsaN
 * (the Nth question), recordN, server, certC_N (of candidate C), setC_N, nameC_N, outcome,
 * client_KIND; their classes are good, bad, doubt, and broken for the one where the chain breaks.
 */
void pdane_cli_check_graph(const struct pdane_cli_report *r, const char *root_keys, FILE *to);

#endif
