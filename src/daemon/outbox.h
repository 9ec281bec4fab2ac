/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages on their way to a client that may take its time: sent at once when the socket has room,
 * otherwise as it gets some. Knows no message. One thread.
 */
#ifndef PDANE_OUTBOX_H
#define PDANE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PDANE_OUTBOX_MAX 8388608u    /* bytes that wait for one client */
#define PDANE_OUTBOX_FULL 262144u    /* of these, with which it is full */
#define PDANE_OUTBOX_STUCK_MS 10000u /* until a client that takes nothing is given up */

struct event_base;
struct pdane_outbox;

/*
 * fd is borrowed: non-blocking, SOCK_SEQPACKET. moved is called from the event loop, never from
 * inside another function here, when nothing waits any more (ok), and when the client is gone or
 * stuck (not ok: nothing is sent from then on). It may free the outbox. 0 or -ENOMEM.
 */
int pdane_outbox_new(struct event_base *base, int fd, void (*moved)(void *arg, bool ok), void *arg,
                     struct pdane_outbox **ret);
void pdane_outbox_free(struct pdane_outbox *o); /* NULL-safe */

/* 0; -ENOBUFS: too much waits already, the message is not sent; -EPIPE: the client is gone;
 * -ENOMEM.
 */
int pdane_outbox_put(struct pdane_outbox *o, const uint8_t *data, size_t len);
bool pdane_outbox_is_empty(const struct pdane_outbox *o);
/* So much waits that it is better to send more later. */
bool pdane_outbox_is_full(const struct pdane_outbox *o);

#endif
