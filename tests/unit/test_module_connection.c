/* SPDX-License-Identifier: BSD-3-Clause */
#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"
#include "descriptors.h"
#include "module_limits.h"
#include "test_module_fake.h"

/* What "at once" means; the best of a few tries, as the machine may be busy. */
#define AT_ONCE_MS 10u
#define TRIES 5

static uint8_t request[PDANE_WIRE_MAX_REQUEST];
static size_t request_len;

static int
set_up(void **state)
{
        const struct pdane_question q = {.client = PDANE_CLIENT_NSS,
                                         .issuer = {(const uint8_t *)"issuer", 6},
                                         .serial = {(const uint8_t *)"12", 2}};

        (void)state;
        return pdane_question_encode(&q, request, sizeof(request), &request_len);
}

/* The linker sends the module's calls here (-Wl,--wrap). */
static atomic_int socket_types, send_flags;

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
ssize_t __real_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);

int
__wrap_socket(int domain, int type, int protocol)
{
        atomic_store(&socket_types, type);
        return __real_socket(domain, type, protocol);
}

ssize_t
__wrap_send(int fd, const void *data, size_t len, int flags)
{
        if (data == request)
                atomic_store(&send_flags, flags);
        return __real_send(fd, data, len, flags);
}

static int
ask(const char *path, uint32_t first_word_ms, uint32_t total_ms, struct pdane_reply *reply,
    uint64_t *ret_ms)
{
        const struct pdane_connection_options o = {path, first_word_ms, total_ms};
        uint64_t start = pdane_clock_now_ms();
        int r = pdane_connection_ask(&o, request, request_len, reply);

        *ret_ms = pdane_clock_now_ms() - start;
        return r;
}

static void
expect_at_once(const char *path, int error)
{
        uint64_t best = UINT64_MAX;

        for (int i = 0; i < TRIES; i++) {
                struct pdane_reply reply = {0};
                uint64_t ms;

                assert_int_equal(ask(path, 2000, 4000, &reply, &ms), error);
                assert_null(reply.data);
                best = ms < best ? ms : best;
        }
        assert_true(best < AT_ONCE_MS);
}

static void
make_raw(struct fake *f, size_t capacity)
{
        f->raw = calloc(1, capacity);
        assert_non_null(f->raw);
}

static void
test_answer_is_handed_over(void **state)
{
        struct pdane_reply reply = {0};
        struct pdane_answer a;
        struct fake f;
        uint64_t ms;

        (void)state;
        fake_start(&f, fake_serve_answer);
        f.answer = (struct pdane_answer){.remember_s = 7, .n_items = 1};
        f.answer.items[0] = sample_item(1, PDANE_ITEM_CERTIFICATE, PDANE_TRUST_PEER);
        assert_int_equal(ask(f.path, 2000, 4000, &reply, &ms), 0);
        assert_int_equal(pdane_answer_decode(reply.data, reply.len, &a), 0);
        assert_int_equal(a.remember_s, 7);
        assert_int_equal(a.n_items, 1);
        /* No child inherits the connection, and a daemon that is gone raises no SIGPIPE. */
        assert_true(atomic_load(&socket_types) & SOCK_CLOEXEC);
        assert_true(atomic_load(&send_flags) & MSG_NOSIGNAL);
        pdane_reply_free(&reply);
        pdane_reply_free(&reply);
        fake_stop(&f);
}

static void
test_nobody_there(void **state)
{
        char long_path[200];
        struct fake f;

        (void)state;
        fake_start_stopped(&f, 1);
        close(f.listen_fd);
        expect_at_once(f.path, -ECONNREFUSED);
        unlink(f.path);
        expect_at_once(f.path, -ENOENT);
        assert_int_equal(close(open(f.path, O_CREAT | O_CLOEXEC, 0600)), 0);
        expect_at_once(f.path, -ECONNREFUSED);
        expect_at_once("", -ENAMETOOLONG);
        memset(long_path, 'x', sizeof(long_path) - 1);
        long_path[sizeof(long_path) - 1] = '\0';
        expect_at_once(long_path, -ENAMETOOLONG);
        f.listen_fd = -1;
        fake_stop(&f);
}

static void
expect_refused_raw(const uint8_t *data, size_t len, int error)
{
        struct fake f;

        fake_start(&f, fake_serve_raw);
        make_raw(&f, len + 1);
        memcpy(f.raw, data, len);
        f.raw_len = len;
        expect_at_once(f.path, error);
        fake_stop(&f);
}

static void
test_hostile_replies(void **state)
{
        static uint8_t long_reply[PDANE_WIRE_MAX_REPLY + 1];
        const struct pdane_answer none = {0};
        uint8_t good[64], bad[65] = {0};
        size_t len;

        (void)state;
        assert_int_equal(pdane_answer_encode(&none, good, sizeof(good), &len), 0);
        memcpy(bad, good, len);
        expect_refused_raw(bad, len - 1, -EBADMSG);
        expect_refused_raw(bad, 1, -EBADMSG);
        expect_refused_raw(bad, len + 1, -EBADMSG);
        bad[2] = PDANE_WIRE_VERSION + 1;
        expect_refused_raw(bad, len, -EPROTONOSUPPORT);
        memcpy(bad, good, len);
        bad[0] ^= 1;
        expect_refused_raw(bad, len, -EBADMSG);
        expect_refused_raw(request, request_len, -EBADMSG);
        memcpy(long_reply, good, len);
        expect_refused_raw(long_reply, sizeof(long_reply), -EMSGSIZE);
        expect_refused_raw(bad, 0, -ECONNRESET);
}

static void
test_error_and_hang_up(void **state)
{
        struct fake f;

        (void)state;
        fake_start(&f, fake_serve_error);
        expect_at_once(f.path, -EREMOTEIO);
        fake_stop(&f);
        fake_start(&f, fake_serve_hang_up);
        expect_at_once(f.path, -ECONNRESET);
        fake_stop(&f);
}

static void
test_silence_ends_at_the_first_deadline(void **state)
{
        struct pdane_reply reply = {0};
        struct fake f;
        uint64_t ms;

        (void)state;
        fake_start(&f, fake_serve_silence);
        assert_int_equal(ask(f.path, 60, 60000, &reply, &ms), -ETIMEDOUT);
        assert_true(ms >= 60 && ms < 10000);
        fake_stop(&f);
}

static void
test_stopped_daemon_with_a_full_queue(void **state)
{
        struct pdane_reply reply = {0};
        struct fake f;
        uint64_t ms;

        (void)state;
        /* Each unanswered connection leaves the queue fuller; in the end connect() itself would
         * block. */
        fake_start_stopped(&f, 0);
        for (int i = 0; i < 4; i++) {
                assert_int_equal(ask(f.path, 40, 60000, &reply, &ms), -ETIMEDOUT);
                assert_true(ms < 10000);
        }
        fake_stop(&f);
}

static void
serve_pending(struct fake *f, int fd, const struct pdane_question *q)
{
        uint8_t buf[64];
        size_t len;

        assert_int_equal(pdane_pending_encode((uint32_t)f->raw_len, buf, sizeof(buf), &len), 0);
        fake_send(fd, buf, len);
        usleep(100000);
        fake_serve_answer(f, fd, q);
}

static void
test_pending_extends_the_deadline(void **state)
{
        struct pdane_reply reply = {0};
        struct fake f;
        uint64_t ms;

        (void)state;
        fake_start(&f, serve_pending);
        f.raw_len = 20000;
        assert_int_equal(ask(f.path, 90, 60000, &reply, &ms), 0);
        assert_true(ms >= 90);
        pdane_reply_free(&reply);
        fake_stop(&f);
}

static void
serve_pending_forever(struct fake *f, int fd, const struct pdane_question *q)
{
        uint8_t buf[64];
        size_t len;

        assert_int_equal(pdane_pending_encode(3000, buf, sizeof(buf), &len), 0);
        for (size_t i = 0; i < f->raw_len; i++)
                fake_send(fd, buf, len);
        fake_serve_silence(f, fd, q);
}

static void
test_pending_never_passes_the_total(void **state)
{
        struct pdane_reply reply = {0};
        struct fake f;
        uint64_t ms;

        (void)state;
        fake_start(&f, serve_pending_forever);
        f.raw_len = PDANE_REPLIES_MAX - 1;
        assert_int_equal(ask(f.path, 2000, 80, &reply, &ms), -ETIMEDOUT);
        assert_true(ms >= 80 && ms < 2000);
        fake_stop(&f);
        /* Nor may it keep us busy: so many messages are no conversation. */
        fake_start(&f, serve_pending_forever);
        f.raw_len = PDANE_REPLIES_MAX;
        assert_int_equal(ask(f.path, 2000, 60000, &reply, &ms), -EBADMSG);
        fake_stop(&f);
}

static void
serve_pending_then_silence(struct fake *f, int fd, const struct pdane_question *q)
{
        uint8_t buf[64];
        size_t len;

        assert_int_equal(pdane_pending_encode(20, buf, sizeof(buf), &len), 0);
        fake_send(fd, buf, len);
        fake_serve_silence(f, fd, q);
}

static void
test_pending_is_a_promise(void **state)
{
        struct pdane_reply reply = {0};
        struct fake f;
        uint64_t ms;

        (void)state;
        fake_start(&f, serve_pending_then_silence);
        assert_int_equal(ask(f.path, 30000, 60000, &reply, &ms), -ETIMEDOUT);
        assert_true(ms >= 20 && ms < 10000);
        fake_stop(&f);
}

static void
on_alarm(int number)
{
        (void)number;
}

static void
test_signals_do_not_disturb(void **state)
{
        const struct sigaction act = {.sa_handler = on_alarm};
        struct itimerval often = {{0, 1000}, {0, 1000}}, off = {0};
        struct pdane_reply reply = {0};
        struct sigaction old;
        struct fake f;
        uint64_t ms;

        (void)state;
        fake_start_stopped(&f, 0);
        assert_int_equal(sigaction(SIGALRM, &act, &old), 0);
        assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
        /* The deadline is one for all, not one per signal; a full queue makes connect() wait as
         * well. */
        for (int i = 0; i < 3; i++) {
                assert_int_equal(ask(f.path, 60, 60000, &reply, &ms), -ETIMEDOUT);
                assert_true(ms >= 59 && ms < 10000);
        }
        assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
        assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
        fake_stop(&f);
}

static void
test_whose_socket_it_is(void **state)
{
        struct pdane_reply reply = {0};
        struct fake f;
        uint64_t ms;

        (void)state;
        if (geteuid() != 0)
                skip();
        fake_start_as(&f, fake_serve_answer, 1234, (uid_t)-1);
        assert_int_equal(ask(f.path, 2000, 4000, &reply, &ms), -EPERM);
        /* It was not even told the question. */
        assert_int_equal(atomic_load(&f.questions), 0);
        fake_stop(&f);
        fake_start_as(&f, fake_serve_answer, 1234, 1234);
        assert_int_equal(ask(f.path, 2000, 4000, &reply, &ms), 0);
        pdane_reply_free(&reply);
        fake_stop(&f);
        fake_start_as(&f, fake_serve_answer, 1234, 1235);
        assert_int_equal(ask(f.path, 2000, 4000, &reply, &ms), -EPERM);
        fake_stop(&f);
}

static void
test_no_descriptor_stays(void **state)
{
        struct pdane_reply reply = {0};
        struct fake f;
        uint64_t ms;
        int before;

        (void)state;
        fake_start(&f, fake_serve_error);
        before = (int)count_descriptors();
        for (int i = 0; i < 50; i++)
                assert_int_equal(ask(f.path, 2000, 4000, &reply, &ms), -EREMOTEIO);
        unlink(f.path);
        assert_int_equal(ask(f.path, 2000, 4000, &reply, &ms), -ENOENT);
        /* The fake daemon's own may be about to be closed. */
        assert_in_range((int)count_descriptors(), before - 1, before + 1);
        fake_stop(&f);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_answer_is_handed_over),
                cmocka_unit_test(test_nobody_there),
                cmocka_unit_test(test_hostile_replies),
                cmocka_unit_test(test_error_and_hang_up),
                cmocka_unit_test(test_silence_ends_at_the_first_deadline),
                cmocka_unit_test(test_stopped_daemon_with_a_full_queue),
                cmocka_unit_test(test_pending_extends_the_deadline),
                cmocka_unit_test(test_pending_never_passes_the_total),
                cmocka_unit_test(test_pending_is_a_promise),
                cmocka_unit_test(test_signals_do_not_disturb),
                cmocka_unit_test(test_whose_socket_it_is),
                cmocka_unit_test(test_no_descriptor_stays),
        };

        return cmocka_run_group_tests(tests, set_up, NULL);
}
