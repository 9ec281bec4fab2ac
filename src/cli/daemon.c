/* SPDX-License-Identifier: BSD-3-Clause */
/* Connects, asks, reads until the end. Every wait has one. */
#include "cli/daemon.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/text.h"
#include "common/wire_fields.h"

#define FIRST_WORD_MS 3000
#define LONGEST_MS 60000 /* all of a reply that has an end */

static int fail(struct pdane_cli_conversation *c, int r, const char *what) __attribute__((nonnull));

static int
fail(struct pdane_cli_conversation *c, int r, const char *what)
{
        snprintf(c->error, sizeof(c->error), "%s", what);
        return r;
}

/* ---- connecting ---- */

static const char *
socket_path(void)
{
        const char *path = secure_getenv("P11_DANE_SOCKET");

        return path && *path ? path : PDANE_SOCKET_DEFAULT;
}

/* Is it root, ourselves, or whoever owns the directory that the socket lies in? */
static bool
is_believable(int fd, const char *path)
{
        char dir[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
        struct ucred cred;
        socklen_t len = sizeof(cred);
        struct stat st;
        char *slash;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
                return false;
        if (cred.uid == 0 || cred.uid == geteuid())
                return true;
        snprintf(dir, sizeof(dir), "%s", path);
        slash = strrchr(dir, '/');
        if (!slash || slash == dir)
                return false;
        *slash = '\0';
        return stat(dir, &st) == 0 && st.st_uid == cred.uid;
}

static int
open_socket(struct pdane_cli_conversation *c, int *ret_fd)
{
        const char *path = socket_path();
        struct sockaddr_un sun = {.sun_family = AF_UNIX};
        char shown[128];
        int fd;

        pdane_cli_show(path, shown, sizeof(shown));
        if (strlen(path) >= sizeof(sun.sun_path))
                return fail(c, -ENOTCONN, "the socket's path is too long");
        memcpy(sun.sun_path, path, strlen(path) + 1);
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return fail(c, -ENOTCONN, strerror(errno));
        if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
                snprintf(c->error, sizeof(c->error), "no daemon at %s: %s%s", shown,
                         strerror(errno),
                         strcmp(path, PDANE_SOCKET_DEFAULT) == 0
                                 ? "; \"p11-dane-admin status\" tells more"
                                 : "");
                close(fd);
                return -ENOTCONN;
        }
        if (!is_believable(fd, path)) {
                snprintf(c->error, sizeof(c->error), "%s: it belongs to another user", shown);
                close(fd);
                return -ENOTCONN;
        }
        *ret_fd = fd;
        return 0;
}

/* ---- the reply ---- */

struct reading {
        struct pdane_cli_conversation *c;
        int fd;
        uint8_t *buf;
        int64_t deadline_ms, last_ms;
};

/* One whole message, or why not. */
static int
receive(struct reading *rd, size_t *ret_len)
{
        struct pollfd pfd = {.fd = rd->fd, .events = POLLIN};
        ssize_t n;

        for (;;) {
                int64_t left = rd->deadline_ms - pdane_cli_now_ms();
                int r = poll(&pfd, 1, rd->c->endless ? -1 : left > 0 ? (int)left : 0);

                if (r > 0)
                        break;
                if (r < 0 && errno != EINTR)
                        return fail(rd->c, -EIO, strerror(errno));
                if (r == 0)
                        return fail(rd->c, -ETIMEDOUT, "the daemon does not answer");
        }
        n = recv(rd->fd, rd->buf, PDANE_WIRE_MAX_REPLY, MSG_TRUNC);
        if (n == 0)
                return fail(rd->c, -EREMOTEIO, "the daemon broke off");
        if (n < 0)
                return fail(rd->c, -EREMOTEIO, strerror(errno));
        if ((size_t)n > PDANE_WIRE_MAX_REPLY)
                return fail(rd->c, -EBADMSG, "the daemon's message is too long");
        *ret_len = (size_t)n;
        return 0;
}

static const char *
error_phrase(const char *word)
{
        if (strcmp(word, "busy") == 0)
                return "too many new lookups at once: try again in a moment";
        if (strcmp(word, "name") == 0)
                return "not a host name";
        if (strcmp(word, "version") == 0 || strcmp(word, "malformed") == 0)
                return "the daemon is of another version: restart it";
        return "the daemon failed";
}

static int
take_part(struct reading *rd, size_t len)
{
        struct pdane_part *p = malloc(sizeof(*p));
        int r = p ? pdane_part_decode(rd->buf, len, p) : -ENOMEM;

        if (r < 0)
                fail(rd->c, r, r == -ENOMEM ? "out of memory" : "the daemon's reply is broken");
        else
                r = rd->c->part(rd->c->arg, p);
        free(p);
        return r;
}

static int
take_pending(struct reading *rd, size_t len)
{
        uint32_t ms;

        if (pdane_pending_decode(rd->buf, len, &ms) < 0)
                return fail(rd->c, -EBADMSG, "the daemon's reply is broken");
        rd->deadline_ms = pdane_cli_now_ms() + ms;
        if (rd->deadline_ms > rd->last_ms)
                rd->deadline_ms = rd->last_ms;
        return 0;
}

/* 1 when it was the last one. */
static int
take_message(struct reading *rd, size_t len)
{
        uint8_t type = 0;
        char word[257] = "";
        int r = pdane_wire_type(rd->buf, len, &type);

        if (r < 0)
                return fail(rd->c, -EBADMSG, error_phrase("version"));
        switch (type) {
        case PDANE_CONTROL_PART:
                return take_part(rd, len);
        case PDANE_MESSAGE_PENDING:
                return take_pending(rd, len);
        case PDANE_CONTROL_END:
                return pdane_end_decode(rd->buf, len, &rd->c->number) < 0 ? -EBADMSG : 1;
        case PDANE_MESSAGE_ERROR:
                pdane_error_decode(rd->buf, len, word);
                return fail(rd->c, -EREMOTEIO, error_phrase(word));
        default:
                return fail(rd->c, -EBADMSG, "the daemon's reply is broken");
        }
}

static int
read_reply(struct reading *rd)
{
        size_t len = 0;
        int r = 0;

        while (r == 0) {
                r = receive(rd, &len);
                if (r == 0)
                        r = take_message(rd, len);
        }
        return r < 0 ? r : 0;
}

int
pdane_cli_converse(const struct pdane_control_request *rq, struct pdane_cli_conversation *c)
{
        uint8_t request[PDANE_WIRE_HEADER + 64 + PDANE_HINT_NAME_MAX];
        struct reading rd = {.c = c};
        size_t len = 0;
        int r = pdane_control_encode(rq, request, sizeof(request), &len);

        c->error[0] = '\0';
        if (r < 0)
                return fail(c, r, "the request cannot be made");
        r = open_socket(c, &rd.fd);
        if (r < 0)
                return r;
        rd.buf = malloc(PDANE_WIRE_MAX_REPLY);
        rd.last_ms = pdane_cli_now_ms() + LONGEST_MS;
        rd.deadline_ms = pdane_cli_now_ms() + FIRST_WORD_MS;
        if (!rd.buf)
                r = fail(c, -ENOMEM, "out of memory");
        else if (send(rd.fd, request, len, MSG_NOSIGNAL) < 0)
                r = fail(c, -EREMOTEIO, strerror(errno));
        else
                r = read_reply(&rd);
        free(rd.buf);
        close(rd.fd);
        return r;
}
