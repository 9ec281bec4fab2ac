/* SPDX-License-Identifier: BSD-3-Clause */
/* A daemon for the module's tests: a thread on a socket of its own that says what the test wants.
 */
#ifndef PDANE_TEST_MODULE_FAKE_H
#define PDANE_TEST_MODULE_FAKE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "common/wire.h"
#include "fake_socket.h"

struct fake {
        char directory[FAKE_DIRECTORY_MAX];
        char path[FAKE_PATH_MAX];
        int listen_fd;
        pthread_t thread;
        atomic_int connections;
        atomic_int questions;
        int kept[64]; /* connections left open without a word */
        int n_kept;
        void (*serve)(struct fake *f, int fd, const struct pdane_question *q);
        struct pdane_answer answer; /* what fake_serve_answer() says */
        uint8_t *raw;               /* what fake_serve_raw() says */
        size_t raw_len;
        enum pdane_client client; /* of the last question */
};

/* Starts one; the socket is in P11_DANE_SOCKET as well. uid (uid_t)-1: this process's own. */
void fake_start(struct fake *f, void (*serve)(struct fake *, int, const struct pdane_question *));
void fake_start_as(struct fake *f, void (*serve)(struct fake *, int, const struct pdane_question *),
                   uid_t uid, uid_t directory_owner);
/* Binds and listens, but nobody accepts. */
void fake_start_stopped(struct fake *f, int backlog);
void fake_stop(struct fake *f);

void fake_send(int fd, const uint8_t *data, size_t len);
void fake_serve_answer(struct fake *f, int fd, const struct pdane_question *q);
void fake_serve_raw(struct fake *f, int fd, const struct pdane_question *q);
void fake_serve_silence(struct fake *f, int fd, const struct pdane_question *q);
void fake_serve_hang_up(struct fake *f, int fd, const struct pdane_question *q);
void fake_serve_error(struct fake *f, int fd, const struct pdane_question *q);

/* A certificate like no other number's: 0..255. Lives as long as the program. */
struct pdane_item sample_item(unsigned number, uint32_t flags, enum pdane_trust trust);
/* The content octets of its serial. */
struct pdane_bytes sample_raw_serial(struct pdane_item item);

#endif
