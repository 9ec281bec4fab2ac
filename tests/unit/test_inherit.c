/* SPDX-License-Identifier: BSD-3-Clause */
/* The socket that a service manager passes. Each case is a process of its own: the descriptor's
 * number is fixed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/server.h"
#include "test.h"

struct passed {
        int family, type;
        bool listens;
        const char *fds; /* NULL: unset */
        int pid;         /* 0: the right one */
        int expected;    /* result */
};

static int
make_socket(const struct passed *p)
{
        int fd = socket(p->family, p->type, 0);
        struct sockaddr_un sun = {.sun_family = AF_UNIX}; /* the kernel picks an abstract name */
        if (fd < 0)
                return -1;
        if (p->family == AF_UNIX && bind(fd, (struct sockaddr *)&sun, sizeof(sa_family_t)) < 0)
                return -1;
        if (p->listens && listen(fd, 4) < 0)
                return -1;
        return fd;
}

static void
set_environment(const struct passed *p)
{
        char pid[16];
        snprintf(pid, sizeof pid, "%d", p->pid ? p->pid : getpid());
        setenv("LISTEN_PID", pid, 1);
        setenv("LISTEN_FDNAMES", "x", 1);
        p->fds ? setenv("LISTEN_FDS", p->fds, 1) : unsetenv("LISTEN_FDS");
}

/* 0 when all is as expected, otherwise which step was not. */
static int
in_child(const struct passed *p)
{
        char *error = NULL;
        int fd = make_socket(p), got = -7;
        if (fd < 0)
                return 1;
        if (fd != 3 && dup2(fd, 3) != 3)
                return 2;
        set_environment(p);
        int r = pdane_server_inherit(&got, &error);
        if (r != p->expected)
                return 3;
        if (r == 1 && (got != 3 || error))
                return 4;
        if (r == 1 && (fcntl(3, F_GETFD) != FD_CLOEXEC || !(fcntl(3, F_GETFL) & O_NONBLOCK)))
                return 5;
        if (r != 1 && got != -7)
                return 6;
        if (r < 0 && (!error || !strstr(error, "LISTEN_FDS")))
                return 7;
        free(error);
        if (getenv("LISTEN_PID") || getenv("LISTEN_FDS") || getenv("LISTEN_FDNAMES"))
                return 8;
        return 0;
}

static void
check(const struct passed *p)
{
        int status = 0;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
                _exit(in_child(p));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_taken(void **state)
{
        (void)state;
        check(&(struct passed){AF_UNIX, SOCK_SEQPACKET, true, "1", 0, 1});
}

static void
test_not_for_us(void **state)
{
        (void)state;
        check(&(struct passed){AF_UNIX, SOCK_SEQPACKET, true, "1", 1, 0});
        check(&(struct passed){AF_UNIX, SOCK_SEQPACKET, true, NULL, 0, 0});
        check(&(struct passed){AF_UNIX, SOCK_SEQPACKET, true, "0", 0, 0});
        check(&(struct passed){AF_UNIX, SOCK_SEQPACKET, true, "junk", 0, 0});
        check(&(struct passed){AF_UNIX, SOCK_SEQPACKET, true, "-1", 0, 0});
}

static void
test_not_what_we_serve(void **state)
{
        (void)state;
        check(&(struct passed){AF_UNIX, SOCK_SEQPACKET, false, "1", 0, -EPROTOTYPE});
        check(&(struct passed){AF_UNIX, SOCK_STREAM, true, "1", 0, -EPROTOTYPE});
        check(&(struct passed){AF_UNIX, SOCK_DGRAM, false, "1", 0, -EPROTOTYPE});
        check(&(struct passed){AF_INET, SOCK_STREAM, true, "1", 0, -EPROTOTYPE});
        check(&(struct passed){AF_UNIX, SOCK_SEQPACKET, true, "2", 0, -E2BIG});
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_taken),
                cmocka_unit_test(test_not_for_us),
                cmocka_unit_test(test_not_what_we_serve),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
