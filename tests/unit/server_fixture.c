/* SPDX-License-Identifier: BSD-3-Clause */
#include "server_fixture.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

char dir[] = "/tmp/pdane-test-server-XXXXXX";
char path[64];
struct pdane_question_env env;
struct pdane_control_env control;
struct pdane_server *server;
uint8_t buf[PDANE_WIRE_MAX_REPLY];

int
setup(void **state)
{
        char *error = NULL;
        int fd = -1;
        int r = core_setup(state);
        env = core_questions();
        control = (struct pdane_control_env){.questions = &env};
        if (r == 0)
                r = pdane_server_listen(path, &fd, &error);
        if (r == 0)
                r = pdane_server_new(fd, &env, &control, &server);
        free(error);
        return r;
}

int
teardown(void **state)
{
        pdane_server_free(server);
        unlink(path);
        return core_teardown(state);
}

int
connected(void)
{
        struct sockaddr_un sun = {.sun_family = AF_UNIX};
        snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
        assert_true(fd >= 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof sun), 0);
        return fd;
}

/* Sends bytes, lets the server work, and reads one message. 0 is the end of the connection, -1
 * nothing yet. */
ssize_t
receive(int fd)
{
        core_run();
        ssize_t n = recv(fd, buf, sizeof buf, MSG_DONTWAIT);
        return n < 0 && errno == ECONNRESET ? 0 : n;
}

ssize_t
exchange(int fd, const void *data, size_t len)
{
        assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), len);
        return receive(fd);
}

size_t
encoded_question(uint8_t *out, size_t cap)
{
        size_t len = 0;
        struct pdane_question q = {.client = PDANE_CLIENT_NSS,
                                   .issuer = pdane_cert_issuer(core.leaf),
                                   .serial = pdane_cert_serial(core.leaf)};
        assert_int_equal(pdane_question_encode(&q, out, cap, &len), 0);
        return len;
}

enum pdane_message
type_of(ssize_t n)
{
        enum pdane_message t;
        assert_true(n > 0);
        assert_int_equal(pdane_message_type(buf, (size_t)n, &t), 0);
        return t;
}

int
server_group_setup(void **state)
{
        (void)state;
        if (!mkdtemp(dir))
                return -1;
        snprintf(path, sizeof path, "%s/socket", dir);
        return 0;
}

int
server_group_teardown(void **state)
{
        (void)state;
        return rmdir(dir);
}
