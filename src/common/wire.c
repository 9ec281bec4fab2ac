/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages to bytes and back (docs/protocol.md). Tables say which fields a message has; the loops
 * of wire_fields.c do the rest. */
#include "common/wire.h"

#include <errno.h>

#include "common/wire_fields.h"

/* Field tags: numbered from 1 within their message, without gaps. */
enum {
        QUESTION_CLIENT = 1,
        QUESTION_ISSUER,
        QUESTION_SERIAL,
        QUESTION_SUBJECT,
        QUESTION_VALUE,
        QUESTION_TABLE,
        QUESTION_END
};
enum { PENDING_WAIT = 1, PENDING_END };
enum { ANSWER_REMEMBER = 1, ANSWER_ITEM, ANSWER_END };
enum { ERROR_TEXT = 1, ERROR_END };
enum { HINT_NAME = 1, HINT_WAIT, HINT_END };
enum {
        ITEM_FLAGS = 1,
        ITEM_TRUST,
        ITEM_EXPIRES,
        ITEM_VALUE,
        ITEM_SUBJECT,
        ITEM_ISSUER,
        ITEM_SERIAL,
        ITEM_SPKI,
        ITEM_ID,
        ITEM_LABEL,
        ITEM_SHA1,
        ITEM_SHA256,
        ITEM_END
};

static const struct pdane_field question_fields[QUESTION_END] = {
        [QUESTION_CLIENT] = {1, 1, true, 0},
        [QUESTION_ISSUER] = {2, PDANE_DN_MAX, false, 0},
        [QUESTION_SERIAL] = {1, PDANE_SERIAL_MAX, false, 0},
        [QUESTION_SUBJECT] = {2, PDANE_DN_MAX, false, 0},
        [QUESTION_VALUE] = {1, PDANE_CERT_MAX, false, 0},
        [QUESTION_TABLE] = {1, 1, false, 0},
};
static const struct pdane_field pending_fields[PENDING_END] = {
        [PENDING_WAIT] = {4, 4, true, 0},
};
static const struct pdane_field answer_fields[ANSWER_END] = {
        [ANSWER_REMEMBER] = {4, 4, true, 0},
        [ANSWER_ITEM] = {1, UINT16_MAX, false, PDANE_ANSWER_MAX_ITEMS},
};
static const struct pdane_field hint_fields[HINT_END] = {
        [HINT_NAME] = {1, PDANE_HINT_NAME_MAX, true, 0},
        [HINT_WAIT] = {1, 1, true, 0},
};
static const struct pdane_field item_fields[ITEM_END] = {
        [ITEM_FLAGS] = {4, 4, true, 0},
        [ITEM_TRUST] = {1, 1, true, 0},
        [ITEM_EXPIRES] = {4, 4, true, 0},
        [ITEM_VALUE] = {1, PDANE_CERT_MAX, true, 0},
        [ITEM_SUBJECT] = {2, PDANE_DN_MAX, true, 0},
        [ITEM_ISSUER] = {2, PDANE_DN_MAX, true, 0},
        [ITEM_SERIAL] = {3, PDANE_SERIAL_MAX, true, 0},
        [ITEM_SPKI] = {1, PDANE_SPKI_MAX, true, 0},
        [ITEM_ID] = {1, PDANE_ID_MAX, true, 0},
        [ITEM_LABEL] = {0, PDANE_LABEL_MAX, true, 0},
        [ITEM_SHA1] = {20, 20, true, 0},
        [ITEM_SHA256] = {32, 32, true, 0},
};

/* ---- writing ---- */

static size_t
least(size_t a, size_t b)
{
        return a < b ? a : b;
}

static bool
client_valid(uint32_t c)
{
        return c >= PDANE_CLIENT_MOZPKIX && c <= PDANE_CLIENT_LAST;
}

int
pdane_question_encode(const struct pdane_question *q, uint8_t *buf, size_t cap, size_t *ret_len)
{
        struct pdane_writer w = {buf, least(cap, PDANE_WIRE_MAX_REQUEST), 0, 0};
        if (!client_valid((uint32_t)q->client))
                return -EINVAL;
        pdane_wire_put_header(&w, PDANE_MESSAGE_QUESTION);
        pdane_wire_put_field_uint(&w, question_fields, QUESTION_CLIENT, (uint32_t)q->client);
        pdane_wire_put_field(&w, question_fields, QUESTION_ISSUER, q->issuer);
        pdane_wire_put_field(&w, question_fields, QUESTION_SERIAL, q->serial);
        pdane_wire_put_field(&w, question_fields, QUESTION_SUBJECT, q->subject);
        pdane_wire_put_field(&w, question_fields, QUESTION_VALUE, q->value);
        if (q->wants_table)
                pdane_wire_put_field_uint(&w, question_fields, QUESTION_TABLE, 1);
        return pdane_wire_finish(&w, ret_len);
}

static bool
item_valid(uint32_t flags, uint32_t trust, uint32_t expires_s)
{
        return !(flags & ~PDANE_ITEM_FLAGS) && trust <= PDANE_TRUST_ANCHOR && expires_s >= 1;
}

static void
put_item(struct pdane_writer *w, const struct pdane_item *it)
{
        if (!item_valid(it->flags, (uint32_t)it->trust, it->expires_s)) {
                w->error = -EINVAL;
                return;
        }
        size_t start = w->len;
        pdane_wire_put_uint(w, ANSWER_ITEM, 2);
        pdane_wire_put_uint(w, 0, 2); /* set below */
        pdane_wire_put_field_uint(w, item_fields, ITEM_FLAGS, it->flags);
        pdane_wire_put_field_uint(w, item_fields, ITEM_TRUST, (uint32_t)it->trust);
        pdane_wire_put_field_uint(w, item_fields, ITEM_EXPIRES, it->expires_s);
        pdane_wire_put_field(w, item_fields, ITEM_VALUE, it->value);
        pdane_wire_put_field(w, item_fields, ITEM_SUBJECT, it->subject);
        pdane_wire_put_field(w, item_fields, ITEM_ISSUER, it->issuer);
        pdane_wire_put_field(w, item_fields, ITEM_SERIAL, it->serial);
        pdane_wire_put_field(w, item_fields, ITEM_SPKI, it->spki);
        pdane_wire_put_field(w, item_fields, ITEM_ID, it->id);
        pdane_wire_put_field(w, item_fields, ITEM_LABEL, it->label);
        pdane_wire_put_field(w, item_fields, ITEM_SHA1, it->sha1);
        pdane_wire_put_field(w, item_fields, ITEM_SHA256, it->sha256);
        /* The limits of an item's fields add up to less than 65536. */
        if (!w->error)
                pdane_wire_store_be(w->buf + start + 2, w->len - start - PDANE_FIELD_HEADER, 2);
}

int
pdane_answer_encode(const struct pdane_answer *a, uint8_t *buf, size_t cap, size_t *ret_len)
{
        struct pdane_writer w = {buf, least(cap, PDANE_WIRE_MAX_REPLY), 0, 0};
        if (a->n_items > PDANE_ANSWER_MAX_ITEMS)
                return -EMSGSIZE;
        pdane_wire_put_header(&w, PDANE_MESSAGE_ANSWER);
        pdane_wire_put_field_uint(&w, answer_fields, ANSWER_REMEMBER, a->remember_s);
        for (size_t i = 0; i < a->n_items && !w.error; i++)
                put_item(&w, &a->items[i]);
        return pdane_wire_finish(&w, ret_len);
}

int
pdane_pending_encode(uint32_t wait_ms, uint8_t *buf, size_t cap, size_t *ret_len)
{
        struct pdane_writer w = {buf, cap, 0, 0};
        pdane_wire_put_header(&w, PDANE_MESSAGE_PENDING);
        pdane_wire_put_field_uint(&w, pending_fields, PENDING_WAIT, wait_ms);
        return pdane_wire_finish(&w, ret_len);
}

int
pdane_hint_encode(const struct pdane_hint *h, uint8_t *buf, size_t cap, size_t *ret_len)
{
        struct pdane_writer w = {buf, least(cap, PDANE_WIRE_MAX_REQUEST), 0, 0};
        if (h->name.data && memchr(h->name.data, 0, h->name.len))
                return -EINVAL;
        pdane_wire_put_header(&w, PDANE_MESSAGE_HINT);
        pdane_wire_put_field(&w, hint_fields, HINT_NAME, h->name);
        pdane_wire_put_field_uint(&w, hint_fields, HINT_WAIT, h->wait);
        return pdane_wire_finish(&w, ret_len);
}

int
pdane_done_encode(uint8_t *buf, size_t cap, size_t *ret_len)
{
        struct pdane_writer w = {buf, cap, 0, 0};
        pdane_wire_put_header(&w, PDANE_MESSAGE_DONE);
        return pdane_wire_finish(&w, ret_len);
}

static const struct pdane_field error_fields[ERROR_END] = {
        [ERROR_TEXT] = {0, 256, true, 0},
};

int
pdane_error_encode(const char *text, uint8_t *buf, size_t cap, size_t *ret_len)
{
        struct pdane_writer w = {buf, cap, 0, 0};
        pdane_wire_put_header(&w, PDANE_MESSAGE_ERROR);
        pdane_wire_put_field(&w, error_fields, ERROR_TEXT,
                             (struct pdane_bytes){(const uint8_t *)text, strlen(text)});
        return pdane_wire_finish(&w, ret_len);
}

/* ---- reading ---- */

int
pdane_message_type(const uint8_t *buf, size_t len, enum pdane_message *ret_type)
{
        uint8_t type;
        int r = pdane_wire_type(buf, len, &type);
        if (r < 0)
                return r;
        if (type < PDANE_MESSAGE_QUESTION || type > PDANE_MESSAGE_LAST)
                return -EBADMSG;
        *ret_type = (enum pdane_message)type;
        return 0;
}

int
pdane_question_decode(const uint8_t *buf, size_t len, struct pdane_question *ret)
{
        struct pdane_bytes f[PDANE_FIELDS_MAX];
        if (len > PDANE_WIRE_MAX_REQUEST)
                return -EBADMSG;
        int r = pdane_wire_read(buf, len, PDANE_MESSAGE_QUESTION, question_fields, QUESTION_END, f);
        if (r < 0)
                return r;
        uint8_t client = f[QUESTION_CLIENT].data[0];
        if (!client_valid(client))
                return -EBADMSG;
        if (f[QUESTION_TABLE].data && f[QUESTION_TABLE].data[0] != 1)
                return -EBADMSG;
        *ret = (struct pdane_question){
                .client = (enum pdane_client)client,
                .issuer = f[QUESTION_ISSUER],
                .serial = f[QUESTION_SERIAL],
                .subject = f[QUESTION_SUBJECT],
                .value = f[QUESTION_VALUE],
                .wants_table = f[QUESTION_TABLE].data != NULL,
        };
        return 0;
}

static int
item_decode(struct pdane_bytes body, struct pdane_item *ret)
{
        struct pdane_bytes f[PDANE_FIELDS_MAX];
        int r = pdane_wire_split_fields(body, item_fields, ITEM_END, f, NULL, NULL);
        if (r < 0)
                return r;
        uint32_t flags = (uint32_t)pdane_wire_load_be(f[ITEM_FLAGS].data, 4),
                 expires_s = (uint32_t)pdane_wire_load_be(f[ITEM_EXPIRES].data, 4);
        if (!item_valid(flags, f[ITEM_TRUST].data[0], expires_s))
                return -EBADMSG;
        *ret = (struct pdane_item){
                .flags = flags,
                .trust = (enum pdane_trust)f[ITEM_TRUST].data[0],
                .expires_s = expires_s,
                .value = f[ITEM_VALUE],
                .subject = f[ITEM_SUBJECT],
                .issuer = f[ITEM_ISSUER],
                .serial = f[ITEM_SERIAL],
                .spki = f[ITEM_SPKI],
                .id = f[ITEM_ID],
                .label = f[ITEM_LABEL],
                .sha1 = f[ITEM_SHA1],
                .sha256 = f[ITEM_SHA256],
        };
        return 0;
}

int
pdane_answer_decode(const uint8_t *buf, size_t len, struct pdane_answer *ret)
{
        struct pdane_bytes body, f[PDANE_FIELDS_MAX], items[PDANE_ANSWER_MAX_ITEMS];
        struct pdane_answer a = {0};
        if (len > PDANE_WIRE_MAX_REPLY)
                return -EBADMSG;
        int r = pdane_wire_open_message(buf, len, PDANE_MESSAGE_ANSWER, &body);
        if (r >= 0)
                r = pdane_wire_split_fields(body, answer_fields, ANSWER_END, f, items, &a.n_items);
        if (r < 0)
                return r;
        a.remember_s = (uint32_t)pdane_wire_load_be(f[ANSWER_REMEMBER].data, 4);
        for (size_t i = 0; i < a.n_items; i++) {
                r = item_decode(items[i], &a.items[i]);
                if (r < 0)
                        return r;
        }
        *ret = a;
        return 0;
}

int
pdane_pending_decode(const uint8_t *buf, size_t len, uint32_t *ret_wait_ms)
{
        struct pdane_bytes f[PDANE_FIELDS_MAX];
        int r = pdane_wire_read(buf, len, PDANE_MESSAGE_PENDING, pending_fields, PENDING_END, f);
        if (r < 0)
                return r;
        *ret_wait_ms = (uint32_t)pdane_wire_load_be(f[PENDING_WAIT].data, 4);
        return 0;
}

int
pdane_hint_decode(const uint8_t *buf, size_t len, struct pdane_hint *ret)
{
        struct pdane_bytes f[PDANE_FIELDS_MAX];
        int r = pdane_wire_read(buf, len, PDANE_MESSAGE_HINT, hint_fields, HINT_END, f);
        if (r < 0)
                return r;
        if (memchr(f[HINT_NAME].data, 0, f[HINT_NAME].len) || f[HINT_WAIT].data[0] > 1)
                return -EBADMSG;
        *ret = (struct pdane_hint){.name = f[HINT_NAME], .wait = f[HINT_WAIT].data[0]};
        return 0;
}

/* The content octets of a DER INTEGER with a short-form length that fits exactly; otherwise absent.
 */
static struct pdane_bytes
integer_content(struct pdane_bytes der)
{
        if (der.len >= 3 && der.data[0] == 0x02 && der.data[1] < 0x80 && der.data[1] == der.len - 2)
                return (struct pdane_bytes){der.data + 2, der.len - 2};
        return (struct pdane_bytes){NULL, 0};
}

bool
pdane_serial_equal(struct pdane_bytes der, struct pdane_bytes either)
{
        if (!der.data || !either.data)
                return false;
        return pdane_bytes_equal(der, either) || pdane_bytes_equal(integer_content(der), either);
}
