/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "common/wire.h"
#include "test.h"

static uint8_t big[UINT16_MAX + 1];

static struct pdane_bytes
run_of(size_t len)
{
        return (struct pdane_bytes){big, len};
}

static struct pdane_item
sample_item(void)
{
        return (struct pdane_item){
                .flags = PDANE_ITEM_CERTIFICATE | PDANE_ITEM_TRUSTED,
                .trust = PDANE_TRUST_PEER,
                .expires_s = 300,
                .value = run_of(500),
                .subject = run_of(20),
                .issuer = run_of(21),
                .serial = run_of(5),
                .spki = run_of(91),
                .id = run_of(20),
                .label = run_of(10),
                .sha1 = run_of(20),
                .sha256 = run_of(32),
        };
}

static void
question_round_trip(void **state)
{
        uint8_t buf[256];
        size_t len = 0;
        struct pdane_question q = {PDANE_CLIENT_GNUTLS,
                                   run_of(10),
                                   run_of(3),
                                   {NULL, 0},
                                   {NULL, 0},
                                   false},
                              got;
        (void)state;
        assert_int_equal(pdane_question_encode(&q, buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_question_decode(buf, len, &got), 0);
        assert_int_equal(got.client, PDANE_CLIENT_GNUTLS);
        assert_true(pdane_bytes_equal(got.issuer, q.issuer));
        assert_true(pdane_bytes_equal(got.serial, q.serial));
        assert_false(pdane_bytes_present(got.subject));
        assert_false(pdane_bytes_present(got.value));
}

static void
question_limits(void **state)
{
        static uint8_t buf[PDANE_WIRE_MAX_REQUEST];
        size_t len = 0;
        struct pdane_question got;
        (void)state;
        struct pdane_question q = {PDANE_CLIENT_NSS, run_of(PDANE_DN_MAX), run_of(PDANE_SERIAL_MAX),
                                   run_of(PDANE_DN_MAX), run_of(PDANE_CERT_MAX), true};
        assert_int_equal(pdane_question_encode(&q, buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_question_decode(buf, len, &got), 0);
        assert_true(got.wants_table);
        struct pdane_question over[] = {q, q, q, q};
        over[0].issuer.len++;
        over[1].serial.len++;
        over[2].subject.len++;
        over[3].value.len++;
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(pdane_question_encode(&over[i], buf, sizeof buf, &len), -EMSGSIZE);
        q.client = (enum pdane_client)(PDANE_CLIENT_LAST + 1);
        assert_int_equal(pdane_question_encode(&q, buf, sizeof buf, &len), -EINVAL);
        q.client = PDANE_CLIENT_NSS;
        assert_int_equal(pdane_question_encode(&q, buf, 100, &len), -EMSGSIZE);
}

/* Every single truncation and every appended byte is refused. */
static void
question_must_be_whole(void **state)
{
        uint8_t buf[256];
        size_t len = 0;
        struct pdane_question q = {PDANE_CLIENT_NSS, run_of(10), run_of(3),
                                   run_of(4),        {NULL, 0},  true},
                              got;
        (void)state;
        assert_int_equal(pdane_question_encode(&q, buf, sizeof buf - 1, &len), 0);
        for (size_t n = 0; n < len; n++)
                assert_int_equal(pdane_question_decode(buf, n, &got), -EBADMSG);
        buf[len] = 0;
        assert_int_equal(pdane_question_decode(buf, len + 1, &got), -EBADMSG);
        /* ... even when the length field takes the truncation or the trailing byte in. */
        for (size_t n = PDANE_WIRE_HEADER; n <= len + 1; n++) {
                buf[7] = (uint8_t)(n - PDANE_WIRE_HEADER);
                int r = pdane_question_decode(buf, n, &got);
                bool at_field_end = n == PDANE_WIRE_HEADER + 5 || n == PDANE_WIRE_HEADER + 19 ||
                                    n == PDANE_WIRE_HEADER + 26 ||
                                    n == PDANE_WIRE_HEADER + 34 || n == len;
                assert_int_equal(r, at_field_end ? 0 : -EBADMSG);
        }
}

static void
header_defects(void **state)
{
        uint8_t buf[64];
        size_t len = 0;
        enum pdane_message type;
        struct pdane_question q = {PDANE_CLIENT_NSS, run_of(10), run_of(3),
                                   {NULL, 0},        {NULL, 0},  false},
                              got;
        (void)state;
        assert_int_equal(pdane_question_encode(&q, buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_message_type(buf, len, &type), 0);
        assert_int_equal(type, PDANE_MESSAGE_QUESTION);
        struct {
                size_t at;
                uint8_t value;
                int result;
        } defects[] = {{0, 'X', -EBADMSG},       {1, 'X', -EBADMSG},
                       {2, 2, -EPROTONOSUPPORT}, {2, 0, -EPROTONOSUPPORT},
                       {3, 0, -EBADMSG},         {3, 9, -EBADMSG},
                       {4, 1, -EBADMSG},         {3, PDANE_MESSAGE_ANSWER, -EBADMSG}};
        for (size_t i = 0; i < sizeof defects / sizeof *defects; i++) {
                uint8_t bad[64];
                memcpy(bad, buf, len);
                bad[defects[i].at] = defects[i].value;
                assert_int_equal(pdane_question_decode(bad, len, &got), defects[i].result);
        }
}

/* Hand-made bodies: unknown tag, tag 0, a field twice, a length past its limit, a missing required
 * field, a client out of range. */
static void
field_defects(void **state)
{
        static const struct {
                uint8_t body[16];
                uint8_t len;
        } bad[] = {
                {{0, 9, 0, 1, 1}, 5},
                {{0, 0, 0, 1, 1}, 5},
                {{0, 1, 0, 1, 1, 0, 1, 0, 1, 1}, 10},
                {{0, 1, 0, 1, 1, 0, 2, 0xff, 0xff, 1}, 10},
                {{0, 1, 0, 2, 1, 1}, 6},
                {{0, 1, 0, 1, 1, 0, 6, 0, 1, 0}, 10}, /* wants a table: 1 or absent */
                {{0, 3, 0, 1, 1}, 5},
                {{0, 1, 0, 1, 0}, 5},
                {{0, 1, 0, 1, 5}, 5},
                {{0, 1, 0, 1, 1, 0, 3, 0, 0}, 9}, /* an empty serial is no serial */
                {{0}, 0},
        };
        struct pdane_question got;
        (void)state;
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                uint8_t buf[32] = {'P', 'D', PDANE_WIRE_VERSION, PDANE_MESSAGE_QUESTION, 0,
                                   0,   0,   bad[i].len};
                memcpy(buf + 8, bad[i].body, bad[i].len);
                assert_int_equal(pdane_question_decode(buf, 8u + bad[i].len, &got), -EBADMSG);
        }
}

static void
answer_round_trip(void **state)
{
        static uint8_t buf[PDANE_WIRE_MAX_REPLY];
        static struct pdane_answer a, got;
        size_t len = 0;
        (void)state;
        a = (struct pdane_answer){
                .remember_s = 60, .n_items = 2, .items = {sample_item(), sample_item()}};
        a.items[1].trust = PDANE_TRUST_ANCHOR;
        a.items[1].flags = PDANE_ITEM_FLAGS;
        assert_int_equal(pdane_answer_encode(&a, buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_answer_decode(buf, len, &got), 0);
        assert_int_equal(got.remember_s, 60);
        assert_int_equal(got.n_items, 2);
        assert_int_equal(got.items[0].trust, PDANE_TRUST_PEER);
        assert_int_equal(got.items[1].trust, PDANE_TRUST_ANCHOR);
        assert_int_equal(got.items[1].flags, PDANE_ITEM_FLAGS);
        assert_int_equal(got.items[0].expires_s, 300);
        assert_true(pdane_bytes_equal(got.items[0].value, a.items[0].value));
        assert_true(pdane_bytes_equal(got.items[0].spki, a.items[0].spki));
        assert_true(pdane_bytes_equal(got.items[0].sha256, a.items[0].sha256));
        for (size_t n = 0; n < len; n++)
                assert_int_not_equal(pdane_answer_decode(buf, n, &got), 0);
}

static void
answer_limits(void **state)
{
        static uint8_t buf[PDANE_WIRE_MAX_REPLY + 16];
        static struct pdane_answer a, got;
        size_t len = 0;
        (void)state;
        a = (struct pdane_answer){.n_items = PDANE_ANSWER_MAX_ITEMS};
        for (size_t i = 0; i < PDANE_ANSWER_MAX_ITEMS; i++)
                a.items[i] = sample_item();
        assert_int_equal(pdane_answer_encode(&a, buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_answer_decode(buf, len, &got), 0);
        assert_int_equal(got.n_items, PDANE_ANSWER_MAX_ITEMS);

        /* One item more, on the wire: append a copy of the last one. */
        size_t item = (len - PDANE_WIRE_HEADER - 8) / PDANE_ANSWER_MAX_ITEMS;
        memcpy(buf + len, buf + len - item, item);
        len += item;
        uint32_t body = (uint32_t)(len - PDANE_WIRE_HEADER);
        buf[6] = (uint8_t)(body >> 8);
        buf[7] = (uint8_t)body;
        assert_int_equal(pdane_answer_decode(buf, len, &got), -EBADMSG);

        a.n_items++;
        assert_int_equal(pdane_answer_encode(&a, buf, sizeof buf, &len), -EMSGSIZE);
        a.n_items = 1;
        a.items[0].expires_s = 0;
        assert_int_equal(pdane_answer_encode(&a, buf, sizeof buf, &len), -EINVAL);
        a.items[0] = sample_item();
        a.items[0].flags = PDANE_ITEM_FLAGS + 1;
        assert_int_equal(pdane_answer_encode(&a, buf, sizeof buf, &len), -EINVAL);
        a.items[0] = sample_item();
        a.items[0].spki.data = NULL;
        assert_int_equal(pdane_answer_encode(&a, buf, sizeof buf, &len), -EINVAL);
        a.items[0] = sample_item();
        a.items[0].sha256.len = 31;
        assert_int_equal(pdane_answer_encode(&a, buf, sizeof buf, &len), -EINVAL);
        a.items[0] = sample_item();
        a.items[0].value.len = PDANE_CERT_MAX;
        assert_int_equal(pdane_answer_encode(&a, buf, sizeof buf, &len), 0);
        a.items[0].value.len++;
        assert_int_equal(pdane_answer_encode(&a, buf, sizeof buf, &len), -EMSGSIZE);
        /* Eight items of the greatest size are more than a message: refused, not cut. */
        for (size_t i = 0; i < PDANE_ANSWER_MAX_ITEMS; i++) {
                a.items[i] = sample_item();
                a.items[i].value.len = PDANE_CERT_MAX;
        }
        a.n_items = PDANE_ANSWER_MAX_ITEMS;
        assert_int_equal(pdane_answer_encode(&a, buf, sizeof buf, &len), -EMSGSIZE);
}

static void
pending_and_error(void **state)
{
        uint8_t buf[512];
        size_t len = 0;
        uint32_t ms = 0;
        enum pdane_message type;
        char text[258];
        (void)state;
        assert_int_equal(pdane_pending_encode(4500, buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_pending_decode(buf, len, &ms), 0);
        assert_int_equal(ms, 4500);
        assert_int_equal(pdane_pending_decode(buf, len - 1, &ms), -EBADMSG);
        assert_int_equal(pdane_error_encode("version", buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_message_type(buf, len, &type), 0);
        assert_int_equal(type, PDANE_MESSAGE_ERROR);
        assert_int_equal(pdane_pending_decode(buf, len, &ms), -EBADMSG);
        memset(text, 'x', sizeof text);
        text[257] = '\0';
        assert_int_equal(pdane_error_encode(text, buf, sizeof buf, &len), -EMSGSIZE);
        assert_int_equal(pdane_error_encode(text + 1, buf, sizeof buf, &len), 0);
}

static void
hints(void **state)
{
        uint8_t buf[PDANE_HINT_NAME_MAX + 64];
        size_t len = 0;
        enum pdane_message type;
        struct pdane_hint h = {{(const uint8_t *)"host.test", 9}, true}, got;
        (void)state;
        assert_int_equal(pdane_hint_encode(&h, buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_hint_decode(buf, len, &got), 0);
        assert_true(pdane_bytes_equal(got.name, h.name));
        assert_true(got.wait);
        for (size_t n = 0; n < len; n++)
                assert_int_equal(pdane_hint_decode(buf, n, &got), -EBADMSG);
        buf[len - 1] = 2;
        assert_int_equal(pdane_hint_decode(buf, len, &got), -EBADMSG);
        buf[len - 1] = 0;
        buf[PDANE_WIRE_HEADER + 6] = 0; /* a NUL in the name */
        assert_int_equal(pdane_hint_decode(buf, len, &got), -EBADMSG);
        h.name = run_of(PDANE_HINT_NAME_MAX);
        memset(big, 'a', PDANE_HINT_NAME_MAX + 1);
        assert_int_equal(pdane_hint_encode(&h, buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_hint_decode(buf, len, &got), 0);
        h.name.len++;
        assert_int_equal(pdane_hint_encode(&h, buf, sizeof buf, &len), -EMSGSIZE);
        h.name = (struct pdane_bytes){(const uint8_t *)"a\0b", 3};
        assert_int_equal(pdane_hint_encode(&h, buf, sizeof buf, &len), -EINVAL);
        h.name.len = 0;
        assert_int_equal(pdane_hint_encode(&h, buf, sizeof buf, &len), -EINVAL);
        assert_int_equal(pdane_done_encode(buf, sizeof buf, &len), 0);
        assert_int_equal(len, PDANE_WIRE_HEADER);
        assert_int_equal(pdane_message_type(buf, len, &type), 0);
        assert_int_equal(type, PDANE_MESSAGE_DONE);
}

static bool
serials(const char *der, size_t n, const char *either, size_t m)
{
        return pdane_serial_equal((struct pdane_bytes){(const uint8_t *)der, n},
                                  (struct pdane_bytes){(const uint8_t *)either, m});
}

static void
serial_forms(void **state)
{
        (void)state;
        assert_true(serials("\x02\x02\x12\x34", 4, "\x02\x02\x12\x34", 4));
        assert_true(serials("\x02\x02\x12\x34", 4, "\x12\x34", 2));
        assert_true(serials("\x02\x02\x00\x84", 4, "\x00\x84", 2));
        assert_false(serials("\x02\x02\x00\x84", 4, "\x84", 1));
        assert_false(serials("\x02\x02\x12\x34", 4, "\x12\x35", 2));
        assert_false(serials("\x02\x03\x12\x34", 4, "\x12\x34", 2));
        assert_false(serials("\x04\x02\x12\x34", 4, "\x12\x34", 2));
        assert_false(serials("\x12\x34", 2, "\x02\x02\x12\x34", 4));
        assert_false(
                pdane_serial_equal((struct pdane_bytes){NULL, 0}, (struct pdane_bytes){NULL, 0}));
        assert_false(serials("\x02\x02\x12\x34", 4, NULL, 0));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(question_round_trip),    cmocka_unit_test(question_limits),
                cmocka_unit_test(question_must_be_whole), cmocka_unit_test(header_defects),
                cmocka_unit_test(field_defects),          cmocka_unit_test(answer_round_trip),
                cmocka_unit_test(answer_limits),          cmocka_unit_test(pending_and_error),
                cmocka_unit_test(serial_forms),           cmocka_unit_test(hints),
        };
        for (size_t i = 0; i < sizeof big; i++)
                big[i] = (uint8_t)(i * 7 + 1);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
