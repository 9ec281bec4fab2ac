/* SPDX-License-Identifier: BSD-3-Clause */
#include "test_nsswitch_fake.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "observer.h"

static void
answer(struct fake_daemon *f, int fd)
{
        atomic_fetch_add(&f->waits, 1);
        for (int i = 0; i < f->n_said; i++)
                (void)send(fd, f->said[i], f->said_len[i], MSG_NOSIGNAL);
        if (f->keeps && f->n_kept < 256) {
                f->kept[f->n_kept++] = fd;
                return;
        }
        close(fd);
}

static void
converse(struct fake_daemon *f, int fd)
{
        uint8_t buf[PDANE_HINT_NAME_MAX + 64];
        struct pdane_hint h;
        ssize_t n = recv(fd, buf, sizeof(buf), 0);

        if (n > 0 && pdane_hint_decode(buf, (size_t)n, &h) == 0) {
                memcpy(f->last, h.name.data, h.name.len);
                f->last[h.name.len] = '\0';
                atomic_fetch_add(&f->hints, 1);
                if (h.wait) {
                        answer(f, fd);
                        return;
                }
        }
        close(fd);
}

static void *
run(void *arg)
{
        struct fake_daemon *f = arg;

        for (;;) {
                int fd = accept4(f->listen_fd, NULL, NULL, SOCK_CLOEXEC);

                if (fd < 0 && (errno == EINTR || errno == EMFILE))
                        continue;
                if (fd < 0)
                        return NULL;
                atomic_fetch_add(&f->connections, 1);
                converse(f, fd);
        }
}

static int
connect_to(const char *path)
{
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

        memcpy(a.sun_path, path, strlen(path) + 1);
        assert_true(fd >= 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
        return fd;
}

void
fake_daemon_start_stopped(struct fake_daemon *f, int backlog)
{
        memset(f, 0, sizeof(*f));
        f->listen_fd = fake_socket_bind(f->directory, f->path);
        assert_int_equal(listen(f->listen_fd, backlog), 0);
        setenv("P11_DANE_SOCKET", f->path, 1);
        pdane_observer_forget();
}

void
fake_daemon_start(struct fake_daemon *f)
{
        fake_daemon_start_stopped(f, 512);
        f->runs = true;
        assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
}

void
fake_daemon_stop(struct fake_daemon *f)
{
        if (f->runs) {
                shutdown(f->listen_fd, SHUT_RDWR);
                pthread_join(f->thread, NULL);
        }
        fake_socket_close(f->listen_fd, f->kept, f->n_kept, f->path, f->directory);
}

int
fake_daemon_sync(struct fake_daemon *f)
{
        uint8_t byte = 0;
        int fd = connect_to(f->path);

        (void)send(fd, &byte, 1, MSG_NOSIGNAL);
        (void)recv(fd, &byte, 1, 0);
        close(fd);
        return atomic_load(&f->hints);
}

void
fake_daemon_says(struct fake_daemon *f, const void *data, size_t len)
{
        assert_true(f->n_said < 16 && len <= FAKE_SAID_MAX);
        memcpy(f->said[f->n_said], data, len);
        f->said_len[f->n_said++] = len;
}

void
fake_daemon_says_pending(struct fake_daemon *f, uint32_t ms)
{
        uint8_t buf[64];
        size_t len;

        assert_int_equal(pdane_pending_encode(ms, buf, sizeof(buf), &len), 0);
        fake_daemon_says(f, buf, len);
}

void
fake_daemon_says_done(struct fake_daemon *f)
{
        uint8_t buf[64];
        size_t len;

        assert_int_equal(pdane_done_encode(buf, sizeof(buf), &len), 0);
        fake_daemon_says(f, buf, len);
}
