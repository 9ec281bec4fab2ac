/* SPDX-License-Identifier: BSD-3-Clause */
/* From root to the daemon's own user, once, before anything from the network is read. */
#ifndef PDANE_PRIVILEGES_H
#define PDANE_PRIVILEGES_H

/*
 * Makes state_dir (0750) if it is missing and, when we are root and user is not "", gives it to that user and becomes that
 * user for good. 0, or negative errno with one line for a person in *ret_error (malloc'd). Not root: user is ignored.
 */
int pdane_privileges_drop(const char *user, const char *state_dir, char **ret_error);

#endif
