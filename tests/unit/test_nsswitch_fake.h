/* SPDX-License-Identifier: BSD-3-Clause */
/* A daemon for the plugin's tests: a thread that reads hints and says what the test wants. */
#ifndef PDANE_TEST_NSSWITCH_FAKE_H
#define PDANE_TEST_NSSWITCH_FAKE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "common/wire.h"
#include "fake_socket.h"
#include "test.h"

#define FAKE_SAID_MAX 2048

struct fake_daemon {
        char directory[FAKE_DIRECTORY_MAX];
        char path[FAKE_PATH_MAX];
        int listen_fd;
        pthread_t thread;
        bool runs;
        atomic_int connections;
        atomic_int hints;
        atomic_int waits;                   /* hints that wait */
        char last[PDANE_HINT_NAME_MAX + 1]; /* name; read it after fake_sync() */
        /* Said to a hint that waits, message after message; then the connection is closed, or kept.
         */
        uint8_t said[16][FAKE_SAID_MAX];
        size_t said_len[16];
        int n_said;
        bool keeps;
        int kept[256];
        int n_kept;
};

/* Starts one; its socket is in P11_DANE_SOCKET, and the plugin has forgotten everything. */
void fake_daemon_start(struct fake_daemon *f);
/* Binds and listens, but nobody accepts. */
void fake_daemon_start_stopped(struct fake_daemon *f, int backlog);
void fake_daemon_stop(struct fake_daemon *f);
/* Returns when all that was sent before has been read; the number of hints so far. */
int fake_daemon_sync(struct fake_daemon *f);

void fake_daemon_says(struct fake_daemon *f, const void *data, size_t len);
void fake_daemon_says_pending(struct fake_daemon *f, uint32_t ms);
void fake_daemon_says_done(struct fake_daemon *f);

#endif
