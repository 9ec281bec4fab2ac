/* SPDX-License-Identifier: BSD-3-Clause */
/* The socket: connect, check who listens, send, wait. Knows messages by type only, never what they
 * say. */
#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "common/wire.h"
#include "module_limits.h"

static void
close_fd(const int *fd)
{
        if (*fd >= 0)
                close(*fd);
}

/* The descriptor, which is the caller's from now on. */
static int
take_fd(int *fd)
{
        int taken = *fd;

        *fd = -1;
        return taken;
}

void
pdane_reply_free(struct pdane_reply *reply)
{
        free(reply->data);
        *reply = (struct pdane_reply){0};
}

/* Milliseconds until the deadline, 0 when it has passed. */
static uint32_t
left_ms(uint64_t deadline_ms)
{
        uint64_t now = pdane_clock_now_ms();

        return deadline_ms > now ? (uint32_t)(deadline_ms - now) : 0;
}

/* Bounds the next connect or send: both may block on a daemon that does not accept. */
static int
bound_sending(int fd, uint64_t deadline_ms)
{
        uint32_t left = left_ms(deadline_ms);
        struct timeval tv = {.tv_sec = left / 1000, .tv_usec = (suseconds_t)(left % 1000) * 1000};

        if (left == 0)
                return -ETIMEDOUT;
        return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) < 0 ? -errno : 0;
}

/* The error of a connect or send; a full queue that did not move in time is silence. */
static int
sending_error(void)
{
        return errno == EAGAIN || errno == EWOULDBLOCK ? -ETIMEDOUT : -errno;
}

/*
 * Whom we believe: root, ourselves, and the user who owns the directory that the socket is in,
 * which is how the daemon's own user is known without a look-up of names. Anyone else could only
 * have put a socket there where anyone may.
 */
static int
check_peer(int fd, const char *path)
{
        char directory[sizeof(((struct sockaddr_un *)0)->sun_path)];
        struct ucred peer;
        socklen_t len = sizeof(peer);
        struct stat st;
        char *slash;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || len != sizeof(peer))
                return -EPERM;
        if (peer.uid == 0 || peer.uid == geteuid())
                return 0;
        memcpy(directory, path, strlen(path) + 1);
        slash = strrchr(directory, '/');
        if (!slash || slash == directory)
                return -EPERM;
        *slash = '\0';
        return stat(directory, &st) == 0 && st.st_uid == peer.uid ? 0 : -EPERM;
}

static int
open_socket(const char *path, uint64_t deadline_ms, int *ret_fd)
{
        __attribute__((cleanup(close_fd))) int fd = -1;
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        size_t n = strlen(path);
        int r;

        if (n == 0 || n >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, n + 1);
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        do {
                r = bound_sending(fd, deadline_ms);
                if (r < 0)
                        return r;
                r = connect(fd, (const struct sockaddr *)&address, sizeof(address));
        } while (r < 0 && errno == EINTR);
        if (r < 0)
                return sending_error();
        r = check_peer(fd, path);
        if (r < 0)
                return r;
        *ret_fd = take_fd(&fd);
        return 0;
}

static int
send_request(int fd, const uint8_t *request, size_t len, uint64_t deadline_ms)
{
        ssize_t n;

        do {
                int r = bound_sending(fd, deadline_ms);

                if (r < 0)
                        return r;
                n = send(fd, request, len, MSG_NOSIGNAL);
        } while (n < 0 && errno == EINTR);
        if (n < 0)
                return sending_error();
        return (size_t)n == len ? 0 : -EMSGSIZE;
}

static int
wait_readable(int fd, uint64_t deadline_ms)
{
        for (;;) {
                struct pollfd p = {.fd = fd, .events = POLLIN};
                uint32_t left = left_ms(deadline_ms);
                int r = poll(&p, 1, (int)left);

                if (r > 0)
                        return 0;
                if (r == 0 && left == 0)
                        return -ETIMEDOUT;
                if (r < 0 && errno != EINTR)
                        return -errno;
        }
}

/* Receives one whole message of any type. The kernel tells its length before there is room for it.
 */
static int
receive(int fd, uint64_t deadline_ms, struct pdane_reply *ret)
{
        uint8_t *data;
        ssize_t n, got;
        int r;

        do {
                r = wait_readable(fd, deadline_ms);
                if (r < 0)
                        return r;
                n = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
        } while (n < 0 && (errno == EINTR || errno == EAGAIN));
        if (n < 0)
                return -errno;
        if (n == 0)
                return -ECONNRESET;
        if ((size_t)n > PDANE_WIRE_MAX_REPLY)
                return -EMSGSIZE;
        data = malloc((size_t)n);
        if (!data)
                return -ENOMEM;
        got = recv(fd, data, (size_t)n, MSG_DONTWAIT);
        if (got != n) {
                free(data);
                return got < 0 ? -errno : -EBADMSG;
        }
        *ret = (struct pdane_reply){data, (size_t)n};
        return 0;
}

/*
 * Reads one message. 1 when it is the answer; 0 when the daemon asks for patience, *deadline_ms
 * moved accordingly, never past last_ms.
 */
static int
take_message(int fd, uint64_t last_ms, uint64_t *deadline_ms, struct pdane_reply *ret_reply)
{
        __attribute__((cleanup(pdane_reply_free))) struct pdane_reply reply = {0};
        enum pdane_message type;
        uint32_t wait_ms;
        uint64_t until;
        int r = receive(fd, *deadline_ms, &reply);

        if (r < 0)
                return r;
        r = pdane_message_type(reply.data, reply.len, &type);
        if (r < 0)
                return r;
        switch (type) {
        case PDANE_MESSAGE_ANSWER:
                *ret_reply = reply;
                reply = (struct pdane_reply){0};
                return 1;
        case PDANE_MESSAGE_PENDING:
                r = pdane_pending_decode(reply.data, reply.len, &wait_ms);
                if (r < 0)
                        return r;
                until = pdane_clock_now_ms() + wait_ms + PDANE_PENDING_GRACE_MS;
                *deadline_ms = until < last_ms ? until : last_ms;
                return 0;
        case PDANE_MESSAGE_ERROR:
                return -EREMOTEIO;
        case PDANE_MESSAGE_QUESTION:
        case PDANE_MESSAGE_HINT:
        case PDANE_MESSAGE_DONE:
                break;
        }
        return -EBADMSG;
}

int
pdane_connection_ask(const struct pdane_connection_options *o, const uint8_t *request, size_t len,
                     struct pdane_reply *ret_reply)
{
        uint64_t start_ms = pdane_clock_now_ms();
        uint64_t last_ms = start_ms + o->total_ms;
        uint64_t deadline_ms = start_ms + o->first_word_ms;
        __attribute__((cleanup(close_fd))) int fd = -1;
        int r = open_socket(o->path, deadline_ms, &fd);

        if (r == 0)
                r = send_request(fd, request, len, deadline_ms);
        for (unsigned i = 0; r == 0 && i < PDANE_REPLIES_MAX; i++)
                r = take_message(fd, last_ms, &deadline_ms, ret_reply);
        if (r == 0)
                return -EBADMSG;
        return r < 0 ? r : 0;
}
