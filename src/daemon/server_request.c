/* SPDX-License-Identifier: BSD-3-Clause */
/* What a connection asks and is told. How it came, and how many there may be, is server.c's. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/wire_fields.h"
#include "daemon/answer.h"
#include "daemon/clock.h"
#include "daemon/clockwatch.h"
#include "daemon/hosts_share.h"
#include "daemon/publish.h"
#include "daemon/server_impl.h"

/* Added to the wait that a client is told of, for the way back. */
#define PENDING_MARGIN_MS 500u
/* Users below are the system's own. */
#define SYSTEM_UIDS 1000u

void
pdane_peer_log_bad(const struct pdane_peer *p, const char *what, int error)
{
        pdane_log(PDANE_LOG_WARNING, "event=bad-request uid=%u pid=%d what=%s errno=%d",
                  p->cred.uid, p->cred.pid, what, -error);
}

/* A client that does not take its answer at once (it has a buffer for it) does not get it. */
static void
send_to(const struct pdane_peer *p, const uint8_t *data, size_t len)
{
        if (send(p->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
                pdane_log(PDANE_LOG_DEBUG, "event=send-failed pid=%d errno=%d", p->cred.pid, errno);
}

/* An answer, with the table for who wants it. */
static void
send_answer(const struct pdane_peer *p, const uint8_t *data, size_t len)
{
        const struct pdane_publisher *table = p->server->env->publisher;
        union {
                struct cmsghdr head;
                uint8_t space[CMSG_SPACE(sizeof(int))];
        } control = {0};
        struct iovec iov = {(void *)(uintptr_t)data, len}; /* it is only read */
        struct msghdr m = {.msg_iov = &iov,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control};
        if (!p->wants_table || !table) {
                send_to(p, data, len);
                return;
        }
        const int fd = pdane_publisher_fd(table);
        control.head = (struct cmsghdr){
                .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
        /* Anybody can leave so many answers unread that the kernel passes no more descriptors. */
        if (sendmsg(p->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
                send_to(p, data, len);
}

static void
send_error(const struct pdane_peer *p, const char *text)
{
        uint8_t buf[512];
        size_t len;
        if (pdane_error_encode(text, buf, sizeof buf, &len) == 0)
                send_to(p, buf, len);
}

static void
send_done(const struct pdane_peer *p)
{
        uint8_t buf[64];
        size_t len;
        if (pdane_done_encode(buf, sizeof buf, &len) == 0)
                send_to(p, buf, len);
}

/* It has asked. One whose request was there at once has no event yet. */
static void
stop_idle(struct pdane_peer *p)
{
        if (p->idle)
                evtimer_del(p->idle);
}

/* It is told how long its answer may take, and may be silent until then. */
static void
keep_waiting(struct pdane_peer *p, uint32_t wait_ms)
{
        uint8_t *reply = p->server->reply;
        size_t len = 0;
        if (pdane_pending_encode(wait_ms + PENDING_MARGIN_MS, reply, sizeof p->server->reply,
                                 &len) == 0)
                send_to(p, reply, len);
        stop_idle(p);
}

static void
on_answer(void *arg, const uint8_t *reply, size_t len)
{
        struct pdane_peer *p = arg;
        p->waiting = NULL;
        if (len)
                send_answer(p, reply, len);
        else
                send_error(p, "internal");
        pdane_peer_free(p);
}

/* Returns whether the peer stays: because its question waits. */
static bool
ask(struct pdane_peer *p, const struct pdane_question *q)
{
        struct pdane_server *s = p->server;
        size_t len = 0;
        uint32_t wait_ms = 0;
        p->wants_table = q->wants_table;
        pdane_hosts_set_asker(s->env->hosts, p->cred.uid, PDANE_RUNS_PER_UID_MAX);
        int r = pdane_question_ask(s->env, p->cred.uid, q, s->reply, sizeof s->reply, &len,
                                   &p->waiting, &wait_ms, on_answer, p);
        pdane_hosts_set_asker(s->env->hosts, PDANE_ASKER_NOBODY, 0);
        if (r < 0) {
                pdane_log(PDANE_LOG_ERROR, "event=question-failed pid=%d errno=%d", p->cred.pid,
                          -r);
                send_error(p, "internal");
                return false;
        }
        if (!p->waiting) {
                send_answer(p, s->reply, len);
                return false;
        }
        keep_waiting(p, wait_ms);
        return true;
}

static void
on_hint_done(void *arg, const uint8_t *reply, size_t len)
{
        struct pdane_peer *p = arg;
        (void)reply;
        (void)len;
        p->waiting = NULL;
        send_done(p);
        pdane_peer_free(p);
}

/* What a caching name-service daemon asks, it asks for others. */
static bool
is_name_cache(const struct pdane_peer *p)
{
        char path[64], comm[32] = "";
        snprintf(path, sizeof path, "/proc/%d/comm", p->cred.pid);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return false;
        ssize_t n = read(fd, comm, sizeof comm - 1);
        close(fd);
        if (n > 0 && comm[n - 1] == '\n')
                comm[n - 1] = '\0';
        return strcmp(comm, "nscd") == 0 || strcmp(comm, "nsncd") == 0;
}

/* Only who may stand in for everyone is believed to be such a daemon: anybody can call a program
 * nscd. */
static uid_t
hint_uid(const struct pdane_peer *p)
{
        return p->cred.uid < SYSTEM_UIDS && is_name_cache(p) ? PDANE_HINT_EVERYONE : p->cred.uid;
}

/* Returns whether the peer stays. */
static bool
take_hint(struct pdane_peer *p, const struct pdane_hint *hint)
{
        struct pdane_server *s = p->server;
        struct pdane_name name;
        uint32_t wait_ms = 0;
        int r = pdane_host_parse((const char *)hint->name.data, hint->name.len, &name);
        pdane_hosts_set_asker(s->env->hosts, p->cred.uid, PDANE_RUNS_BY_HINT_MAX);
        if (r == 0)
                r = pdane_question_hint(s->env, hint_uid(p), &name, &p->waiting, &wait_ms,
                                        hint->wait ? on_hint_done : NULL, p);
        pdane_hosts_set_asker(s->env->hosts, PDANE_ASKER_NOBODY, 0);
        if (r < 0)
                pdane_log(PDANE_LOG_DEBUG, "event=hint-ignored pid=%d errno=%d", p->cred.pid, -r);
        if (!p->waiting) {
                if (hint->wait)
                        send_done(p);
                return false;
        }
        keep_waiting(p, wait_ms);
        return true;
}

/* For a program that [policy] denies: nothing is known, and nothing is looked up for it. */
static void
send_nothing(const struct pdane_peer *p)
{
        static const struct pdane_answer none = {.remember_s = PDANE_REMEMBER_NO_S};
        uint8_t buf[64];
        size_t len;
        if (pdane_answer_encode(&none, buf, sizeof buf, &len) == 0)
                send_to(p, buf, len);
}

/* ---- one function for each kind of request: whether the peer stays ---- */

static bool
take_question(struct pdane_peer *p, size_t len, int *ret_error)
{
        struct pdane_question q;
        *ret_error = pdane_question_decode(p->server->request, len, &q);
        if (*ret_error < 0)
                return false;
        if (pdane_access_program(p->server->env->access, p->cred.pid))
                return ask(p, &q);
        send_nothing(p);
        return false;
}

static bool
take_hint_request(struct pdane_peer *p, size_t len, int *ret_error)
{
        struct pdane_hint hint;
        *ret_error = pdane_hint_decode(p->server->request, len, &hint);
        if (*ret_error < 0)
                return false;
        if (pdane_ration_take(&p->server->ration, p->cred.uid, pdane_clock_ms()) &&
            pdane_access_program(p->server->env->access, p->cred.pid))
                return take_hint(p, &hint);
        if (hint.wait)
                send_done(p);
        return false;
}

static void
on_moved(void *arg, bool ok)
{
        struct pdane_peer *p = arg;
        if (!ok || p->ended)
                pdane_peer_free(p);
}

static void
control_send(void *arg, const uint8_t *data, size_t len)
{
        struct pdane_peer *p = arg;
        int r = pdane_outbox_put(p->outbox, data, len);
        if (r < 0)
                pdane_log(PDANE_LOG_DEBUG, "event=send-failed pid=%d errno=%d", p->cred.pid, -r);
}

/* From inside pdane_control_start, or from the event loop with the work done: then the peer goes
 * once the event loop is back. */
static void
control_end(void *arg)
{
        struct pdane_peer *p = arg;
        p->ended = true;
        if (p->work)
                event_active(p->idle, EV_TIMEOUT, 0);
}

static bool
control_full(void *arg)
{
        const struct pdane_peer *p = arg;
        return pdane_outbox_is_full(p->outbox);
}

static size_t
controls_of(const struct pdane_server *s, uid_t uid)
{
        const struct pdane_peer *p;
        size_t n = 0;
        LIST_FOREACH (p, &s->peers, entries)
                n += p->outbox && p->cred.uid == uid;
        return n;
}

static bool
take_control(struct pdane_peer *p, size_t len, int *ret_error)
{
        struct pdane_server *s = p->server;
        const struct pdane_sink sink = {control_send, control_end, p, control_full};
        struct pdane_control_request rq;
        *ret_error = pdane_control_decode(s->request, len, &rq);
        if (*ret_error < 0)
                return false;
        if (!s->control || controls_of(s, p->cred.uid) >= PDANE_CONTROLS_PER_UID_MAX) {
                send_error(p, "busy");
                return false;
        }
        int r = pdane_outbox_new(s->env->base, p->fd, on_moved, p, &p->outbox);
        pdane_hosts_set_asker(s->env->hosts, p->cred.uid, PDANE_RUNS_PER_UID_MAX);
        if (r == 0)
                r = pdane_control_start(s->control, p->cred.uid, &rq, &sink, &p->work);
        pdane_hosts_set_asker(s->env->hosts, PDANE_ASKER_NOBODY, 0);
        if (r < 0) {
                send_error(p, "internal");
                return false;
        }
        stop_idle(p);
        return !p->ended || !pdane_outbox_is_empty(p->outbox);
}

static const struct {
        bool (*take)(struct pdane_peer *p, size_t len, int *ret_error);
} requests[] = {
        [PDANE_MESSAGE_QUESTION] = {take_question}, [PDANE_MESSAGE_HINT] = {take_hint_request},
        [PDANE_CONTROL_CHECK] = {take_control},     [PDANE_CONTROL_STATUS] = {take_control},
        [PDANE_CONTROL_LIST] = {take_control},      [PDANE_CONTROL_FLUSH] = {take_control},
        [PDANE_CONTROL_WATCH] = {take_control},
};

static bool
on_request(struct pdane_peer *p, size_t len)
{
        struct pdane_server *s = p->server;
        uint8_t type = 0;
        bool stays = false;
        pdane_publisher_heard(s->env->publisher);
        pdane_clockwatch_check(s->env->clockwatch);
        int r = pdane_wire_type(s->request, len, &type);
        if (r == 0 && (type >= sizeof requests / sizeof *requests || !requests[type].take))
                r = -EBADMSG;
        if (r == 0)
                stays = requests[type].take(p, len, &r);
        if (r < 0) {
                pdane_peer_log_bad(p, r == -EPROTONOSUPPORT ? "version" : "malformed", r);
                send_error(p, r == -EPROTONOSUPPORT ? "version" : "malformed");
        }
        return stays;
}

bool
pdane_peer_take(struct pdane_peer *p, ssize_t n)
{
        if (n > 0 && (p->waiting || p->outbox))
                pdane_peer_log_bad(p, "second-request", -EPROTO);
        else if (n > (ssize_t)PDANE_WIRE_MAX_REQUEST)
                pdane_peer_log_bad(p, "too-long", -EMSGSIZE);
        else if (n > 0)
                return on_request(p, (size_t)n);
        return false;
}
