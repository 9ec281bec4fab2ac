/* SPDX-License-Identifier: BSD-3-Clause */
/* The plugin's side of the conversation. What came of the lookup is nobody's business here. */
#include "tell.h"

#include <errno.h>
#include <sys/socket.h>

#include "channel.h"
#include "clock.h"
#include "common/table.h"
#include "nsswitch_limits.h"

/*
 * A hint must be known to the daemon before the program can ask about a certificate: the PKCS#11
 * module may find in the daemon's table that nothing is to be asked for. So even who does not wait
 * for the lookup waits until the daemon has hung up, and for a daemon that hangs as long as its
 * table may be believed.
 */
_Static_assert(PDANE_TAKEN_MS >= PDANE_TABLE_HORIZON_MS, "the table outlives the wait");

/* A header, the name and the flag, each with tag and length. */
#define HINT_MAX (PDANE_WIRE_HEADER + 4u + PDANE_HINT_NAME_MAX + 4u + 1u)

static int
receive(int fd, uint64_t deadline_ms, uint8_t *buf, size_t cap, size_t *ret_len)
{
        ssize_t n;

        do {
                int r = pdane_channel_wait(fd, deadline_ms);

                if (r < 0)
                        return r;
                n = recv(fd, buf, cap, MSG_TRUNC | MSG_DONTWAIT);
        } while (n < 0 && (errno == EINTR || errno == EAGAIN));
        if (n < 0)
                return -errno;
        if (n == 0)
                return -ECONNRESET;
        if ((size_t)n > cap)
                return -EMSGSIZE;
        *ret_len = (size_t)n;
        return 0;
}

/* Reads one message. 1 when the lookup is done; 0 when the daemon asks for patience. */
static int
take_message(int fd, uint64_t last_ms, uint64_t *deadline_ms)
{
        uint8_t buf[PDANE_TELL_REPLY_MAX];
        enum pdane_message type;
        size_t len = 0;
        int r = receive(fd, *deadline_ms, buf, sizeof(buf), &len);

        if (r < 0)
                return r;
        r = pdane_message_type(buf, len, &type);
        if (r < 0)
                return r;
        if (type == PDANE_MESSAGE_DONE)
                return 1;
        if (type == PDANE_MESSAGE_PENDING)
                return pdane_channel_pending(buf, len, last_ms, deadline_ms);
        return -EBADMSG;
}

static int
await_done(int fd, uint64_t deadline_ms, uint64_t last_ms)
{
        int r = 0;

        for (unsigned i = 0; r == 0 && i < PDANE_REPLIES_MAX; i++)
                r = take_message(fd, last_ms, &deadline_ms);
        if (r == 0)
                return -EBADMSG;
        if (r == -ETIMEDOUT && deadline_ms == last_ms)
                return -ETIME;
        return r < 0 ? r : 0;
}

int
pdane_tell(const char *path, const struct pdane_hint *hint)
{
        uint64_t start_ms = pdane_clock_now_ms();
        uint64_t deadline_ms = start_ms + (hint->wait ? PDANE_FIRST_WORD_MS : PDANE_TELL_MS);
        __attribute__((cleanup(pdane_channel_close))) int fd = -1;
        uint8_t message[HINT_MAX];
        size_t len = 0;
        int r = pdane_hint_encode(hint, message, sizeof(message), &len);

        if (r == 0)
                r = pdane_channel_open(path, deadline_ms, &fd);
        if (r == 0)
                r = pdane_channel_send(fd, message, len, deadline_ms);
        if (r < 0)
                return r;
        if (!hint->wait)
                return pdane_channel_wait(fd, start_ms + PDANE_TAKEN_MS);
        return await_done(fd, deadline_ms, start_ms + PDANE_TELL_TOTAL_MS);
}
