/* SPDX-License-Identifier: BSD-3-Clause */
/* Searches with a daemon that is hostile, silent, gone or slow, and what is remembered of it. */
#include "search.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "module_limits.h"
#include "test_module_client.h"

#define FULL (PDANE_ITEM_CERTIFICATE | PDANE_ITEM_TRUSTED | PDANE_ITEM_LEGACY_SHA1)

/* The linker sends the module's calls here (-Wl,--wrap): time passes when a test says so. */
static atomic_int seconds_passed;

int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
        int r = __real_clock_gettime(clock, ret);

        ret->tv_sec += atomic_load(&seconds_passed);
        return r;
}

static CK_FUNCTION_LIST *p11;
static CK_OBJECT_HANDLE found[8];

static int
set_up(void **state)
{
        (void)state;
        return C_GetFunctionList(&p11) == CKR_OK ? 0 : -1;
}

static void
expect_none_at_once(void (*serve)(struct fake *, int, const struct pdane_question *),
                    const uint8_t *raw, size_t len)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        uint64_t best = UINT64_MAX;

        for (int i = 0; i < 3; i++) {
                struct fake f;
                uint64_t start;

                client_begin(p11, &f, serve, item);
                f.raw = malloc(len + 1);
                assert_non_null(f.raw);
                memcpy(f.raw, raw, len);
                f.raw_len = len;
                start = pdane_clock_now_ms();
                assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 0);
                best = pdane_clock_now_ms() - start < best ? pdane_clock_now_ms() - start : best;
                assert_int_equal(atomic_load(&f.connections), 1);
                /* A burst tries once. */
                assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 0);
                assert_true(atomic_load(&f.connections) == 1 || pdane_clock_now_ms() - start > 900);
                client_end(p11, &f);
        }
        assert_true(best < 10);
}

static void
test_hostile_replies_are_no_objects(void **state)
{
        static uint8_t buf[PDANE_WIRE_MAX_REPLY + 1];
        struct pdane_answer a = {.remember_s = 60, .n_items = 1};
        size_t len;

        (void)state;
        a.items[0] = sample_item(1, FULL, PDANE_TRUST_PEER);
        assert_int_equal(pdane_answer_encode(&a, buf, sizeof(buf), &len), 0);
        expect_none_at_once(fake_serve_raw, buf, len - 1);
        expect_none_at_once(fake_serve_raw, buf, len + 1);
        expect_none_at_once(fake_serve_raw, buf, sizeof(buf));
        buf[2] = PDANE_WIRE_VERSION + 1;
        expect_none_at_once(fake_serve_raw, buf, len);
        expect_none_at_once(fake_serve_hang_up, buf, 0);
        expect_none_at_once(fake_serve_error, buf, 0);
        /* A whole message with one bad byte inside: the length of the first field. */
        buf[2] = PDANE_WIRE_VERSION;
        buf[PDANE_WIRE_HEADER + 3] = 5;
        expect_none_at_once(fake_serve_raw, buf, len);
}

static void
test_missing_daemon(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        uint64_t start;

        (void)state;
        setenv("P11_DANE_SOCKET", "/nonexistent/p11-dane/socket", 1);
        assert_int_equal(p11->C_Initialize(NULL), CKR_OK);
        start = pdane_clock_now_ms();
        for (int i = 0; i < 3; i++)
                assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 0);
        assert_true(pdane_clock_now_ms() - start < 30);
        assert_int_equal(p11->C_Finalize(NULL), CKR_OK);
}

static void
test_daemon_that_comes_later(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        struct fake f;

        (void)state;
        fake_start_stopped(&f, 1);
        close(f.listen_fd);
        unlink(f.path);
        assert_int_equal(p11->C_Initialize(NULL), CKR_OK);
        assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 0);
        assert_int_equal(p11->C_Finalize(NULL), CKR_OK);
        f.listen_fd = -1;
        fake_stop(&f);
        client_begin(p11, &f, fake_serve_answer, item);
        assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 1);
        client_end(p11, &f);
}

static void
test_silent_daemon_is_left_alone(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER),
                          other = sample_item(2, FULL, PDANE_TRUST_PEER);
        struct fake f;
        uint64_t start;

        (void)state;
        client_begin(p11, &f, fake_serve_silence, item);
        start = pdane_clock_now_ms();
        assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 0);
        assert_true(pdane_clock_now_ms() - start >= PDANE_FIRST_WORD_MS);
        start = pdane_clock_now_ms();
        assert_int_equal(find_alone(p11, gnutls_by_subject(other.subject), found), 0);
        assert_true(pdane_clock_now_ms() - start < PDANE_FIRST_WORD_MS);
        assert_int_equal(atomic_load(&f.connections), 1);
        /* It is given another chance, and forgiven when it answers. */
        fake_stop(&f);
        client_begin_again(&f, fake_serve_answer, item);
        assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 0);
        assert_int_equal(atomic_load(&f.connections), 0);
        atomic_fetch_add(&seconds_passed, PDANE_PAUSE_MIN_MS / 1000 + 1);
        assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 1);
        fake_stop(&f);
        client_begin_again(&f, fake_serve_silence, item);
        assert_int_equal(find_alone(p11, gnutls_by_subject(other.subject), found), 0);
        atomic_fetch_add(&seconds_passed, PDANE_PAUSE_MIN_MS / 1000 + 1);
        fake_stop(&f);
        client_begin_again(&f, fake_serve_answer, other);
        assert_int_equal(find_alone(p11, gnutls_by_subject(other.subject), found), 1);
        client_end(p11, &f);
}

static void
test_failure_is_soon_forgotten(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        struct fake f;

        (void)state;
        client_begin(p11, &f, fake_serve_hang_up, item);
        assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 0);
        fake_stop(&f);
        client_begin_again(&f, fake_serve_answer, item);
        atomic_fetch_add(&seconds_passed, 1);
        assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 1);
        client_end(p11, &f);
}

static void
test_answers_hold_for_a_verification(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        struct fake f;

        (void)state;
        client_begin(p11, &f, fake_serve_answer, item);
        f.answer.n_items = 0;
        assert_int_equal(find_alone(p11, gnutls_by_number(item.issuer, item.serial), found), 0);
        f.answer.n_items = 1;
        f.answer.remember_s = 0;
        atomic_fetch_add(&seconds_passed, PDANE_HOLD_MIN_MS / 1000 - 2);
        assert_int_equal(find_alone(p11, gnutls_by_number(item.issuer, item.serial), found), 0);
        atomic_fetch_add(&seconds_passed, 2);
        assert_int_equal(find_alone(p11, gnutls_by_number(item.issuer, item.serial), found), 1);
        f.answer.n_items = 0;
        atomic_fetch_add(&seconds_passed, PDANE_HOLD_MIN_MS / 1000 - 2);
        assert_int_equal(find_alone(p11, gnutls_by_number(item.issuer, item.serial), found), 1);
        atomic_fetch_add(&seconds_passed, 2);
        assert_int_equal(find_alone(p11, gnutls_by_number(item.issuer, item.serial), found), 0);
        client_end(p11, &f);
}

static void
test_expired_item_is_not_offered(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        struct fake f;

        (void)state;
        item.expires_s = 1;
        client_begin(p11, &f, fake_serve_answer, item);
        assert_int_equal(find_alone(p11, gnutls_by_number(item.issuer, item.serial), found), 1);
        f.answer.n_items = 0;
        atomic_fetch_add(&seconds_passed, 1);
        assert_int_equal(find_alone(p11, gnutls_by_number(item.issuer, item.serial), found), 0);
        client_end(p11, &f);
}

static atomic_int served;

/* Found the first time, not found the second. */
static void
serve_in_turn(struct fake *f, int fd, const struct pdane_question *q)
{
        usleep(100000);
        f->answer.n_items = atomic_fetch_add(&served, 1) == 0;
        fake_serve_answer(f, fd, q);
}

static void *
find_number(void *arg)
{
        struct pdane_item *item = arg;
        CK_OBJECT_HANDLE mine[8];
        CK_ULONG n = find_alone(p11, gnutls_by_number(item->issuer, item->serial), mine);

        return n == 1 ? arg : NULL;
}

static void
test_first_answer_is_everybodys(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        pthread_t a, b;
        void *got_a, *got_b;
        struct fake f;

        (void)state;
        atomic_store(&served, 0);
        client_begin(p11, &f, serve_in_turn, item);
        assert_int_equal(pthread_create(&a, NULL, find_number, &item), 0);
        assert_int_equal(pthread_create(&b, NULL, find_number, &item), 0);
        pthread_join(a, &got_a);
        pthread_join(b, &got_b);
        assert_int_equal(atomic_load(&served), 2);
        assert_non_null(got_a);
        assert_non_null(got_b);
        client_end(p11, &f);
}

/* What is asked by subject alone is about a CA that hosts share: the next host's anchor shows at
 * once. */
static void
test_by_subject_is_asked_each_time(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        struct fake f;

        (void)state;
        client_begin(p11, &f, fake_serve_answer, item);
        f.answer.n_items = 0;
        assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 0);
        f.answer.n_items = 1;
        assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 1);
        f.answer.n_items = 0;
        assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 0);
        assert_int_equal(atomic_load(&f.questions), 3);
        client_end(p11, &f);
}

static CK_SESSION_HANDLE shared_session;

/* While the daemon is asked, the lock is free: this call comes from its side of the conversation.
 */
static void
serve_after_close(struct fake *f, int fd, const struct pdane_question *q)
{
        CK_ULONG n = 0;
        CK_OBJECT_HANDLE h;

        assert_int_equal(p11->C_FindObjectsInit(shared_session, NULL, 0), CKR_OPERATION_ACTIVE);
        assert_int_equal(p11->C_FindObjects(shared_session, &h, 1, &n),
                         CKR_OPERATION_NOT_INITIALIZED);
        assert_int_equal(p11->C_CloseSession(shared_session), CKR_OK);
        fake_serve_answer(f, fd, q);
}

static void
test_session_closed_while_asking(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        struct template t = gnutls_by_subject(item.subject);
        struct fake f;

        (void)state;
        client_begin(p11, &f, serve_after_close, item);
        shared_session = open_session(p11);
        assert_int_equal(p11->C_FindObjectsInit(shared_session, t.t, t.n),
                         CKR_SESSION_HANDLE_INVALID);
        client_end(p11, &f);
}

static void
serve_after_finalize(struct fake *f, int fd, const struct pdane_question *q)
{
        assert_int_equal(p11->C_Finalize(NULL), CKR_OK);
        fake_serve_answer(f, fd, q);
}

static void
test_finalized_while_asking(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        struct template t = gnutls_by_subject(item.subject);
        CK_SESSION_HANDLE s;
        struct fake f;

        (void)state;
        client_begin(p11, &f, serve_after_finalize, item);
        s = open_session(p11);
        assert_int_equal(p11->C_FindObjectsInit(s, t.t, t.n), CKR_CRYPTOKI_NOT_INITIALIZED);
        fake_stop(&f);
}

static void
test_handles_outlive_their_search(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        uint8_t value[64];
        CK_ATTRIBUTE a = {CKA_VALUE, value, sizeof(value)};
        struct template t = gnutls_by_subject(item.subject);
        CK_OBJECT_HANDLE first;
        CK_SESSION_HANDLE s;
        struct fake f;

        (void)state;
        client_begin(p11, &f, fake_serve_answer, item);
        assert_int_equal(find_alone(p11, t, found), 1);
        first = found[0];
        s = open_session(p11);
        assert_int_equal(p11->C_FindObjectsInit(s, NULL, 0), CKR_OK);
        assert_int_equal(p11->C_GetAttributeValue(s, first, &a, 1), CKR_OK);
        assert_int_equal(a.ulValueLen, item.value.len);
        assert_memory_equal(value, item.value.data, item.value.len);
        assert_int_equal(p11->C_FindObjectsFinal(s), CKR_OK);
        assert_int_equal(find(p11, s, t, found), 1);
        assert_int_equal(found[0], first);
        assert_int_equal(p11->C_GetAttributeValue(s, first + 1, &a, 1), CKR_OBJECT_HANDLE_INVALID);
        client_end(p11, &f);
        assert_int_equal(p11->C_Initialize(NULL), CKR_OK);
        s = open_session(p11);
        assert_int_equal(p11->C_GetAttributeValue(s, first, &a, 1), CKR_OBJECT_HANDLE_INVALID);
        assert_int_equal(p11->C_Finalize(NULL), CKR_OK);
}

static void
test_memory_is_bounded(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        uint8_t issuer[100] = {0};
        struct fake f;
        size_t before;
        CK_SESSION_HANDLE s;

        (void)state;
        client_begin(p11, &f, fake_serve_answer, item);
        f.answer.n_items = 0;
        s = open_session(p11);
        before = mallinfo2().uordblks;
        for (uint32_t i = 0; i < 100000; i++) {
                memcpy(issuer, &i, sizeof(i));
                (void)find(
                        p11, s,
                        gnutls_by_number((struct pdane_bytes){issuer, sizeof(issuer)}, item.serial),
                        found);
        }
        assert_int_equal(atomic_load(&f.questions), 100000);
        assert_true(mallinfo2().uordblks < before + (size_t)102400);
        client_end(p11, &f);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_hostile_replies_are_no_objects),
                cmocka_unit_test(test_missing_daemon),
                cmocka_unit_test(test_daemon_that_comes_later),
                cmocka_unit_test(test_silent_daemon_is_left_alone),
                cmocka_unit_test(test_failure_is_soon_forgotten),
                cmocka_unit_test(test_answers_hold_for_a_verification),
                cmocka_unit_test(test_expired_item_is_not_offered),
                cmocka_unit_test(test_first_answer_is_everybodys),
                cmocka_unit_test(test_by_subject_is_asked_each_time),
                cmocka_unit_test(test_session_closed_while_asking),
                cmocka_unit_test(test_finalized_while_asking),
                cmocka_unit_test(test_handles_outlive_their_search),
                cmocka_unit_test(test_memory_is_bounded),
        };

        return cmocka_run_group_tests(tests, set_up, NULL);
}
