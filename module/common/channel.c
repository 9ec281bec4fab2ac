/* SPDX-License-Identifier: BSD-3-Clause */
/* The socket. What is said over it is for connection.c and tell.c to know. */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "channel_limits.h"
#include "clock.h"
#include "common/wire.h"

void
pdane_channel_close(const int *fd)
{
        if (*fd >= 0)
                close(*fd);
}

const char *
pdane_channel_path(void)
{
        const char *path = secure_getenv("P11_DANE_SOCKET");

        return path && *path ? path : PDANE_SOCKET_DEFAULT;
}

/* The descriptor, which is the caller's from now on. */
static int
take_fd(int *fd)
{
        int taken = *fd;

        *fd = -1;
        return taken;
}

/*
 * A program that has closed its standard input or output goes on writing there from other threads:
 * that must not become our conversation.
 */
static int
new_socket(void)
{
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        int moved;

        if (fd < 0 || fd > STDERR_FILENO)
                return fd;
        moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        pdane_channel_close(&fd);
        return moved;
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

int
pdane_channel_open(const char *path, uint64_t deadline_ms, int *ret_fd)
{
        __attribute__((cleanup(pdane_channel_close))) int fd = -1;
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        size_t n = strlen(path);
        int r;

        if (n == 0 || n >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, n + 1);
        fd = new_socket();
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

int
pdane_channel_send(int fd, const uint8_t *data, size_t len, uint64_t deadline_ms)
{
        ssize_t n;

        /* A connection that is new has room: a process that was kept waiting so far still says
         * what it came for. */
        do {
                n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        } while (n < 0 && errno == EINTR);
        while (n < 0 && (errno == EAGAIN || errno == EINTR)) {
                int r = bound_sending(fd, deadline_ms);

                if (r < 0)
                        return r;
                n = send(fd, data, len, MSG_NOSIGNAL);
                if (n < 0 && errno == EAGAIN)
                        break;
        }
        if (n < 0)
                return sending_error();
        return (size_t)n == len ? 0 : -EMSGSIZE;
}

int
pdane_channel_wait(int fd, uint64_t deadline_ms)
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

int
pdane_channel_pending(const uint8_t *data, size_t len, uint64_t last_ms, uint64_t *deadline_ms)
{
        uint32_t wait_ms;
        uint64_t until;
        int r = pdane_pending_decode(data, len, &wait_ms);

        if (r < 0)
                return r;
        until = pdane_clock_now_ms() + wait_ms + PDANE_PENDING_GRACE_MS;
        *deadline_ms = until < last_ms ? until : last_ms;
        return 0;
}
