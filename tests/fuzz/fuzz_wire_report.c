/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line's requests and the daemon's reports (wire_report.c, wire_fields.c): what is
 * accepted comes out the same when it is written again. */
#include "fuzz.h"

#include <errno.h>

#include "common/wire_report.h"

static uint8_t again[PDANE_WIRE_MAX_REPLY], third[PDANE_WIRE_MAX_REPLY];

static void
read_request(struct fuzz_input in)
{
        struct pdane_control_request rq, second;
        size_t n;

        if (pdane_control_decode(in.data, in.len, &rq) < 0)
                return;
        FUZZ_CHECK(rq.type >= PDANE_CONTROL_CHECK && rq.type <= PDANE_CONTROL_WATCH);
        FUZZ_CHECK(rq.type != PDANE_CONTROL_CHECK || rq.host.data);
        if (rq.host.data)
                FUZZ_CHECK(rq.host.len > 0 && rq.host.len <= PDANE_HINT_NAME_MAX &&
                           !memchr(rq.host.data, 0, rq.host.len));
        FUZZ_CHECK(pdane_control_encode(&rq, again, sizeof again, &n) == 0 && n == in.len);
        FUZZ_CHECK(pdane_control_decode(again, n, &second) == 0);
        FUZZ_CHECK(rq.type == second.type && rq.port == second.port && rq.flags == second.flags &&
                   (rq.host.data ? pdane_bytes_equal(rq.host, second.host) : !second.host.data));
}

static void
read_part(struct fuzz_input in)
{
        struct pdane_part part, second;
        size_t n, m;

        memset(&part, 0xa5, sizeof part);
        if (pdane_part_decode(in.data, in.len, &part) < 0)
                return;
        FUZZ_CHECK(part.kind >= PDANE_PART_CONTEXT && part.kind <= PDANE_PART_LAST);
        FUZZ_CHECK(pdane_part_encode(&part, again, sizeof again, &n) == 0 && n == in.len);
        FUZZ_CHECK(pdane_part_decode(again, n, &second) == 0 && second.kind == part.kind);
        FUZZ_CHECK(pdane_part_encode(&second, third, sizeof third, &m) == 0 && m == n &&
                   memcmp(again, third, n) == 0);
}

static void
read_end(struct fuzz_input in)
{
        char text[257];
        uint32_t number;
        size_t n;

        if (pdane_end_decode(in.data, in.len, &number) == 0) {
                FUZZ_CHECK(pdane_end_encode(number, again, sizeof again, &n) == 0 && n == in.len &&
                           memcmp(again, in.data, n) == 0);
        }
        if (pdane_error_decode(in.data, in.len, text) == 0)
                for (const char *p = text; *p; p++)
                        FUZZ_CHECK(*p >= 0x20 && *p < 0x7f);
}

/* ---- writing ---- */

#define TEXT(kind, part, member)                                                                   \
        {                                                                                          \
                PDANE_PART_##kind, offsetof(struct pdane_part, part.member),                       \
                        sizeof((struct pdane_part *)0)->part.member                                \
        }

/* Texts end with a NUL, whoever writes them. */
static const struct {
        enum pdane_part_kind kind;
        size_t offset, size;
} texts[] = {
        TEXT(CONTEXT, context, host), TEXT(CONTEXT, context, ports),
        TEXT(DNS, dns, asked),        TEXT(DNS, dns, alias),
        TEXT(DNS, dns, addresses),    TEXT(DNS, dns, why),
        TEXT(PROBE, probe, why),      TEXT(CANDIDATE, candidate, culprit),
        TEXT(NAME, name, name),       TEXT(NAME, name, asked),
        TEXT(CLIENT, client, reason), TEXT(CLIENT, client, mend),
        TEXT(OUTCOME, outcome, why),  TEXT(VALUE, value, group),
        TEXT(VALUE, value, key),      TEXT(VALUE, value, text),
        TEXT(TRUSTED, trusted, host), TEXT(TRUSTED, trusted, subject),
        TEXT(EVENT, event, line),
};

/* What the members of every kind lie in, one after the other. */
static void
fill(struct fuzz_input *in, struct pdane_part *part)
{
        struct fuzz_input data = fuzz_blob(in);
        uint8_t *members = (uint8_t *)part + offsetof(struct pdane_part, context);
        size_t room = sizeof *part - offsetof(struct pdane_part, context);

        for (size_t i = 0; data.len > 0 && i < room; i++)
                members[i] = data.data[i % data.len];
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
                if (texts[i].kind == part->kind) {
                        char *text = (char *)part + texts[i].offset;

                        text[fuzz_u16(in) % texts[i].size] = '\0';
                        text[texts[i].size - 1] = '\0';
                }
}

/* Whatever stands in the struct, it is written so that it can be read, or not at all. */
static void
write_part(struct fuzz_input in)
{
        static struct pdane_part part;
        struct pdane_bytes own;
        struct pdane_part second;
        size_t n, m;

        memset(&part, 0, sizeof part);
        part.kind = (enum pdane_part_kind)fuzz_u8(&in);
        fill(&in, &part);
        own = (struct pdane_bytes){in.data, in.len};
        if (part.kind == PDANE_PART_RECORD)
                part.record.data = own;
        else if (part.kind == PDANE_PART_CERTIFICATE)
                part.certificate.der = own;
        else if (part.kind == PDANE_PART_TRUSTED)
                part.trusted.sha256 = own;
        if (pdane_part_encode(&part, again, sizeof again, &n) < 0)
                return;
        FUZZ_CHECK(n <= PDANE_PART_MAX);
        FUZZ_CHECK(pdane_part_decode(again, n, &second) == 0 && second.kind == part.kind);
        FUZZ_CHECK(pdane_part_encode(&second, third, sizeof third, &m) == 0 && m == n &&
                   memcmp(again, third, n) == 0);
        FUZZ_CHECK(pdane_part_decode(third, n - 1, &second) == -EBADMSG);
}

static void
write_request(struct fuzz_input in)
{
        struct pdane_control_request rq = {.type = (enum pdane_control)fuzz_u8(&in),
                                           .port = fuzz_u16(&in),
                                           .flags = fuzz_u8(&in)},
                                     second;
        size_t n;

        if (in.len > 0)
                rq.host = (struct pdane_bytes){in.data, in.len};
        if (pdane_control_encode(&rq, again, sizeof again, &n) < 0)
                return;
        FUZZ_CHECK(pdane_control_decode(again, n, &second) == 0 && second.type == rq.type);
        FUZZ_CHECK(pdane_control_decode(again, n - 1, &second) == -EBADMSG);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};

        switch (fuzz_pick(&in, 3)) {
        case 0:
                read_request(in);
                read_part(in);
                read_end(in);
                break;
        case 1:
                write_part(in);
                break;
        default:
                write_request(in);
                break;
        }
        return 0;
}
