/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads until the socket has no more before it does anything else: what came too early is then
 * seen as such, also what was sent in clear between the server's go-ahead and the handshake.
 */
#include "daemon/probe_starttls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static enum pdane_starttls_state
failed(const char *what, char *why, size_t cap)
{
        snprintf(why, cap, "starttls: %s", what);
        return PDANE_STARTTLS_FAILED;
}

/* What has come. The dialogue's limit of bytes bounds it. NULL, or what went wrong. */
static const char *
hear(struct pdane_starttls *s, int fd)
{
        uint8_t buf[2048];
        for (;;) {
                ssize_t n = recv(fd, buf, sizeof buf, 0);
                if (n == 0)
                        return "connection closed";
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return errno == EAGAIN ? NULL : strerror(errno);
                if (pdane_starttls_feed(s, buf, (size_t)n) == PDANE_STARTTLS_FAILED)
                        return s->why;
        }
}

/* What is to be said, until that is all or the socket takes no more. */
static const char *
speak(struct pdane_starttls *s, int fd)
{
        while (s->state == PDANE_STARTTLS_SEND) {
                ssize_t n = send(fd, s->out, s->out_len, MSG_NOSIGNAL);
                if (n >= 0)
                        pdane_starttls_sent(s, (size_t)n);
                else if (errno != EINTR)
                        return errno == EAGAIN ? NULL : strerror(errno);
        }
        return NULL;
}

enum pdane_starttls_state
pdane_starttls_step(struct pdane_starttls *s, int fd, char *why, size_t cap)
{
        if (s->state == PDANE_STARTTLS_FAILED)
                return failed(s->why, why, cap);
        const char *what = hear(s, fd);
        if (!what)
                what = speak(s, fd);
        return what ? failed(what, why, cap) : s->state;
}
