/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests and parts: every kind there and back, every limit at it and one past, and whatever is
 * broken refused. */
#include <errno.h>

#include "common/wire_fields.h"
#include "common/wire_report.h"
#include "test.h"

static uint8_t buf[PDANE_WIRE_MAX_REQUEST + 64];
static uint8_t blob[PDANE_CERT_MAX + 1];

static struct pdane_bytes
text_bytes(const char *s)
{
        return (struct pdane_bytes){(const uint8_t *)s, strlen(s)};
}

/* ---- requests ---- */

static const struct pdane_control_request good[] = {
        {PDANE_CONTROL_CHECK, {(const uint8_t *)"a.test", 6}, 443, 0},
        {PDANE_CONTROL_CHECK, {(const uint8_t *)"a.test", 6}, 65535, PDANE_CHECK_FRESH},
        {PDANE_CONTROL_STATUS, {NULL, 0}, 0, 0},
        {PDANE_CONTROL_LIST, {NULL, 0}, 0, 0},
        {PDANE_CONTROL_FLUSH, {NULL, 0}, 0, 0},
        {PDANE_CONTROL_FLUSH, {(const uint8_t *)"a.test", 6}, 0, 0},
        {PDANE_CONTROL_FLUSH, {(const uint8_t *)"a.test", 6}, 25, 0},
        {PDANE_CONTROL_WATCH, {NULL, 0}, 0, 0},
};

static void
requests_there_and_back(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
                struct pdane_control_request out;
                size_t len = 0;
                assert_int_equal(pdane_control_encode(&good[i], buf, sizeof buf, &len), 0);
                assert_int_equal(pdane_control_decode(buf, len, &out), 0);
                assert_int_equal(out.type, good[i].type);
                assert_int_equal(out.port, good[i].port);
                assert_int_equal(out.flags, good[i].flags);
                assert_int_equal(out.host.len, good[i].host.len);
                for (size_t cut = 0; cut < len; cut++)
                        assert_true(pdane_control_decode(buf, cut, &out) < 0);
                buf[len] = 0;
                assert_int_equal(pdane_control_decode(buf, len + 1, &out), -EBADMSG);
                buf[2]++;
                assert_int_equal(pdane_control_decode(buf, len, &out), -EPROTONOSUPPORT);
        }
}

static void
requests_refused(void **state)
{
        const struct pdane_control_request bad[] = {
                {PDANE_CONTROL_CHECK, {NULL, 0}, 443, 0},
                {PDANE_CONTROL_CHECK, {(const uint8_t *)"a.test", 6}, 0, 0},
                {PDANE_CONTROL_CHECK, {(const uint8_t *)"a.test", 6}, 443, 2},
                {PDANE_CONTROL_CHECK, {(const uint8_t *)"a\0test", 6}, 443, 0},
                {PDANE_CONTROL_FLUSH, {NULL, 0}, 443, 0},
                {PDANE_CONTROL_FLUSH, {(const uint8_t *)"a.test", 6}, 0, 1},
                {PDANE_CONTROL_STATUS, {(const uint8_t *)"a.test", 6}, 0, 0},
                {PDANE_CONTROL_LIST, {NULL, 0}, 1, 0},
                {PDANE_CONTROL_PART, {NULL, 0}, 0, 0},
                {PDANE_CONTROL_END, {NULL, 0}, 0, 0},
                {(enum pdane_control)PDANE_MESSAGE_HINT, {NULL, 0}, 0, 0},
        };
        size_t len = 77;
        (void)state;
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                assert_int_equal(pdane_control_encode(&bad[i], buf, sizeof buf, &len), -EINVAL);
        assert_int_equal(len, 77);
}

static void
request_limits(void **state)
{
        struct pdane_control_request rq = {PDANE_CONTROL_CHECK, {blob, PDANE_HINT_NAME_MAX}, 1, 0};
        struct pdane_control_request out;
        size_t len = 0;
        (void)state;
        memset(blob, 'a', sizeof blob);
        assert_int_equal(pdane_control_encode(&rq, buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_control_decode(buf, len, &out), 0);
        rq.host.len++;
        assert_int_equal(pdane_control_encode(&rq, buf, sizeof buf, &len), -EMSGSIZE);
        rq.host = text_bytes("a.test");
        assert_int_equal(pdane_control_encode(&rq, buf, 8, &len), -EMSGSIZE);
}

/* A request whose flags or NUL only the decoder can see, and a field where there is none. */
static void
requests_forged(void **state)
{
        struct pdane_control_request out;
        size_t len = 0;
        (void)state;
        assert_int_equal(pdane_control_encode(&good[0], buf, sizeof buf, &len), 0);
        buf[len - 1] = 2; /* flags */
        assert_int_equal(pdane_control_decode(buf, len, &out), -EBADMSG);
        buf[len - 1] = 0;
        buf[PDANE_WIRE_HEADER + PDANE_FIELD_HEADER + 1] = '\0';
        assert_int_equal(pdane_control_decode(buf, len, &out), -EBADMSG);

        assert_int_equal(pdane_control_encode(&good[0], buf, sizeof buf, &len), 0);
        buf[3] = PDANE_CONTROL_STATUS;
        assert_int_equal(pdane_control_decode(buf, len, &out), -EBADMSG);
        buf[3] = PDANE_CONTROL_PART;
        assert_int_equal(pdane_control_decode(buf, len, &out), -EBADMSG);
        buf[3] = PDANE_MESSAGE_QUESTION;
        assert_int_equal(pdane_control_decode(buf, len, &out), -EBADMSG);
}

static void
end_and_error(void **state)
{
        uint32_t number = 0;
        char text[257];
        size_t len = 0;
        (void)state;
        assert_int_equal(pdane_end_encode(70000, buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_end_decode(buf, len, &number), 0);
        assert_int_equal(number, 70000);
        assert_int_equal(pdane_end_decode(buf, len - 1, &number), -EBADMSG);
        assert_int_equal(pdane_error_encode("busy", buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_error_decode(buf, len, text), 0);
        assert_string_equal(text, "busy");
        buf[len - 1] = 0x1b;
        assert_int_equal(pdane_error_decode(buf, len, text), -EBADMSG);
        assert_int_equal(pdane_end_decode(buf, len, &number), -EBADMSG);
}

/* ---- parts ---- */

/* One of each kind, with something in every field. */
static size_t
samples(struct pdane_part ret[PDANE_PART_LAST])
{
        struct pdane_part all[] = {
                {.kind = PDANE_PART_CONTEXT,
                 .context = {443, PDANE_CONTEXT_HELD, 1800000000, -1, INT64_MAX, "a.test",
                             "443,25"}},
                {.kind = PDANE_PART_DNS,
                 .dns = {52, 3, PDANE_DNS_DECIDED, 1800000100, "_443._tcp.a.test", "b.test",
                         "192.0.2.1,2001:db8::1", "why not", "a.test"}},
                {.kind = PDANE_PART_RECORD, .record = {3, 1, 1, 1, 32, {blob, 32}}},
                {.kind = PDANE_PART_PROBE, .probe = {1, 9, "192.0.2.1: connection refused"}},
                {.kind = PDANE_PART_CANDIDATE,
                 .candidate = {1, 2, 3, 1, 5, 6, 7, 1, 1800000200, "*.x.test"}},
                {.kind = PDANE_PART_CERTIFICATE,
                 .certificate = {PDANE_POSITION_AUTHORITY, {blob, PDANE_CERT_MAX}}},
                {.kind = PDANE_PART_NAME,
                 .name = {1, 2, 1, 4, 5, 1, 1800000300, "*.x.test", "r.x.test"}},
                {.kind = PDANE_PART_CLIENT, .client = {4, 0, "not valid yet", "wait"}},
                {.kind = PDANE_PART_OUTCOME, .outcome = {9, 3, 1800000400, "x"}},
                {.kind = PDANE_PART_STAGE, .stage = {2}},
                {.kind = PDANE_PART_VALUE, .value = {1, -5, "dns", "upstream", "recursion"}},
                {.kind = PDANE_PART_TRUSTED,
                 .trusted = {443, 1, 1, 31, 1800000500, "*.t.test", "CN=t", {blob, 32}}},
                {.kind = PDANE_PART_EVENT, .event = {1800000600, "event=answer items=1"}},
        };
        memcpy(ret, all, sizeof all);
        return sizeof all / sizeof *all;
}

/* What a part says, as bytes: its own encoding, since structs have holes. */
static void
parts_there_and_back(void **state)
{
        static uint8_t again[PDANE_PART_MAX];
        struct pdane_part all[PDANE_PART_LAST], out;
        size_t n = samples(all), len = 0, len_again = 0;
        (void)state;
        assert_int_equal(n, PDANE_PART_LAST);
        for (size_t i = 0; i < n; i++) {
                assert_int_equal(all[i].kind, i + 1);
                assert_int_equal(pdane_part_encode(&all[i], buf, sizeof buf, &len), 0);
                memset(&out, 0xee, sizeof out);
                assert_int_equal(pdane_part_decode(buf, len, &out), 0);
                assert_int_equal(pdane_part_encode(&out, again, sizeof again, &len_again), 0);
                assert_int_equal(len, len_again);
                assert_memory_equal(buf, again, len);
                for (size_t cut = 0; cut<len; cut += len> 4096 ? 97 : 1)
                        assert_true(pdane_part_decode(buf, cut, &out) < 0);
                buf[len] = 0;
                assert_int_equal(pdane_part_decode(buf, len + 1, &out), -EBADMSG);
        }
        assert_int_equal(pdane_part_encode(&all[1], buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_part_decode(buf, len, &out), 0);
        assert_int_equal(out.dns.verdict, 3);
        assert_int_equal(out.dns.until, 1800000100);
        assert_string_equal(out.dns.why, "why not");
        assert_string_equal(out.dns.alias, "b.test");
        assert_string_equal(out.dns.signer, "a.test");
}

static void
parts_limits(void **state)
{
        struct pdane_part p = {.kind = PDANE_PART_CERTIFICATE,
                               .certificate = {0, {blob, PDANE_CERT_MAX + 1}}};
        struct pdane_part out;
        size_t len = 0;
        (void)state;
        assert_int_equal(pdane_part_encode(&p, buf, sizeof buf, &len), -EMSGSIZE);
        p = (struct pdane_part){.kind = PDANE_PART_RECORD,
                                .record = {.data = {blob, PDANE_REPORT_DATA_MAX}}};
        assert_int_equal(pdane_part_encode(&p, buf, sizeof buf, &len), 0);
        p.record.data.len++;
        assert_int_equal(pdane_part_encode(&p, buf, sizeof buf, &len), -EMSGSIZE);
        p.record.data.data = NULL;
        assert_int_equal(pdane_part_encode(&p, buf, sizeof buf, &len), -EINVAL);

        p = (struct pdane_part){.kind = PDANE_PART_EVENT};
        memset(p.event.line, 'x', PDANE_REPORT_EVENT_MAX);
        assert_int_equal(pdane_part_encode(&p, buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_part_decode(buf, len, &out), 0);
        assert_int_equal(strlen(out.event.line), PDANE_REPORT_EVENT_MAX);

        p.kind = (enum pdane_part_kind)0;
        assert_int_equal(pdane_part_encode(&p, buf, sizeof buf, &len), -EINVAL);
        p.kind = (enum pdane_part_kind)(PDANE_PART_LAST + 1);
        assert_int_equal(pdane_part_encode(&p, buf, sizeof buf, &len), -EINVAL);
}

/* What comes from the network is shown on terminals: neither end lets an escape through. */
static void
texts_are_printable(void **state)
{
        struct pdane_part p = {.kind = PDANE_PART_OUTCOME, .outcome = {.why = "a\033[31m\nb\xc3"}};
        struct pdane_part out;
        size_t len = 0;
        (void)state;
        assert_int_equal(pdane_part_encode(&p, buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_part_decode(buf, len, &out), 0);
        assert_string_equal(out.outcome.why, "a?[31m?b?");
        assert_int_equal(buf[len - 1], '?');
        for (unsigned c = 0; c < 256; c++) {
                buf[len - 1] = (uint8_t)c;
                assert_int_equal(pdane_part_decode(buf, len, &out),
                                 c >= 0x20 && c <= 0x7e ? 0 : -EBADMSG);
        }
}

static void
parts_forged(void **state)
{
        struct pdane_part p = {.kind = PDANE_PART_STAGE, .stage = {1}}, out;
        size_t len = 0;
        (void)state;
        assert_int_equal(pdane_part_encode(&p, buf, sizeof buf, &len), 0);
        uint8_t *kind = buf + PDANE_WIRE_HEADER + PDANE_FIELD_HEADER;
        for (unsigned k = 0; k < 256; k++) {
                *kind = (uint8_t)k;
                assert_int_equal(pdane_part_decode(buf, len, &out),
                                 k == PDANE_PART_STAGE ? 0 : -EBADMSG);
        }
        /* The kind must stand first: here the other field does. */
        assert_int_equal(pdane_part_encode(&p, buf, sizeof buf, &len), 0);
        uint8_t first[5], second[8];
        memcpy(first, buf + PDANE_WIRE_HEADER, sizeof first);
        memcpy(second, buf + PDANE_WIRE_HEADER + 5, sizeof second);
        second[4] = PDANE_PART_STAGE; /* what a careless reader would take for the kind */
        memcpy(buf + PDANE_WIRE_HEADER, second, sizeof second);
        memcpy(buf + PDANE_WIRE_HEADER + 8, first, sizeof first);
        assert_int_equal(pdane_part_decode(buf, len, &out), -EBADMSG);
        assert_int_equal(pdane_end_encode(1, buf, sizeof buf, &len), 0);
        assert_int_equal(pdane_part_decode(buf, len, &out), -EBADMSG);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(requests_there_and_back),
                cmocka_unit_test(requests_refused),
                cmocka_unit_test(request_limits),
                cmocka_unit_test(requests_forged),
                cmocka_unit_test(end_and_error),
                cmocka_unit_test(parts_there_and_back),
                cmocka_unit_test(parts_limits),
                cmocka_unit_test(texts_are_printable),
                cmocka_unit_test(parts_forged),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
