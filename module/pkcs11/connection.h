/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One question to the daemon and its final reply, over a connection of its own, within a deadline.
 * Keeps nothing between calls: any number of threads, no lock.
 */
#ifndef PDANE_CONNECTION_H
#define PDANE_CONNECTION_H

#include <stddef.h>
#include <stdint.h>

struct pdane_connection_options {
        const char *path;       /* of the daemon's socket */
        uint32_t first_word_ms; /* until its first message */
        uint32_t total_ms;      /* until its final message, whatever it announces in between */
};

/* A whole message that the caller frees with pdane_reply_free(). */
struct pdane_reply {
        uint8_t *data;
        size_t len;
        int table_fd; /* a descriptor that came with it, closed on exec; 0: none */
};

/* Frees what the reply holds. Zeroed replies are fine. */
void pdane_reply_free(struct pdane_reply *reply);

/*
 * Sends request (one encoded message) and waits for the ANSWER, which is returned undecoded.
 * Blocks, at most total_ms, through signals. 0; -ETIMEDOUT when the daemon kept silent past what it
 * was given; -EPERM when the socket's owner is none we may believe; -EREMOTEIO for an ERROR
 * message; -EBADMSG, -EPROTONOSUPPORT, -EMSGSIZE for a bad reply; -ECONNRESET when the daemon hung
 * up; -ENOMEM, -EMFILE and the like when the process is short of something; otherwise what
 * connect(2) or send(2) say.
 */
int pdane_connection_ask(const struct pdane_connection_options *o, const uint8_t *request,
                         size_t len, struct pdane_reply *ret_reply);

#endif
