/* SPDX-License-Identifier: BSD-3-Clause */
/* Puts a picture into a file, by way of Graphviz's dot where it is to be one. Knows not what is on
 * it. */
#ifndef PDANE_CLI_GRAPH_FILE_H
#define PDANE_CLI_GRAPH_FILE_H

#include <stddef.h>

/* Where dot is looked for, whatever PATH says. */
#define PDANE_GRAPH_PROGRAMS "/usr/local/bin:/usr/bin:/bin"
#define PDANE_GRAPH_MS 60000 /* that dot may take */

#define PDANE_GRAPH_ERROR_MAX 512u

/* What dot calls the form that path's ending names: "dot", "svg", "png"; NULL for any other. */
const char *pdane_graph_form(const char *path);

/*
 * Writes the picture that text (DOT) describes to path: beside it first, then renamed, so that a
 * file that stands there is whole, the old or the new. programs: directories with colons between
 * them. 0, or negative errno and a line for a person in error: -EINVAL the ending, -ENOENT there is
 * no dot, -EIO it failed, -ETIMEDOUT, or what the file system says. Starts a child and waits for
 * it; SIGPIPE is ignored meanwhile: for programs of one thread.
 */
int pdane_graph_write(const char *path, const char *text, size_t len, const char *programs,
                      int timeout_ms, char error[PDANE_GRAPH_ERROR_MAX]);

#endif
