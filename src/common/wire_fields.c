/* SPDX-License-Identifier: BSD-3-Clause */
/* Two loops: fields to bytes, bytes to fields. */
#include "common/wire_fields.h"

#include <errno.h>

#define MAGIC0 0x50u /* 'P' */
#define MAGIC1 0x44u /* 'D' */

/* ---- writing ---- */

void
pdane_wire_store_be(uint8_t *to, uint64_t v, size_t n)
{
        for (size_t i = 0; i < n; i++)
                to[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

uint64_t
pdane_wire_load_be(const uint8_t *from, size_t n)
{
        uint64_t v = 0;
        for (size_t i = 0; i < n; i++)
                v = v << 8 | from[i];
        return v;
}

void
pdane_wire_put_bytes(struct pdane_writer *w, const void *data, size_t n)
{
        if (w->error)
                return;
        if (n > w->cap - w->len) {
                w->error = -EMSGSIZE;
                return;
        }
        if (n)
                memcpy(w->buf + w->len, data, n);
        w->len += n;
}

void
pdane_wire_put_uint(struct pdane_writer *w, uint64_t v, size_t n)
{
        uint8_t b[8];
        pdane_wire_store_be(b, v, n);
        pdane_wire_put_bytes(w, b, n);
}

void
pdane_wire_put_field(struct pdane_writer *w, const struct pdane_field *fields, uint16_t tag,
                     struct pdane_bytes v)
{
        if (w->error)
                return;
        if (!v.data) {
                if (fields[tag].required)
                        w->error = -EINVAL;
                return;
        }
        if (v.len > fields[tag].max) {
                w->error = -EMSGSIZE;
                return;
        }
        if (v.len < fields[tag].min) {
                w->error = -EINVAL;
                return;
        }
        pdane_wire_put_uint(w, tag, 2);
        pdane_wire_put_uint(w, v.len, 2);
        pdane_wire_put_bytes(w, v.data, v.len);
}

void
pdane_wire_put_field_uint(struct pdane_writer *w, const struct pdane_field *fields, uint16_t tag,
                          uint64_t v)
{
        uint8_t b[8];
        size_t n = fields[tag].max;
        pdane_wire_store_be(b, v, n);
        pdane_wire_put_field(w, fields, tag, (struct pdane_bytes){b, n});
}

void
pdane_wire_put_header(struct pdane_writer *w, uint8_t type)
{
        pdane_wire_put_uint(w, MAGIC0, 1);
        pdane_wire_put_uint(w, MAGIC1, 1);
        pdane_wire_put_uint(w, PDANE_WIRE_VERSION, 1);
        pdane_wire_put_uint(w, type, 1);
        pdane_wire_put_uint(w, 0, 4); /* length of the body, set by pdane_wire_finish */
}

int
pdane_wire_finish(struct pdane_writer *w, size_t *ret_len)
{
        if (w->error)
                return w->error;
        pdane_wire_store_be(w->buf + 4, w->len - PDANE_WIRE_HEADER, 4);
        *ret_len = w->len;
        return 0;
}

/* ---- reading ---- */

int
pdane_wire_type(const uint8_t *buf, size_t len, uint8_t *ret_type)
{
        if (len < PDANE_WIRE_HEADER || buf[0] != MAGIC0 || buf[1] != MAGIC1)
                return -EBADMSG;
        if (buf[2] != PDANE_WIRE_VERSION)
                return -EPROTONOSUPPORT;
        if (pdane_wire_load_be(buf + 4, 4) != len - PDANE_WIRE_HEADER)
                return -EBADMSG;
        *ret_type = buf[3];
        return 0;
}

int
pdane_wire_open_message(const uint8_t *buf, size_t len, uint8_t want, struct pdane_bytes *ret_body)
{
        uint8_t type;
        int r = pdane_wire_type(buf, len, &type);
        if (r < 0)
                return r;
        if (type != want)
                return -EBADMSG;
        *ret_body = (struct pdane_bytes){buf + PDANE_WIRE_HEADER, len - PDANE_WIRE_HEADER};
        return 0;
}

int
pdane_wire_split_fields(struct pdane_bytes body, const struct pdane_field *fields, uint16_t end,
                        struct pdane_bytes found[PDANE_FIELDS_MAX], struct pdane_bytes *repeated,
                        size_t *ret_repeats)
{
        const uint8_t *p = body.data;
        size_t left = body.len, repeats = 0;

        memset(found, 0, sizeof(*found) * PDANE_FIELDS_MAX);
        while (left) {
                if (left < PDANE_FIELD_HEADER)
                        return -EBADMSG;
                size_t tag = pdane_wire_load_be(p, 2), n = pdane_wire_load_be(p + 2, 2);
                p += PDANE_FIELD_HEADER;
                left -= PDANE_FIELD_HEADER;
                if (tag == 0 || tag >= end || n > left || n < fields[tag].min ||
                    n > fields[tag].max)
                        return -EBADMSG;
                if (fields[tag].repeat) {
                        if (!repeated || repeats == fields[tag].repeat)
                                return -EBADMSG;
                        repeated[repeats++] = (struct pdane_bytes){p, n};
                } else {
                        if (found[tag].data)
                                return -EBADMSG;
                        found[tag] = (struct pdane_bytes){p, n};
                }
                p += n;
                left -= n;
        }
        for (uint16_t tag = 1; tag < end; tag++)
                if (fields[tag].required && !found[tag].data)
                        return -EBADMSG;
        if (ret_repeats)
                *ret_repeats = repeats;
        return 0;
}

int
pdane_wire_read(const uint8_t *buf, size_t len, uint8_t want, const struct pdane_field *fields,
                uint16_t end, struct pdane_bytes found[PDANE_FIELDS_MAX])
{
        struct pdane_bytes body;
        int r = pdane_wire_open_message(buf, len, want, &body);
        return r < 0 ? r : pdane_wire_split_fields(body, fields, end, found, NULL, NULL);
}
