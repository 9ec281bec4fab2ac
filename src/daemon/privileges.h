/* SPDX-License-Identifier: BSD-3-Clause */
/* From root to the daemon's own user, once, before anything from the network is read. */
#ifndef PDANE_PRIVILEGES_H
#define PDANE_PRIVILEGES_H

#include <stddef.h>

/* A directory that the daemon's user writes to; made if it is missing, its parents are not. path ""
 * : none. */
struct pdane_own_directory {
        const char *path;
        unsigned mode;
};

/*
 * Makes the directories and, when we are root and user is not "", gives those that it made to that
 * user and becomes that user for good. 0, or negative errno with one line for a person in
 * *ret_error (malloc'd). Not root: user is ignored.
 */
int pdane_privileges_drop(const char *user, const struct pdane_own_directory *dirs, size_t n,
                          char **ret_error);

#endif
