/* SPDX-License-Identifier: BSD-3-Clause */
/* A queue in front of a socket. */
#include "daemon/outbox.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

struct message {
        STAILQ_ENTRY(message) entries;
        size_t len;
        uint8_t data[];
};

struct pdane_outbox {
        int fd;
        struct event *writable;
        STAILQ_HEAD(, message) queue;
        size_t bytes;
        bool broken;
        void (*moved)(void *arg, bool ok);
        void *arg;
};

static void
drop_all(struct pdane_outbox *o)
{
        while (!STAILQ_EMPTY(&o->queue)) {
                struct message *m = STAILQ_FIRST(&o->queue);
                STAILQ_REMOVE_HEAD(&o->queue, entries);
                free(m);
        }
        o->bytes = 0;
}

/* 0, -EAGAIN, or what ends it. */
static int
try_send(struct pdane_outbox *o, const uint8_t *data, size_t len)
{
        if (send(o->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
                return 0;
        if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
                return -EAGAIN;
        o->broken = true;
        return -EPIPE;
}

static void
wait_for_room(struct pdane_outbox *o)
{
        const struct timeval tv = {PDANE_OUTBOX_STUCK_MS / 1000,
                                   (PDANE_OUTBOX_STUCK_MS % 1000) * 1000L};
        event_add(o->writable, &tv);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_outbox *o = arg;
        (void)fd;
        if (what & EV_TIMEOUT)
                o->broken = true;
        while (!o->broken && !STAILQ_EMPTY(&o->queue)) {
                struct message *m = STAILQ_FIRST(&o->queue);
                if (try_send(o, m->data, m->len) == -EAGAIN) {
                        wait_for_room(o);
                        return;
                }
                STAILQ_REMOVE_HEAD(&o->queue, entries);
                o->bytes -= m->len;
                free(m);
        }
        if (o->broken)
                drop_all(o);
        o->moved(o->arg, !o->broken);
}

int
pdane_outbox_put(struct pdane_outbox *o, const uint8_t *data, size_t len)
{
        if (o->broken)
                return -EPIPE;
        if (STAILQ_EMPTY(&o->queue)) {
                int r = try_send(o, data, len);
                if (r != -EAGAIN)
                        return r;
        }
        if (len > PDANE_OUTBOX_MAX - o->bytes)
                return -ENOBUFS;
        struct message *m = malloc(sizeof *m + len);
        if (!m)
                return -ENOMEM;
        m->len = len;
        memcpy(m->data, data, len);
        if (STAILQ_EMPTY(&o->queue))
                wait_for_room(o);
        STAILQ_INSERT_TAIL(&o->queue, m, entries);
        o->bytes += len;
        return 0;
}

bool
pdane_outbox_is_empty(const struct pdane_outbox *o)
{
        return STAILQ_EMPTY(&o->queue);
}

bool
pdane_outbox_is_full(const struct pdane_outbox *o)
{
        return o->bytes >= PDANE_OUTBOX_FULL;
}

int
pdane_outbox_new(struct event_base *base, int fd, void (*moved)(void *arg, bool ok), void *arg,
                 struct pdane_outbox **ret)
{
        struct pdane_outbox *o = calloc(1, sizeof *o);
        if (!o)
                return -ENOMEM;
        o->fd = fd;
        o->moved = moved;
        o->arg = arg;
        STAILQ_INIT(&o->queue);
        o->writable = event_new(base, fd, EV_WRITE, on_writable, o);
        if (!o->writable) {
                free(o);
                return -ENOMEM;
        }
        *ret = o;
        return 0;
}

void
pdane_outbox_free(struct pdane_outbox *o)
{
        if (!o)
                return;
        drop_all(o);
        event_free(o->writable);
        free(o);
}
