/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keeps the table that clients read (common/table.h) true: open only while a question about a
 * certificate that no evidence is for would be answered at once with nothing, as far as hints and
 * watched hosts go. What the names in a certificate suggest is not here: a client learns that from
 * the daemon's answer. One thread.
 */
#ifndef PDANE_PUBLISH_H
#define PDANE_PUBLISH_H

#include "daemon/hosts.h"
#include "daemon/store.h"

struct event_base;
struct pdane_publisher;

/*
 * Follows store's keys and hosts, which outlive it. The memory is sealed: it cannot shrink, and
 * nobody else can ever write to it. 0; -ENOMEM; what memfd_create(2) and fcntl(2) say, where these
 * cannot do that: then there is no table, and clients ask.
 */
int pdane_publisher_new(struct event_base *base, struct pdane_store *store,
                        struct pdane_hosts *hosts, struct pdane_publisher **ret);
void pdane_publisher_free(struct pdane_publisher *p); /* NULL-safe; closes the table for good */

/* What a client that wants the table is sent: a descriptor of the table of now. Borrowed. */
int pdane_publisher_fd(const struct pdane_publisher *p);

/* A client spoke: the table is kept fresh for a while. NULL-safe. */
void pdane_publisher_heard(struct pdane_publisher *p);
/* What a timer does a few times a second while clients speak; for tests, whose clock stands still.
 */
void pdane_publisher_beat(struct pdane_publisher *p);

#endif
