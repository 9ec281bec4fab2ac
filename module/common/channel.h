/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection to the daemon, within deadlines: connect, check who listens, send, wait. Knows what
 * messages say only as far as PENDING moves a deadline. Keeps nothing between calls: any number of
 * threads, no lock. Deadlines are milliseconds since boot (clock.h); errors are negative errno.
 */
#ifndef PDANE_CHANNEL_H
#define PDANE_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

/* Where the daemon listens: P11_DANE_SOCKET unless set-user-ID, else the default. Never empty. The
 * caller copies what it keeps. */
const char *pdane_channel_path(void);

/*
 * Connects to the socket at path and checks whose it is. The descriptor is the caller's, closed on
 * exec. Blocks through signals. 0; -ETIMEDOUT when nobody accepted in time; -EPERM when the
 * socket's owner is none we may believe; -ENAMETOOLONG; else what socket(2) or connect(2) say.
 */
int pdane_channel_open(const char *path, uint64_t deadline_ms, int *ret_fd);

/* Sends one message. Raises no SIGPIPE. 0; -ETIMEDOUT; what send(2) says. */
int pdane_channel_send(int fd, const uint8_t *data, size_t len, uint64_t deadline_ms);

/* Waits until there is something to receive. 0; -ETIMEDOUT; what poll(2) says. */
int pdane_channel_wait(int fd, uint64_t deadline_ms);

/*
 * Reads a PENDING message: *deadline_ms becomes the end of the time that it asks for, never past
 * last_ms. 0; -EBADMSG and the like, with the deadline untouched.
 */
int pdane_channel_pending(const uint8_t *data, size_t len, uint64_t last_ms, uint64_t *deadline_ms);

/* Closes *fd when it is one; for cleanup attributes. */
void pdane_channel_close(const int *fd);

#endif
