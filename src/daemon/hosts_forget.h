/* SPDX-License-Identifier: BSD-3-Clause */
/* For when nothing that was learned can be relied on any more. */
#ifndef PDANE_HOSTS_FORGET_H
#define PDANE_HOSTS_FORGET_H

#include "daemon/hosts.h"

/*
 * Drops all evidence, and every lookup under way; whoever waits for one waits for a new lookup,
 * which asks the resolver that the table has now. Hosts with evidence are looked up again at once.
 * Not from within a lookup's or a waiter's callback.
 */
void pdane_hosts_forget(struct pdane_hosts *hs);

/*
 * The machine is in another network: lookups that could not be made, or that somebody on the way
 * spoiled, are made again when next asked for, and at once for watched hosts. Evidence stays.
 */
void pdane_hosts_try_again(struct pdane_hosts *hs);

#endif
