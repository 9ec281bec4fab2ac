/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages wait for a client that is slow, and for no other; and are given up for one that is stuck
 * or gone. */
#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/outbox.h"
#include "daemon/root_keys.h"
#include "test.h"

#define MESSAGE 32768u

static struct event_base *base;
static struct pdane_outbox *outbox;
static int fds[2]; /* ours, the client's */
static unsigned moved_ok, moved_bad;
static uint8_t message[MESSAGE], in[MESSAGE];

static void
on_moved(void *arg, bool ok)
{
        (void)arg;
        moved_ok += ok;
        moved_bad += !ok;
}

static int
setup(void **state)
{
        (void)state;
        moved_ok = moved_bad = 0;
        base = event_base_new();
        if (!base || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) < 0)
                return -1;
        return pdane_outbox_new(base, fds[0], on_moved, NULL, &outbox);
}

static int
teardown(void **state)
{
        (void)state;
        pdane_outbox_free(outbox);
        close(fds[0]);
        if (fds[1] >= 0)
                close(fds[1]);
        event_base_free(base);
        return 0;
}

static void
run(void)
{
        event_base_loop(base, EVLOOP_NONBLOCK);
}

/* Puts messages until the socket is full and n more wait. Returns how many there are. */
static unsigned
fill(unsigned n)
{
        unsigned sent = 0;
        while (pdane_outbox_is_empty(outbox) || n-- > 0) {
                memset(message, (int)(sent & 0xff), sizeof message);
                assert_int_equal(pdane_outbox_put(outbox, message, sizeof message), 0);
                sent++;
                assert_true(sent < 10000);
        }
        return sent;
}

static void
a_quick_client_waits_for_nothing(void **state)
{
        (void)state;
        assert_int_equal(pdane_outbox_put(outbox, (const uint8_t *)"abc", 3), 0);
        assert_true(pdane_outbox_is_empty(outbox));
        assert_int_equal(recv(fds[1], in, sizeof in, 0), 3);
        run();
        assert_int_equal(moved_ok + moved_bad, 0);
}

static void
a_slow_client_gets_all_in_order(void **state)
{
        unsigned n = fill(20), got = 0;
        (void)state;
        for (unsigned rounds = 0; got < n && rounds < 10000; rounds++) {
                while (recv(fds[1], in, sizeof in, 0) == (ssize_t)sizeof in) {
                        assert_int_equal(in[0], got & 0xff);
                        assert_int_equal(in[MESSAGE - 1], got & 0xff);
                        got++;
                }
                run();
        }
        assert_int_equal(got, n);
        assert_true(pdane_outbox_is_empty(outbox));
        assert_int_equal(moved_ok, 1);
        assert_int_equal(moved_bad, 0);
}

static void
what_waits_has_a_limit(void **state)
{
        unsigned waiting = 1;
        (void)state;
        fill(0);
        while (pdane_outbox_put(outbox, message, sizeof message) == 0)
                waiting++;
        assert_int_equal(pdane_outbox_put(outbox, message, sizeof message), -ENOBUFS);
        assert_int_equal(waiting, PDANE_OUTBOX_MAX / MESSAGE);
}

static void
a_client_that_is_gone_is_told_of(void **state)
{
        (void)state;
        fill(3);
        close(fds[1]);
        fds[1] = -1;
        run();
        assert_int_equal(moved_bad, 1);
        assert_true(pdane_outbox_is_empty(outbox));
        assert_int_equal(pdane_outbox_put(outbox, message, 1), -EPIPE);
}

/* ---- key tags for status ---- */

static void
root_keys(void **state)
{
        /* Real keys: the root's of 2017 and 2024; state as libunbound writes it. */
        static const char text[] =
                "; autotrust trust anchor file\n"
                ";;id: . 1\n"
                ".\t86400\tIN\tDNSKEY\t257 3 8 "
                "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixH"
                "lFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WG"
                "e2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eN"
                "buv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6"
                "+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU= "
                ";{id = 20326 (ksk), size = 2048b} ;;state=2 [  VALID  ] ;;count=0\n"
                ". IN DS 38696 8 2 "
                "683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16\n"
                ". IN DS 38696 8 2 00\n"
                "nonsense\n. IN DS\n. IN DS x 8 2 00\n. IN DNSKEY 257 3 8 !!!!\n";
        struct pdane_root_key keys[PDANE_ROOT_KEYS_MAX];
        (void)state;
        assert_int_equal(pdane_root_keys_parse(text, keys, PDANE_ROOT_KEYS_MAX), 2);
        assert_int_equal(keys[0].tag, 20326);
        assert_string_equal(keys[0].state, "valid");
        assert_int_equal(keys[1].tag, 38696);
        assert_string_equal(keys[1].state, "");
        assert_int_equal(pdane_root_keys_parse(text, keys, 1), 1);
        assert_int_equal(pdane_root_keys_read("/nonexistent", keys, 1), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(a_quick_client_waits_for_nothing),
                TEST(a_slow_client_gets_all_in_order),
                TEST(what_waits_has_a_limit),
                TEST(a_client_that_is_gone_is_told_of),
                cmocka_unit_test(root_keys),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
