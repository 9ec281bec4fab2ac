/* SPDX-License-Identifier: BSD-3-Clause */
/* No more writing to files but below a few directories, by Linux's Landlock (landlock(7)). */
#ifndef PDANE_LANDLOCK_H
#define PDANE_LANDLOCK_H

#include <stddef.h>

/*
 * From here on this process, and what it starts, can change files below the n directories of
 * writable only, and remove files from the directory removable (NULL: none); it executes nothing.
 * Reading stays as it was, but for what ptrace(2)'s rules guard: /proc/PID/exe of others. "" and
 * directories that do not exist are passed over.
 *
 * 0; -EOPNOTSUPP when kernel or headers have none of it: nothing has changed then; or another
 * negative errno. no_new_privs must be set.
 */
int pdane_landlock_restrict(const char *const *writable, size_t n, const char *removable);

#endif
