/* SPDX-License-Identifier: BSD-3-Clause */
/* What the plugin does with a name that its process looks up. */
#ifndef PDANE_OBSERVER_H
#define PDANE_OBSERVER_H

/*
 * Tells the daemon, if it is worth telling and has not been told a moment ago, and waits if this
 * process cannot wait later. Any thread, any number of them, and in forked children. errno is the
 * caller's to keep.
 */
void pdane_observe(const char *name);

/* As if nothing had been told in this process. For tests; no thread may be in pdane_observe(). */
void pdane_observer_forget(void);

#endif
