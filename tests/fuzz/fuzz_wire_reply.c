/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages from the daemon (wire.c), as the modules read them. The first byte says which way. */
#include "fuzz.h"

#include <errno.h>

#include "common/wire.h"

static uint8_t again[PDANE_WIRE_MAX_REPLY];

static bool
lies_in(struct pdane_bytes b, const uint8_t *data, size_t len)
{
        return b.data >= data && b.len <= len && b.data <= data + (len - b.len);
}

/* The members of an item that are bytes, with their limits in docs/protocol.md. */
static const struct {
        size_t offset, least, most;
} members[] = {
        {offsetof(struct pdane_item, value), 1, PDANE_CERT_MAX},
        {offsetof(struct pdane_item, subject), 2, PDANE_DN_MAX},
        {offsetof(struct pdane_item, issuer), 2, PDANE_DN_MAX},
        {offsetof(struct pdane_item, serial), 3, PDANE_SERIAL_MAX},
        {offsetof(struct pdane_item, spki), 1, PDANE_SPKI_MAX},
        {offsetof(struct pdane_item, id), 1, PDANE_ID_MAX},
        {offsetof(struct pdane_item, label), 0, PDANE_LABEL_MAX},
        {offsetof(struct pdane_item, sha1), 20, 20},
        {offsetof(struct pdane_item, sha256), 32, 32},
};
#define MEMBERS (sizeof members / sizeof *members)

static struct pdane_bytes
member(const struct pdane_item *item, size_t i)
{
        struct pdane_bytes b;

        memcpy(&b, (const char *)item + members[i].offset, sizeof b);
        return b;
}

static void
check_item(const struct pdane_item *item, const uint8_t *data, size_t len)
{
        FUZZ_CHECK((item->flags & ~PDANE_ITEM_FLAGS) == 0);
        FUZZ_CHECK((unsigned)item->trust <= PDANE_TRUST_ANCHOR);
        FUZZ_CHECK(item->expires_s >= 1);
        for (size_t i = 0; i < MEMBERS; i++) {
                struct pdane_bytes b = member(item, i);

                FUZZ_CHECK(b.data && b.len >= members[i].least && b.len <= members[i].most);
                FUZZ_CHECK(lies_in(b, data, len));
        }
}

static void
check_same(const struct pdane_answer *a, const struct pdane_answer *b)
{
        FUZZ_CHECK(a->remember_s == b->remember_s && a->n_items == b->n_items);
        for (size_t i = 0; i < a->n_items; i++) {
                FUZZ_CHECK(a->items[i].flags == b->items[i].flags &&
                           a->items[i].trust == b->items[i].trust &&
                           a->items[i].expires_s == b->items[i].expires_s);
                for (size_t m = 0; m < MEMBERS; m++)
                        FUZZ_CHECK(pdane_bytes_equal(member(&a->items[i], m),
                                                     member(&b->items[i], m)));
        }
}

static void
decode(const uint8_t *data, size_t len)
{
        struct pdane_answer a, second;
        enum pdane_message type;
        uint32_t wait_ms, wait_again;
        size_t n;

        if (pdane_answer_decode(data, len, &a) == 0) {
                FUZZ_CHECK(pdane_message_type(data, len, &type) == 0 &&
                           type == PDANE_MESSAGE_ANSWER);
                FUZZ_CHECK(a.n_items <= PDANE_ANSWER_MAX_ITEMS);
                for (size_t i = 0; i < a.n_items; i++)
                        check_item(&a.items[i], data, len);
                FUZZ_CHECK(pdane_answer_encode(&a, again, sizeof again, &n) == 0 && n == len);
                FUZZ_CHECK(pdane_answer_decode(again, n, &second) == 0);
                check_same(&a, &second);
        }
        if (pdane_pending_decode(data, len, &wait_ms) == 0) {
                FUZZ_CHECK(pdane_pending_encode(wait_ms, again, sizeof again, &n) == 0 && n == len);
                FUZZ_CHECK(pdane_pending_decode(again, n, &wait_again) == 0 &&
                           wait_again == wait_ms);
                FUZZ_CHECK(memcmp(again, data, len) == 0); /* one field: one way to write it */
        }
}

static struct pdane_item
make_item(struct fuzz_input *in)
{
        struct pdane_item item = {.flags = fuzz_u8(in),
                                  .trust = (enum pdane_trust)fuzz_u8(in),
                                  .expires_s = fuzz_u32(in)};

        for (size_t i = 0; i < MEMBERS; i++) {
                bool whole = members[i].least == members[i].most;
                struct fuzz_input part = fuzz_take(in, whole ? members[i].least : fuzz_u16(in));
                struct pdane_bytes b = {part.data, part.len};

                memcpy((char *)&item + members[i].offset, &b, sizeof b);
        }
        return item;
}

static void
encode(struct fuzz_input in)
{
        struct pdane_answer a = {.remember_s = fuzz_u32(&in)}, second;
        size_t n = 0;
        int r;

        a.n_items = fuzz_pick(&in, PDANE_ANSWER_MAX_ITEMS + 2);
        for (size_t i = 0; i < a.n_items && i < PDANE_ANSWER_MAX_ITEMS; i++)
                a.items[i] = make_item(&in);
        r = pdane_answer_encode(&a, again, sizeof again, &n);
        FUZZ_CHECK(r == 0 || ((r == -EINVAL || r == -EMSGSIZE) && n == 0));
        if (r < 0)
                return;
        FUZZ_CHECK(pdane_answer_decode(again, n, &second) == 0);
        check_same(&a, &second);
        FUZZ_CHECK(pdane_answer_decode(again, n - 1, &second) == -EBADMSG);
}

/* What is final without more to say; never taken for anything that has. */
static void
encode_short(struct fuzz_input in)
{
        struct pdane_answer a;
        enum pdane_message type;
        uint32_t wait_ms;
        char *text = fuzz_string(in);
        size_t n = 0;

        if (pdane_error_encode(text, again, sizeof again, &n) == 0) {
                FUZZ_CHECK(strlen(text) <= 256);
                FUZZ_CHECK(pdane_message_type(again, n, &type) == 0 && type == PDANE_MESSAGE_ERROR);
                FUZZ_CHECK(pdane_answer_decode(again, n, &a) < 0);
                FUZZ_CHECK(pdane_pending_decode(again, n, &wait_ms) < 0);
        } else {
                FUZZ_CHECK(strlen(text) > 256);
        }
        free(text);
        FUZZ_CHECK(pdane_done_encode(again, sizeof again, &n) == 0 && n == PDANE_WIRE_HEADER);
        FUZZ_CHECK(pdane_message_type(again, n, &type) == 0 && type == PDANE_MESSAGE_DONE);
        FUZZ_CHECK(pdane_done_encode(again, n - 1, &n) == -EMSGSIZE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};

        switch (fuzz_pick(&in, 3)) {
        case 0:
                decode(in.data, in.len);
                break;
        case 1:
                encode(in);
                break;
        default:
                encode_short(in);
                break;
        }
        return 0;
}
