/* SPDX-License-Identifier: BSD-3-Clause */
/* The socket: what gets an answer, what gets an error, and what becomes of either. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "descriptors.h"
#include "server_fixture.h"

static void
pending_then_answer(void **state)
{
        uint8_t q[512];
        struct pdane_answer a;
        uint32_t ms = 0;
        (void)state;
        fake_prober_hold(true);
        int fd = connected();
        ssize_t n = exchange(fd, q, encoded_question(q, sizeof q));
        assert_int_equal(type_of(n), PDANE_MESSAGE_PENDING);
        assert_int_equal(pdane_pending_decode(buf, (size_t)n, &ms), 0);
        assert_true(ms > 4000);
        assert_int_equal(receive(fd), -1);
        fake_prober_release();
        n = receive(fd);
        assert_int_equal(type_of(n), PDANE_MESSAGE_ANSWER);
        assert_int_equal(pdane_answer_decode(buf, (size_t)n, &a), 0);
        assert_int_equal(a.n_items, 1);
        assert_int_equal(receive(fd), 0);
        close(fd);

        fd = connected();
        n = exchange(fd, q, encoded_question(q, sizeof q));
        assert_int_equal(type_of(n), PDANE_MESSAGE_ANSWER); /* warm: no PENDING */
        assert_int_equal(receive(fd), 0);
        close(fd);
}

static void
bad_requests(void **state)
{
        static uint8_t q[PDANE_WIRE_MAX_REQUEST + 64];
        (void)state;
        for (int kind = 0; kind < 5; kind++) {
                size_t len = encoded_question(q, sizeof q);
                if (kind == 0)
                        q[2] = 9; /* version */
                else if (kind == 1)
                        len--;
                else if (kind == 2)
                        q[len++] = 0;
                else if (kind == 3)
                        q[3] = PDANE_MESSAGE_ANSWER;
                else
                        len = PDANE_WIRE_MAX_REQUEST + 1;
                int fd = connected();
                ssize_t n = exchange(fd, q, len);
                if (kind < 4) {
                        assert_int_equal(type_of(n), PDANE_MESSAGE_ERROR);
                        n = receive(fd);
                }
                assert_int_equal(n, 0);
                close(fd);
        }
        assert_int_equal(pdane_hosts_count(core.hosts), 0);
}

/* Most have asked by the time that they are accepted. Who has not is waited for. */
static void
asks_later(void **state)
{
        uint8_t q[512];
        size_t len = encoded_question(q, sizeof q);
        (void)state;
        int fd = connected();
        assert_int_equal(receive(fd), -1);
        assert_int_equal(type_of(exchange(fd, q, len)), PDANE_MESSAGE_PENDING);
        assert_int_equal(type_of(receive(fd)), PDANE_MESSAGE_ANSWER);
        assert_int_equal(receive(fd), 0);
        close(fd);
        fd = connected();
        assert_int_equal(receive(fd), -1);
        assert_int_equal(type_of(exchange(fd, q, len)), PDANE_MESSAGE_ANSWER); /* warm */
        assert_int_equal(receive(fd), 0);
        close(fd);
        fd = connected();
        assert_int_equal(receive(fd), -1);
        assert_int_equal(type_of(exchange(fd, q, len - 1)), PDANE_MESSAGE_ERROR);
        assert_int_equal(receive(fd), 0);
        close(fd);
}

/* In one turn of the event loop a bounded number is dealt with: others have theirs. */
static void
few_at_once(void **state)
{
        enum { MANY = 200 };
        uint8_t q[512];
        size_t len = encoded_question(q, sizeof q);
        int fds[MANY];
        unsigned answered = 0;
        (void)state;
        for (size_t i = 0; i < MANY; i++) {
                fds[i] = connected();
                assert_int_equal(send(fds[i], q, len, MSG_NOSIGNAL), len);
        }
        event_base_loop(core.base, EVLOOP_ONCE);
        for (size_t i = 0; i < MANY; i++)
                answered += recv(fds[i], buf, sizeof buf, MSG_DONTWAIT) > 0;
        assert_in_range(answered, 1, 16);
        core_run();
        for (size_t i = 0; i < MANY; i++)
                close(fds[i]);
        core_run();
}

static void
second_request_ends_it(void **state)
{
        uint8_t q[512];
        size_t len = encoded_question(q, sizeof q);
        (void)state;
        fake_prober_hold(true);
        int fd = connected();
        assert_int_equal(type_of(exchange(fd, q, len)), PDANE_MESSAGE_PENDING);
        assert_int_equal(exchange(fd, q, len), 0);
        close(fd);
}

static size_t
encoded_hint(uint8_t *out, size_t cap, const char *name, bool wait)
{
        size_t len = 0;
        struct pdane_hint h = {{(const uint8_t *)name, strlen(name)}, wait};
        assert_int_equal(pdane_hint_encode(&h, out, cap, &len), 0);
        return len;
}

static void
hints(void **state)
{
        uint8_t q[512];
        (void)state;
        int fd = connected();
        assert_int_equal(exchange(fd, q, encoded_hint(q, sizeof q, HOST, false)), 0);
        close(fd);
        core_run();
        assert_int_equal(core_found(), 1);

        fake_prober_hold(true);
        core_address("slow.test");
        core_tlsa("_443._tcp.slow.test", core.leaf, PDANE_DNS_SECURE, false);
        fd = connected();
        assert_int_equal(type_of(exchange(fd, q, encoded_hint(q, sizeof q, "Slow.Test.", true))),
                         PDANE_MESSAGE_PENDING);
        assert_int_equal(receive(fd), -1);
        fake_prober_release();
        assert_int_equal(type_of(receive(fd)), PDANE_MESSAGE_DONE);
        assert_int_equal(receive(fd), 0);
        close(fd);

        /* What is no host name is not looked up, and who waits is told at once. */
        size_t before = pdane_hosts_count(core.hosts);
        fd = connected();
        assert_int_equal(type_of(exchange(fd, q, encoded_hint(q, sizeof q, "not a name", true))),
                         PDANE_MESSAGE_DONE);
        close(fd);
        fd = connected();
        assert_int_equal(exchange(fd, q, encoded_hint(q, sizeof q, "localhost", false)), 0);
        close(fd);
        assert_int_equal(pdane_hosts_count(core.hosts), before);
        core_run();
}

static void
client_leaves(void **state)
{
        uint8_t q[512];
        size_t len = encoded_question(q, sizeof q);
        (void)state;
        fake_prober_hold(true);
        int fd = connected();
        assert_int_equal(type_of(exchange(fd, q, len)), PDANE_MESSAGE_PENDING);
        close(fd);
        core_run();
        fake_prober_release();
        core_run();
        assert_int_equal(core_found(), 1);
}

static void
limit_per_user(void **state)
{
        static int fds[PDANE_PEERS_PER_UID_MAX + 1];
        size_t before = count_descriptors();
        (void)state;
        for (size_t i = 0; i < PDANE_PEERS_PER_UID_MAX; i++) {
                fds[i] = connected();
                if (i % 32 == 0)
                        core_run();
        }
        core_run();
        for (size_t i = 0; i < PDANE_PEERS_PER_UID_MAX; i++)
                assert_int_equal(recv(fds[i], buf, 1, MSG_DONTWAIT), -1);
        int one_more = connected();
        assert_int_equal(receive(one_more), 0);
        close(one_more);
        for (size_t i = 0; i < PDANE_PEERS_PER_UID_MAX; i++)
                close(fds[i]);
        core_run();
        assert_int_equal(count_descriptors(), before);
        int fd = connected();
        assert_int_equal(receive(fd), -1);
        close(fd);
        core_run();
}

/* Who waits for an answer has a place, too. Without one, a request in hand is not answered. */
static void
waiting_takes_a_place(void **state)
{
        static int fds[PDANE_PEERS_PER_UID_MAX];
        uint8_t q[512];
        size_t len = encoded_question(q, sizeof q);
        (void)state;
        fake_prober_hold(true);
        for (size_t i = 0; i < PDANE_PEERS_PER_UID_MAX; i++) {
                fds[i] = connected();
                assert_int_equal(type_of(exchange(fds[i], q, len)), PDANE_MESSAGE_PENDING);
        }
        int fd = connected();
        assert_int_equal(exchange(fd, q, len), 0);
        close(fd);
        close(fds[0]);
        fds[0] = connected();
        core_run();
        assert_int_equal(type_of(exchange(fds[0], q, len)), PDANE_MESSAGE_PENDING);
        fake_prober_release();
        for (size_t i = 0; i < PDANE_PEERS_PER_UID_MAX; i++) {
                assert_int_equal(type_of(receive(fds[i])), PDANE_MESSAGE_ANSWER);
                assert_int_equal(receive(fds[i]), 0);
                close(fds[i]);
        }
        fd = connected();
        assert_int_equal(type_of(exchange(fd, q, len)), PDANE_MESSAGE_ANSWER);
        close(fd);
}

/* Who says nothing is sent away; who waits for an answer is not. */
static void
silence_ends_it(void **state)
{
        uint8_t q[512];
        size_t len = encoded_question(q, sizeof q);
        const struct timeval later = {PDANE_PEER_IDLE_MS / 1000, 300000};
        (void)state;
        fake_prober_hold(true);
        int silent = connected(), waiting = connected();
        assert_int_equal(receive(silent), -1);
        assert_int_equal(type_of(exchange(waiting, q, len)), PDANE_MESSAGE_PENDING);
        event_base_loopexit(core.base, &later);
        event_base_dispatch(core.base);
        assert_int_equal(recv(silent, buf, sizeof buf, MSG_DONTWAIT), 0);
        close(silent);
        fake_prober_release();
        assert_int_equal(type_of(receive(waiting)), PDANE_MESSAGE_ANSWER);
        close(waiting);
}

/* ---- the command line ---- */

static size_t
encoded_control(uint8_t *out, size_t cap, enum pdane_control type, const char *host)
{
        struct pdane_control_request rq = {.type = type, .port = host ? 443 : 0};
        size_t len = 0;
        if (host)
                rq.host = (struct pdane_bytes){(const uint8_t *)host, strlen(host)};
        assert_int_equal(pdane_control_encode(&rq, out, cap, &len), 0);
        return len;
}

/* Reads until the end of the connection; whether END came as the last message. */
static bool
reads_to_the_end(int fd, unsigned *ret_parts)
{
        struct pdane_part p;
        uint32_t number;
        bool end = false;
        *ret_parts = 0;
        for (unsigned i = 0; i < 1000; i++) {
                ssize_t n = receive(fd);
                if (n == 0)
                        return end;
                if (n < 0)
                        continue;
                end = pdane_end_decode(buf, (size_t)n, &number) == 0;
                *ret_parts += pdane_part_decode(buf, (size_t)n, &p) == 0;
        }
        return false;
}

static void
command_line_is_answered(void **state)
{
        uint8_t rq[512];
        unsigned parts = 0;
        uint32_t ms;
        (void)state;
        int fd = connected();
        ssize_t n = exchange(fd, rq, encoded_control(rq, sizeof rq, PDANE_CONTROL_CHECK, HOST));
        assert_int_equal(pdane_pending_decode(buf, (size_t)n, &ms), 0);
        assert_true(reads_to_the_end(fd, &parts));
        assert_true(parts > 10);
        close(fd);
        fd = connected();
        exchange(fd, rq, encoded_control(rq, sizeof rq, PDANE_CONTROL_LIST, NULL));
        assert_true(reads_to_the_end(fd, &parts));
        assert_int_equal(parts, 1); /* exchange took the first of two */
        close(fd);
        fd = connected();
        n = exchange(fd, rq, encoded_control(rq, sizeof rq, PDANE_CONTROL_FLUSH, NULL));
        assert_int_equal(pdane_end_decode(buf, (size_t)n, &ms), 0);
        assert_int_equal(receive(fd), 0);
        close(fd);
        assert_int_equal(core_found(), 0);
}

/* They are few for each user, and questions are not kept out by them. */
static void
command_line_is_limited(void **state)
{
        uint8_t rq[512];
        int fds[PDANE_CONTROLS_PER_UID_MAX];
        (void)state;
        fake_prober_hold(true);
        size_t len = encoded_control(rq, sizeof rq, PDANE_CONTROL_CHECK, HOST);
        for (size_t i = 0; i < PDANE_CONTROLS_PER_UID_MAX; i++) {
                fds[i] = connected();
                assert_true(exchange(fds[i], rq, len) > 0);
        }
        int fd = connected();
        assert_int_equal(type_of(exchange(fd, rq, len)), PDANE_MESSAGE_ERROR);
        assert_int_equal(receive(fd), 0);
        close(fd);
        fd = connected();
        assert_int_equal(exchange(fd, rq, encoded_hint(rq, sizeof rq, HOST, false)), 0);
        close(fd);
        /* A second request ends it, and somebody else may come. */
        while (receive(fds[0]) > 0)
                continue;
        assert_int_equal(exchange(fds[0], rq, 1), 0);
        close(fds[0]);
        fds[0] = connected();
        len = encoded_control(rq, sizeof rq, PDANE_CONTROL_CHECK, HOST);
        ssize_t n = exchange(fds[0], rq, len);
        uint32_t ms;
        assert_true(n > 0);
        assert_int_equal(pdane_pending_decode(buf, (size_t)n, &ms), 0);
        for (size_t i = 0; i < PDANE_CONTROLS_PER_UID_MAX; i++)
                close(fds[i]);
        core_run();
        fake_prober_release();
        core_run();
}

/* ---- the listening socket ---- */

static void
socket_is_for_all(void **state)
{
        struct stat st;
        (void)state;
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0666);
}

static void
running_daemon_keeps_its_socket(void **state)
{
        char *error = NULL;
        int fd = -1;
        (void)state;
        assert_int_equal(pdane_server_listen(path, &fd, &error), -EADDRINUSE);
        assert_non_null(strstr(error, path));
        free(error);
        close(connected());
        core_run();
}

static void
stale_socket_is_replaced(void **state)
{
        char other[80];
        char *error = NULL;
        int fd = -1;
        (void)state;
        snprintf(other, sizeof other, "%s/sub/socket", dir);
        assert_int_equal(pdane_server_listen(other, &fd, &error), 0); /* makes the directory */
        close(fd);
        assert_int_equal(pdane_server_listen(other, &fd, &error), 0);
        close(fd);
        unlink(other);
        FILE *f = fopen(other, "w");
        fclose(f);
        assert_int_equal(pdane_server_listen(other, &fd, &error), -EEXIST);
        assert_non_null(strstr(error, "no socket"));
        free(error);
        unlink(other);
        snprintf(other, sizeof other, "%s/sub", dir);
        rmdir(other);
        char long_path[200];
        memset(long_path, 'a', sizeof long_path - 1);
        long_path[0] = '/';
        long_path[199] = '\0';
        assert_int_equal(pdane_server_listen(long_path, &fd, &error), -ENAMETOOLONG);
        free(error);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(pending_then_answer),
                TEST(bad_requests),
                TEST(asks_later),
                TEST(few_at_once),
                TEST(second_request_ends_it),
                TEST(hints),
                TEST(client_leaves),
                TEST(limit_per_user),
                TEST(waiting_takes_a_place),
                TEST(silence_ends_it),
                TEST(command_line_is_answered),
                TEST(command_line_is_limited),
                TEST(socket_is_for_all),
                TEST(running_daemon_keeps_its_socket),
                TEST(stale_socket_is_replaced),
        };
        return cmocka_run_group_tests(tests, server_group_setup, server_group_teardown);
}
