/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients come, ask once, are answered once, and go. */
#include "daemon/server.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/server_impl.h"

/* After running out of descriptors. */
#define ACCEPT_PAUSE_MS 200
/* Connections taken, and requests answered, in one turn of the event loop: DNS and servers have
 * their turn after that many, however many more have come. */
#define ACCEPT_AT_ONCE 16u

static void
forget_events(struct pdane_peer *p)
{
        if (p->readable)
                event_free(p->readable);
        if (p->idle)
                event_free(p->idle);
        p->readable = p->idle = NULL;
}

static void
remove_from_list(struct pdane_peer *p)
{
        struct pdane_server *s = p->server;
        LIST_REMOVE(p, entries);
        pdane_tally_remove(&s->tally, p->cred.uid);
        if (s->n_peers-- == PDANE_PEERS_MAX)
                event_add(s->acceptable, NULL);
}

void
pdane_peer_free(struct pdane_peer *p)
{
        pdane_waiting_cancel(p->waiting);
        pdane_control_cancel(p->work);
        pdane_outbox_free(p->outbox);
        forget_events(p);
        close(p->fd);
        if (p->listed)
                remove_from_list(p);
        free(p);
}

/* ---- those that stay ---- */

/* Returns whether there was anything to take; otherwise it is to be waited for. */
static bool
receive(struct pdane_peer *p, ssize_t *ret_n)
{
        struct pdane_server *s = p->server;
        *ret_n = recv(p->fd, s->request, sizeof s->request, MSG_DONTWAIT | MSG_TRUNC);
        return *ret_n >= 0 || (errno != EAGAIN && errno != EINTR);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_peer *p = arg;
        ssize_t n;
        (void)fd;
        (void)what;
        if (receive(p, &n) && !pdane_peer_take(p, n))
                pdane_peer_free(p);
}

/* Too long without a request; or a request of the command line's has been answered. */
static void
on_idle(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_peer *p = arg;
        (void)fd;
        (void)what;
        if (p->ended && !pdane_outbox_is_empty(p->outbox)) {
                pdane_control_cancel(p->work);
                p->work = NULL;
                return;
        }
        if (!p->ended)
                pdane_peer_log_bad(p, "silent", -ETIMEDOUT);
        pdane_peer_free(p);
}

/* It is waited for: for its request, or while its answer takes time. */
static int
keep(struct pdane_peer *p)
{
        const struct timeval idle = {PDANE_PEER_IDLE_MS / 1000, (PDANE_PEER_IDLE_MS % 1000) * 1000};
        struct pdane_server *s = p->server;
        bool has_asked = p->waiting || p->outbox;
        p->readable = event_new(s->env->base, p->fd, EV_READ | EV_PERSIST, on_readable, p);
        p->idle = evtimer_new(s->env->base, on_idle, p);
        if (!p->readable || !p->idle || event_add(p->readable, NULL) < 0 ||
            (!has_asked && evtimer_add(p->idle, &idle) < 0))
                return -ENOMEM;
        LIST_INSERT_HEAD(&s->peers, p, entries);
        p->listed = true;
        pdane_tally_add(&s->tally, p->cred.uid);
        if (++s->n_peers == PDANE_PEERS_MAX)
                event_del(s->acceptable);
        return 0;
}

/* ---- accepting ---- */

/*
 * Only while there are more places left than the user has: however many users take all they can, as
 * many as any of them has are left for the next.
 */
static bool
has_room_for(const struct pdane_server *s, uid_t uid)
{
        unsigned has = pdane_tally_of(&s->tally, uid);
        return has < PDANE_PEERS_PER_UID_MAX && has + s->n_peers < PDANE_PEERS_MAX;
}

/* Takes fd. Most have asked by the time that they are accepted, and are gone with their answer. */
static int
begin(struct pdane_server *s, int fd)
{
        struct pdane_peer fresh = {.server = s, .fd = fd}, *p;
        socklen_t len = sizeof fresh.cred;
        ssize_t n;
        int r = 0;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &fresh.cred, &len) < 0)
                r = -errno;
        else if (!has_room_for(s, fresh.cred.uid))
                r = -EUSERS;
        p = r == 0 ? malloc(sizeof *p) : NULL;
        if (!p) {
                close(fd);
                return r < 0 ? r : -ENOMEM;
        }
        *p = fresh;
        if (!receive(p, &n) || pdane_peer_take(p, n))
                r = keep(p);
        else
                r = 1;
        if (r != 0)
                pdane_peer_free(p);
        return r < 0 ? r : 0;
}

static void
pause_accepting(struct pdane_server *s)
{
        const struct timeval tv = {0, ACCEPT_PAUSE_MS * 1000};
        pdane_log(PDANE_LOG_WARNING, "event=accept-paused errno=%d", errno);
        event_del(s->acceptable);
        evtimer_add(s->resume, &tv);
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_server *s = arg;
        (void)fd;
        (void)what;
        if (s->n_peers < PDANE_PEERS_MAX)
                event_add(s->acceptable, NULL);
}

/* Returns whether to go on. */
static bool
accept_one(struct pdane_server *s, int listener)
{
        /* cppcheck-suppress nullPointer ; accept(2) takes it */
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
                if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
                        pause_accepting(s);
                return false;
        }
        int r = begin(s, fd);
        if (r < 0)
                pdane_log(PDANE_LOG_WARNING, "event=client-refused errno=%d", -r);
        return s->n_peers < PDANE_PEERS_MAX;
}

/* Several at a time: a queue of requests that are quickly dealt with must not grow for want of
 * turns. */
static void
on_acceptable(evutil_socket_t listener, short what, void *arg)
{
        struct pdane_server *s = arg;
        (void)what;
        for (unsigned i = 0; i < ACCEPT_AT_ONCE; i++)
                if (!accept_one(s, listener))
                        return;
}

int
pdane_server_new(int fd, const struct pdane_question_env *env, struct pdane_control_env *control,
                 struct pdane_server **ret)
{
        struct pdane_server *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->fd = fd;
        s->env = env;
        s->control = control;
        pdane_tally_init(&s->tally, s->users, PDANE_PEERS_MAX);
        LIST_INIT(&s->peers);
        s->acceptable = event_new(env->base, fd, EV_READ | EV_PERSIST, on_acceptable, s);
        s->resume = evtimer_new(env->base, on_resume, s);
        if (!s->acceptable || !s->resume || event_add(s->acceptable, NULL) < 0) {
                if (s->acceptable)
                        event_free(s->acceptable);
                if (s->resume)
                        event_free(s->resume);
                free(s);
                return -ENOMEM;
        }
        *ret = s;
        return 0;
}

void
pdane_server_free(struct pdane_server *s)
{
        if (!s)
                return;
        while (!LIST_EMPTY(&s->peers))
                /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it takes the peer off the list */
                pdane_peer_free(LIST_FIRST(&s->peers));
        event_free(s->acceptable);
        event_free(s->resume);
        close(s->fd);
        free(s);
}
