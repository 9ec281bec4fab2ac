/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages to the daemon (wire.c). Whatever is accepted comes out the same after encoding it again;
 * whatever can be encoded is accepted. The first byte says which. */
#include "fuzz.h"

#include <errno.h>

#include "common/wire.h"

static uint8_t again[PDANE_WIRE_MAX_REQUEST];

/* Present and within the input: results point into it. */
static bool
lies_in(struct pdane_bytes b, const uint8_t *data, size_t len)
{
        return b.data >= data && b.len <= len && b.data <= data + (len - b.len);
}

static bool
same(struct pdane_bytes a, struct pdane_bytes b)
{
        return (!a.data && !b.data) || pdane_bytes_equal(a, b);
}

static void
check_same_question(const struct pdane_question *a, const struct pdane_question *b)
{
        FUZZ_CHECK(a->client == b->client && a->wants_table == b->wants_table &&
                   same(a->issuer, b->issuer) && same(a->serial, b->serial) &&
                   same(a->subject, b->subject) && same(a->value, b->value));
}

static void
check_question_fields(const struct pdane_question *q, const uint8_t *data, size_t len)
{
        const struct pdane_bytes fields[] = {q->issuer, q->serial, q->subject, q->value};
        const size_t most[] = {PDANE_DN_MAX, PDANE_SERIAL_MAX, PDANE_DN_MAX, PDANE_CERT_MAX};

        FUZZ_CHECK(q->client >= PDANE_CLIENT_MOZPKIX && q->client <= PDANE_CLIENT_LAST);
        for (size_t i = 0; i < 4; i++)
                FUZZ_CHECK(!fields[i].data || (fields[i].len > 0 && fields[i].len <= most[i] &&
                                               lies_in(fields[i], data, len)));
}

static void
decode_question(const uint8_t *data, size_t len)
{
        struct pdane_question q, second;
        enum pdane_message type;
        size_t n;

        memset(&q, 0xa5, sizeof q);
        second = q;
        if (pdane_question_decode(data, len, &q) < 0) {
                FUZZ_CHECK(memcmp(&q, &second, sizeof q) == 0);
                return;
        }
        FUZZ_CHECK(pdane_message_type(data, len, &type) == 0 && type == PDANE_MESSAGE_QUESTION);
        check_question_fields(&q, data, len);
        FUZZ_CHECK(pdane_question_encode(&q, again, sizeof again, &n) == 0 && n == len);
        FUZZ_CHECK(pdane_question_decode(again, n, &second) == 0);
        check_same_question(&q, &second);
        FUZZ_CHECK(pdane_question_encode(&q, again, n - 1, &n) == -EMSGSIZE && n == len);
}

static void
decode_hint(const uint8_t *data, size_t len)
{
        struct pdane_hint h, second;
        size_t n;

        if (pdane_hint_decode(data, len, &h) < 0)
                return;
        FUZZ_CHECK(h.name.len > 0 && h.name.len <= PDANE_HINT_NAME_MAX &&
                   lies_in(h.name, data, len) && !memchr(h.name.data, 0, h.name.len));
        FUZZ_CHECK(pdane_hint_encode(&h, again, sizeof again, &n) == 0 && n == len);
        FUZZ_CHECK(pdane_hint_decode(again, n, &second) == 0);
        FUZZ_CHECK(h.wait == second.wait && pdane_bytes_equal(h.name, second.name));
}

/* Cut or longer by one byte it is no message. */
static void
check_exact(const uint8_t *message, size_t n)
{
        struct pdane_question q;
        struct pdane_hint h;
        uint8_t *longer = malloc(n + 1);

        FUZZ_CHECK(longer);
        memcpy(longer, message, n);
        longer[n] = 0;
        for (size_t len = n - 1; len <= n + 1; len += 2) {
                FUZZ_CHECK(pdane_question_decode(longer, len, &q) == -EBADMSG);
                FUZZ_CHECK(pdane_hint_decode(longer, len, &h) == -EBADMSG);
        }
        free(longer);
}

static struct pdane_bytes
field(struct fuzz_input *in)
{
        struct fuzz_input part = fuzz_blob(in);

        return part.len > 0 ? (struct pdane_bytes){part.data, part.len} : (struct pdane_bytes){0};
}

static void
encode_question(struct fuzz_input in)
{
        uint8_t client = fuzz_u8(&in);
        struct pdane_question q = {.client = (enum pdane_client)(client & 0x7f),
                                   .wants_table = client & 0x80},
                              second;
        size_t n = 0;
        int r;

        q.issuer = field(&in);
        q.serial = field(&in);
        q.subject = field(&in);
        q.value = field(&in);
        r = pdane_question_encode(&q, again, sizeof again, &n);
        FUZZ_CHECK(r == 0 || ((r == -EINVAL || r == -EMSGSIZE) && n == 0));
        if (r < 0)
                return;
        FUZZ_CHECK(pdane_question_decode(again, n, &second) == 0);
        check_same_question(&q, &second);
        check_exact(again, n);
}

static void
encode_hint(struct fuzz_input in)
{
        struct pdane_hint h = {.wait = fuzz_u8(&in) & 1}, second;
        size_t n = 0;
        int r;

        h.name = field(&in);
        r = pdane_hint_encode(&h, again, sizeof again, &n);
        FUZZ_CHECK(r == 0 || ((r == -EINVAL || r == -EMSGSIZE) && n == 0));
        if (r < 0)
                return;
        FUZZ_CHECK(pdane_hint_decode(again, n, &second) == 0);
        FUZZ_CHECK(h.wait == second.wait && pdane_bytes_equal(h.name, second.name));
        check_exact(again, n);
}

/* The same number in both forms, both ways round; never two numbers of different length. */
static void
compare_serials(struct fuzz_input in)
{
        struct pdane_bytes a = field(&in), b = field(&in);

        if (pdane_serial_equal(a, b))
                FUZZ_CHECK(a.len == b.len || a.len == b.len + 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};

        switch (fuzz_pick(&in, 4)) {
        case 0:
                decode_question(in.data, in.len);
                decode_hint(in.data, in.len);
                break;
        case 1:
                encode_question(in);
                break;
        case 2:
                encode_hint(in);
                break;
        default:
                compare_serials(in);
                break;
        }
        return 0;
}
