/* SPDX-License-Identifier: BSD-3-Clause */
#include "tell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "nsswitch_limits.h"
#include "test_nsswitch_fake.h"

/* The linker sends these calls here (-Wl,--wrap). Once a test expects silence, time passes in
 * poll() without anyone waiting for it. */
static bool silence;
static atomic_ullong passed_ms;
static atomic_int socket_types, send_flags;

int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);
int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
ssize_t __real_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);

int
__wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
        int r = __real_clock_gettime(id, ts);

        ts->tv_sec += (time_t)(atomic_load(&passed_ms) / 1000);
        return r;
}

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
        int r = __real_poll(fds, n, silence ? 100 : timeout);

        if (r == 0 && silence)
                atomic_fetch_add(&passed_ms, (unsigned long long)(timeout + 999) / 1000 * 1000);
        return r;
}

int
__wrap_socket(int domain, int type, int protocol)
{
        atomic_store(&socket_types, type);
        return __real_socket(domain, type, protocol);
}

ssize_t
__wrap_send(int fd, const void *data, size_t len, int flags)
{
        atomic_store(&send_flags, flags);
        return __real_send(fd, data, len, flags);
}

/* ret_ms: how long it took by the clock above, to within a second. */
static int
tell(const struct fake_daemon *f, bool wait, uint64_t *ret_ms)
{
        const struct pdane_hint h = {{(const uint8_t *)"www.example", 11}, wait};
        uint64_t start = pdane_clock_now_ms();
        int r = pdane_tell(f->path, &h);

        *ret_ms = pdane_clock_now_ms() - start;
        return r;
}

static void
test_a_hint(void **state)
{
        struct fake_daemon f;
        uint64_t ms;

        (void)state;
        fake_daemon_start(&f);
        assert_int_equal(tell(&f, false, &ms), 0);
        assert_true(atomic_load(&socket_types) & SOCK_CLOEXEC);
        assert_true(atomic_load(&send_flags) & MSG_NOSIGNAL);
        assert_int_equal(fake_daemon_sync(&f), 1);
        assert_int_equal(atomic_load(&f.waits), 0);
        assert_string_equal(f.last, "www.example");
        fake_daemon_stop(&f);
}

static void
test_longest_name(void **state)
{
        static char name[PDANE_HINT_NAME_MAX + 1];
        struct pdane_hint h = {{(const uint8_t *)name, PDANE_HINT_NAME_MAX}, false};
        struct fake_daemon f;

        (void)state;
        memset(name, 'x', sizeof(name));
        fake_daemon_start(&f);
        assert_int_equal(pdane_tell(f.path, &h), 0);
        assert_int_equal(fake_daemon_sync(&f), 1);
        assert_int_equal(strlen(f.last), PDANE_HINT_NAME_MAX);
        h.name.len++;
        assert_int_equal(pdane_tell(f.path, &h), -EMSGSIZE);
        fake_daemon_stop(&f);
}

static void
test_done_ends_the_wait(void **state)
{
        struct fake_daemon f;
        uint64_t ms;

        (void)state;
        fake_daemon_start(&f);
        f.keeps = true;
        fake_daemon_says_done(&f);
        assert_int_equal(tell(&f, true, &ms), 0);
        assert_int_equal(atomic_load(&f.waits), 1);
        fake_daemon_stop(&f);
        fake_daemon_start(&f);
        f.keeps = true;
        for (unsigned i = 1; i < PDANE_REPLIES_MAX; i++)
                fake_daemon_says_pending(&f, 20000);
        fake_daemon_says_done(&f);
        assert_int_equal(tell(&f, true, &ms), 0);
        fake_daemon_stop(&f);
}

static void
expect_end(const void *data, size_t len, int error)
{
        struct fake_daemon f;
        uint64_t ms;

        fake_daemon_start(&f);
        f.keeps = len > 0;
        fake_daemon_says_pending(&f, 4000);
        if (len)
                fake_daemon_says(&f, data, len);
        assert_int_equal(tell(&f, true, &ms), error);
        assert_true(ms < 3000);
        fake_daemon_stop(&f);
}

static void
test_anything_else_ends_it_at_once(void **state)
{
        uint8_t buf[PDANE_TELL_REPLY_MAX + 1] = {0};
        const struct pdane_answer none = {0};
        const struct pdane_hint hint = {{(const uint8_t *)"a.b", 3}, true};
        size_t len;

        (void)state;
        expect_end(NULL, 0, -ECONNRESET);
        expect_end(buf, 1, -EBADMSG);
        expect_end(buf, sizeof(buf), -EMSGSIZE);
        assert_int_equal(pdane_done_encode(buf, sizeof(buf), &len), 0);
        expect_end(buf, len + 1, -EBADMSG);
        expect_end(buf, len - 1, -EBADMSG);
        buf[2]++;
        expect_end(buf, len, -EPROTONOSUPPORT);
        assert_int_equal(pdane_answer_encode(&none, buf, sizeof(buf), &len), 0);
        expect_end(buf, len, -EBADMSG);
        assert_int_equal(pdane_error_encode("internal", buf, sizeof(buf), &len), 0);
        expect_end(buf, len, -EBADMSG);
        assert_int_equal(pdane_hint_encode(&hint, buf, sizeof(buf), &len), 0);
        expect_end(buf, len, -EBADMSG);
        assert_int_equal(pdane_pending_encode(1, buf, sizeof(buf), &len), 0);
        expect_end(buf, len - 1, -EBADMSG);
}

static void
test_chatter_ends_it(void **state)
{
        struct fake_daemon f;
        uint64_t ms;

        (void)state;
        fake_daemon_start(&f);
        f.keeps = true;
        for (unsigned i = 0; i < PDANE_REPLIES_MAX; i++)
                fake_daemon_says_pending(&f, 20000);
        fake_daemon_says_done(&f);
        assert_int_equal(tell(&f, true, &ms), -EBADMSG);
        fake_daemon_stop(&f);
}

/* Within a second, as the clock above goes in whole ones. */
static void
expect_silence(int pending_ms, int error, uint64_t from_ms, uint64_t to_ms)
{
        struct fake_daemon f;
        uint64_t ms;

        fake_daemon_start(&f);
        f.keeps = true;
        if (pending_ms >= 0)
                fake_daemon_says_pending(&f, (uint32_t)pending_ms);
        silence = true;
        assert_int_equal(tell(&f, true, &ms), error);
        silence = false;
        assert_in_range(ms, from_ms, to_ms);
        fake_daemon_stop(&f);
}

static void
test_silence_ends_it(void **state)
{
        (void)state;
        expect_silence(-1, -ETIMEDOUT, PDANE_FIRST_WORD_MS, PDANE_FIRST_WORD_MS + 999);
        /* A promise that is not kept is silence as well. */
        expect_silence(2500, -ETIMEDOUT, 2500 + PDANE_PENDING_GRACE_MS, 4500);
        /* But to take longer than we wait is not. */
        expect_silence(20000, -ETIME, PDANE_TELL_TOTAL_MS, PDANE_TELL_TOTAL_MS + 999);
        expect_silence(INT32_MAX, -ETIME, PDANE_TELL_TOTAL_MS, PDANE_TELL_TOTAL_MS + 999);
}

static void
test_a_full_queue(void **state)
{
        struct fake_daemon f;
        uint64_t ms;
        int r = 0;

        (void)state;
        fake_daemon_start_stopped(&f, 0);
        for (int i = 0; i < 4 && r == 0; i++)
                r = tell(&f, false, &ms);
        assert_int_equal(r, -ETIMEDOUT);
        assert_in_range(ms, PDANE_TELL_MS - 1, 10000);
        fake_daemon_stop(&f);
}

static void
test_nobody_there(void **state)
{
        struct fake_daemon f;
        uint64_t ms;

        (void)state;
        fake_daemon_start_stopped(&f, 1);
        fake_daemon_stop(&f);
        assert_int_equal(tell(&f, false, &ms), -ENOENT);
        assert_int_equal(tell(&f, true, &ms), -ENOENT);
}

static void
test_no_descriptor_stays(void **state)
{
        struct fake_daemon f;
        uint64_t ms;
        int before;

        (void)state;
        fake_daemon_start(&f);
        fake_daemon_says_done(&f);
        before = open("/dev/null", O_RDONLY | O_CLOEXEC);
        close(before);
        for (int i = 0; i < 50; i++)
                assert_int_equal(tell(&f, i % 2, &ms), 0);
        assert_int_equal(fake_daemon_sync(&f), 50);
        /* The daemon's thread shares our descriptors: it may have had one more, or has one more now. */
        assert_in_range(open("/dev/null", O_RDONLY | O_CLOEXEC), 0, before + 1);
        fake_daemon_stop(&f);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_hint),
                cmocka_unit_test(test_longest_name),
                cmocka_unit_test(test_done_ends_the_wait),
                cmocka_unit_test(test_anything_else_ends_it_at_once),
                cmocka_unit_test(test_chatter_ends_it),
                cmocka_unit_test(test_silence_ends_it),
                cmocka_unit_test(test_a_full_queue),
                cmocka_unit_test(test_nobody_there),
                cmocka_unit_test(test_no_descriptor_stays),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
