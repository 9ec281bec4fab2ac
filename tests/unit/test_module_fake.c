/* SPDX-License-Identifier: BSD-3-Clause */
/* The fake daemon and the sample certificates of the module's tests. */
#include "test_module_fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void
fake_send(int fd, const uint8_t *data, size_t len)
{
        (void)send(fd, data, len, MSG_NOSIGNAL);
}

static void
converse(struct fake *f, int fd)
{
        static uint8_t buf[PDANE_WIRE_MAX_REQUEST];
        struct pdane_question q;
        ssize_t n = recv(fd, buf, sizeof(buf), 0);
        int kept = f->n_kept;

        if (n > 0 && pdane_question_decode(buf, (size_t)n, &q) == 0) {
                f->client = q.client;
                atomic_fetch_add(&f->questions, 1);
                f->serve(f, fd, &q);
        }
        if (f->n_kept == kept)
                close(fd);
}

static void *
run(void *arg)
{
        struct fake *f = arg;

        for (;;) {
                int fd = accept4(f->listen_fd, NULL, NULL, SOCK_CLOEXEC);

                if (fd < 0 && errno == EINTR)
                        continue;
                if (fd < 0)
                        return NULL;
                atomic_fetch_add(&f->connections, 1);
                converse(f, fd);
        }
}

static void
open_socket(struct fake *f, int backlog, uid_t uid, uid_t directory_owner)
{
        memset(f, 0, sizeof(*f));
        f->listen_fd = fake_socket_bind(f->directory, f->path);
        assert_int_equal(chmod(f->path, 0777), 0);
        if (directory_owner != (uid_t)-1)
                assert_int_equal(chown(f->directory, directory_owner, (gid_t)-1), 0);
        /* The peer's credentials are those at listen(); the raw call changes this thread's alone.
         */
        if (uid != (uid_t)-1)
                assert_int_equal(syscall(SYS_setresuid, -1, uid, -1), 0);
        assert_int_equal(listen(f->listen_fd, backlog), 0);
        if (uid != (uid_t)-1)
                assert_int_equal(syscall(SYS_setresuid, -1, 0, -1), 0);
        setenv("P11_DANE_SOCKET", f->path, 1);
}

void
fake_start_as(struct fake *f, void (*serve)(struct fake *, int, const struct pdane_question *),
              uid_t uid, uid_t directory_owner)
{
        open_socket(f, 128, uid, directory_owner);
        f->serve = serve;
        assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
}

void
fake_start(struct fake *f, void (*serve)(struct fake *, int, const struct pdane_question *))
{
        fake_start_as(f, serve, (uid_t)-1, (uid_t)-1);
}

void
fake_start_stopped(struct fake *f, int backlog)
{
        open_socket(f, backlog, (uid_t)-1, (uid_t)-1);
}

void
fake_stop(struct fake *f)
{
        if (f->serve) {
                shutdown(f->listen_fd, SHUT_RDWR);
                pthread_join(f->thread, NULL);
        }
        fake_socket_close(f->listen_fd, f->kept, f->n_kept, f->path, f->directory);
        free(f->raw);
        f->raw = NULL;
}

void
fake_serve_answer(struct fake *f, int fd, const struct pdane_question *q)
{
        static uint8_t buf[PDANE_WIRE_MAX_REPLY];
        size_t len;

        (void)q;
        if (pdane_answer_encode(&f->answer, buf, sizeof(buf), &len) == 0)
                fake_send(fd, buf, len);
}

void
fake_serve_raw(struct fake *f, int fd, const struct pdane_question *q)
{
        (void)q;
        fake_send(fd, f->raw, f->raw_len);
}

void
fake_serve_silence(struct fake *f, int fd, const struct pdane_question *q)
{
        (void)q;
        if (f->n_kept < (int)(sizeof(f->kept) / sizeof(f->kept[0])))
                f->kept[f->n_kept++] = fd;
}

void
fake_serve_hang_up(struct fake *f, int fd, const struct pdane_question *q)
{
        (void)f;
        (void)fd;
        (void)q;
}

void
fake_serve_error(struct fake *f, int fd, const struct pdane_question *q)
{
        uint8_t buf[512];
        size_t len;

        (void)f;
        (void)q;
        if (pdane_error_encode("no", buf, sizeof(buf), &len) == 0)
                fake_send(fd, buf, len);
}

struct sample {
        uint8_t value[40], subject[20], issuer[20], serial[4], spki[30], id[20], label[8], sha1[20],
                sha256[32];
};

static struct pdane_bytes
fill(uint8_t *to, size_t len, uint8_t kind, unsigned number)
{
        memset(to, kind, len);
        to[len - 1] = (uint8_t)number;
        return (struct pdane_bytes){to, len};
}

struct pdane_item
sample_item(unsigned number, uint32_t flags, enum pdane_trust trust)
{
        static struct sample samples[256];
        struct sample *s = &samples[number % 256];
        struct pdane_item item = {
                .flags = flags,
                .trust = trust,
                .expires_s = 100,
                .value = fill(s->value, sizeof(s->value), 'v', number),
                .subject = fill(s->subject, sizeof(s->subject), 's', number),
                .issuer = fill(s->issuer, sizeof(s->issuer), 'i', number),
                .serial = fill(s->serial, sizeof(s->serial), 0x33, number),
                .spki = fill(s->spki, sizeof(s->spki), 'k', number),
                .id = fill(s->id, sizeof(s->id), 'd', number),
                .label = fill(s->label, sizeof(s->label), 'l', number),
                .sha1 = fill(s->sha1, sizeof(s->sha1), '1', number),
                .sha256 = fill(s->sha256, sizeof(s->sha256), '2', number),
        };

        s->serial[0] = 0x02;
        s->serial[1] = 0x02;
        return item;
}

struct pdane_bytes
sample_raw_serial(struct pdane_item item)
{
        return (struct pdane_bytes){item.serial.data + 2, item.serial.len - 2};
}
