/* SPDX-License-Identifier: BSD-3-Clause */
/* The table comes with an answer to who wants it, and an answer comes without it when the kernel
 * will not pass any more descriptors. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/publish.h"
#include "server_fixture.h"

#define AT_ONCE 250 /* descriptors in one message: the kernel's limit is 253 */
#define ALLOWED 64  /* that the process may have, and that it may have under way */
#define NOBODY 65534

/* Asks for the table, and returns the descriptor that came with the answer, or -1. */
static int
ask(void)
{
        union {
                struct cmsghdr head;
                uint8_t space[CMSG_SPACE(sizeof(int))];
        } passed = {0};
        struct iovec iov = {buf, sizeof buf};
        struct msghdr m = {.msg_iov = &iov,
                           .msg_iovlen = 1,
                           .msg_control = &passed,
                           .msg_controllen = sizeof passed};
        const struct pdane_question q = {.client = PDANE_CLIENT_NSS,
                                         .issuer = pdane_cert_issuer(core.leaf),
                                         .serial = pdane_cert_serial(core.leaf),
                                         .wants_table = true};
        uint8_t request[512];
        size_t len = 0;
        int table = -1, fd = connected();

        assert_int_equal(pdane_question_encode(&q, request, sizeof request, &len), 0);
        assert_int_equal(send(fd, request, len, MSG_NOSIGNAL), len);
        core_run();
        assert_int_equal(type_of(recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC)),
                         PDANE_MESSAGE_ANSWER);
        if (m.msg_controllen)
                memcpy(&table, CMSG_DATA(&passed.head), sizeof table);
        close(fd);
        return table;
}

/* Passes more descriptors than that, which nobody takes. */
static void
fill_the_way(int to)
{
        union {
                struct cmsghdr head;
                uint8_t space[CMSG_SPACE(AT_ONCE * sizeof(int))];
        } passed = {.head = {.cmsg_len = CMSG_LEN(AT_ONCE * sizeof(int)),
                             .cmsg_level = SOL_SOCKET,
                             .cmsg_type = SCM_RIGHTS}};
        int fds[AT_ONCE];
        char byte = 0;
        struct iovec iov = {&byte, 1};
        const struct msghdr m = {.msg_iov = &iov,
                                 .msg_iovlen = 1,
                                 .msg_control = &passed,
                                 .msg_controllen = sizeof passed};

        for (size_t i = 0; i < AT_ONCE; i++)
                fds[i] = STDERR_FILENO;
        memcpy(CMSG_DATA(&passed.head), fds, sizeof fds);
        assert_int_equal(sendmsg(to, &m, MSG_NOSIGNAL), 1);
}

/* As any user can have it: connections on which answers wait that nobody reads. */
static void
comes_without(void **state)
{
        struct rlimit before, few;
        int way[2], table;
        uid_t us = geteuid();

        (void)state;
        core_touch(HOST);
        core_run();
        assert_int_equal(pdane_publisher_new(core.base, core.store, core.hosts, &env.publisher), 0);
        table = ask();
        assert_true(table >= 0);
        close(table);

        assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
        few = (struct rlimit){ALLOWED, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, way), 0);
        assert_int_equal(chmod(dir, 0755), 0);
        if (us == 0) /* for root there is no such limit */
                assert_int_equal(seteuid(NOBODY), 0);
        fill_the_way(way[0]);
        assert_int_equal(ask(), -1);
        close(way[0]);
        close(way[1]);
        if (us == 0)
                assert_int_equal(seteuid(0), 0);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        table = ask();
        assert_true(table >= 0);
        close(table);
        pdane_publisher_free(env.publisher);
        env.publisher = NULL;
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(comes_without, setup, teardown),
        };
        return cmocka_run_group_tests(tests, server_group_setup, server_group_teardown);
}
