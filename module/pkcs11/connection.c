/* SPDX-License-Identifier: BSD-3-Clause */
/* One conversation. Knows messages by type only, never what they say. */
#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "clock.h"
#include "common/wire.h"
#include "module_limits.h"

void
pdane_reply_free(struct pdane_reply *reply)
{
        free(reply->data);
        if (reply->table_fd > 0)
                (void)close(reply->table_fd);
        *reply = (struct pdane_reply){0};
}

/*
 * The descriptor that came with a message, or 0. There is room for one, to the byte: the kernel
 * closes the others. The number 0 says nothing, in case a program has closed its own.
 */
static int
take_descriptor(struct msghdr *m)
{
        const struct cmsghdr *c = CMSG_FIRSTHDR(m);
        int fd;

        if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
            c->cmsg_len != CMSG_LEN(sizeof(fd)))
                return 0;
        memcpy(&fd, CMSG_DATA(c), sizeof(fd));
        if (fd == 0)
                (void)close(fd);
        return fd;
}

/* recv() for a message that may bring a descriptor. */
static ssize_t
receive_with_descriptor(int fd, uint8_t *data, size_t len, int *ret_fd)
{
        union {
                struct cmsghdr head;
                uint8_t space[CMSG_SPACE(sizeof(int))];
        } control = {0};
        struct iovec iov = {data, len};
        struct msghdr m = {.msg_iov = &iov,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = CMSG_LEN(sizeof(int))};
        ssize_t got = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

        *ret_fd = got < 0 ? 0 : take_descriptor(&m);
        return got;
}

/* Receives one whole message of any type. The kernel tells its length before there is room for it.
 */
static int
receive(int fd, uint64_t deadline_ms, struct pdane_reply *ret)
{
        struct pdane_reply reply;
        uint8_t *data;
        ssize_t n, got;
        int r;

        do {
                r = pdane_channel_wait(fd, deadline_ms);
                if (r < 0)
                        return r;
                /* cppcheck-suppress nullPointer ; no byte is read */
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
        reply = (struct pdane_reply){.data = data, .len = (size_t)n};
        got = receive_with_descriptor(fd, data, (size_t)n, &reply.table_fd);
        if (got != n) {
                r = got < 0 ? -errno : -EBADMSG;
                pdane_reply_free(&reply);
                return r;
        }
        *ret = reply;
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
                return pdane_channel_pending(reply.data, reply.len, last_ms, deadline_ms);
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
        __attribute__((cleanup(pdane_channel_close))) int fd = -1;
        int r = pdane_channel_open(o->path, deadline_ms, &fd);

        if (r == 0)
                r = pdane_channel_send(fd, request, len, deadline_ms);
        for (unsigned i = 0; r == 0 && i < PDANE_REPLIES_MAX; i++)
                r = take_message(fd, last_ms, &deadline_ms, ret_reply);
        if (r == 0)
                return -EBADMSG;
        return r < 0 ? r : 0;
}
