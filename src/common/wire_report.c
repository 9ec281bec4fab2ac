/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests and parts to bytes and back. A part's fields are one table of where they lie in its
 * struct. */
#include "common/wire_report.h"

#include <errno.h>

#include "common/wire_fields.h"

/* ---- requests and the end ---- */

enum { REQUEST_HOST = 1, REQUEST_PORT, REQUEST_FLAGS, REQUEST_END };
enum { END_NUMBER = 1, END_END };
enum { ERROR_TEXT = 1, ERROR_END };

static const struct pdane_field check_fields[REQUEST_END] = {
        [REQUEST_HOST] = {1, PDANE_HINT_NAME_MAX, true, 0},
        [REQUEST_PORT] = {2, 2, true, 0},
        [REQUEST_FLAGS] = {4, 4, true, 0},
};
static const struct pdane_field flush_fields[REQUEST_END] = {
        [REQUEST_HOST] = {1, PDANE_HINT_NAME_MAX, false, 0},
        [REQUEST_PORT] = {2, 2, true, 0},
        [REQUEST_FLAGS] = {4, 4, true, 0},
};
static const struct pdane_field plain_fields[REQUEST_END] = {
        [REQUEST_HOST] = {0, 0, false, 0}, /* no such fields: see fields_of */
};
static const struct pdane_field end_fields[END_END] = {
        [END_NUMBER] = {4, 4, true, 0},
};
static const struct pdane_field error_fields[ERROR_END] = {
        [ERROR_TEXT] = {0, 256, true, 0},
};

static bool
request_valid(const struct pdane_control_request *rq)
{
        if (rq->host.data && memchr(rq->host.data, 0, rq->host.len))
                return false;
        switch (rq->type) {
        case PDANE_CONTROL_CHECK:
                return rq->host.data && rq->port && !(rq->flags & ~PDANE_CHECK_FRESH);
        case PDANE_CONTROL_FLUSH:
                return !rq->flags && (rq->host.data || !rq->port);
        case PDANE_CONTROL_STATUS:
        case PDANE_CONTROL_LIST:
        case PDANE_CONTROL_WATCH:
                return !rq->host.data && !rq->port && !rq->flags;
        case PDANE_CONTROL_PART:
        case PDANE_CONTROL_END:
        default:
                return false;
        }
}

/* NULL: the message has no fields. */
static const struct pdane_field *
fields_of(unsigned type)
{
        if (type == PDANE_CONTROL_CHECK)
                return check_fields;
        return type == PDANE_CONTROL_FLUSH ? flush_fields : NULL;
}

int
pdane_control_encode(const struct pdane_control_request *rq, uint8_t *buf, size_t cap,
                     size_t *ret_len)
{
        struct pdane_writer w = {buf, cap < PDANE_WIRE_MAX_REQUEST ? cap : PDANE_WIRE_MAX_REQUEST,
                                 0, 0};
        const struct pdane_field *fields = fields_of((unsigned)rq->type);
        if (!request_valid(rq))
                return -EINVAL;
        pdane_wire_put_header(&w, (uint8_t)rq->type);
        if (fields) {
                pdane_wire_put_field(&w, fields, REQUEST_HOST, rq->host);
                pdane_wire_put_field_uint(&w, fields, REQUEST_PORT, rq->port);
                pdane_wire_put_field_uint(&w, fields, REQUEST_FLAGS, rq->flags);
        }
        return pdane_wire_finish(&w, ret_len);
}

int
pdane_control_decode(const uint8_t *buf, size_t len, struct pdane_control_request *ret)
{
        struct pdane_bytes body, f[PDANE_FIELDS_MAX] = {{NULL, 0}};
        struct pdane_control_request rq = {0};
        uint8_t type = 0;
        if (len > PDANE_WIRE_MAX_REQUEST)
                return -EBADMSG;
        int r = pdane_wire_type(buf, len, &type);
        if (r >= 0)
                r = pdane_wire_open_message(buf, len, type, &body);
        if (r < 0)
                return r;
        const struct pdane_field *fields = fields_of(type);
        rq.type = (enum pdane_control)type;
        r = pdane_wire_split_fields(body, fields ? fields : plain_fields, fields ? REQUEST_END : 1,
                                    f, NULL, NULL);
        if (r < 0)
                return r;
        rq.host = f[REQUEST_HOST];
        if (fields) {
                rq.port = (uint16_t)pdane_wire_load_be(f[REQUEST_PORT].data, 2);
                rq.flags = (uint32_t)pdane_wire_load_be(f[REQUEST_FLAGS].data, 4);
        }
        if (!request_valid(&rq))
                return -EBADMSG;
        *ret = rq;
        return 0;
}

int
pdane_end_encode(uint32_t number, uint8_t *buf, size_t cap, size_t *ret_len)
{
        struct pdane_writer w = {buf, cap, 0, 0};
        pdane_wire_put_header(&w, PDANE_CONTROL_END);
        pdane_wire_put_field_uint(&w, end_fields, END_NUMBER, number);
        return pdane_wire_finish(&w, ret_len);
}

int
pdane_end_decode(const uint8_t *buf, size_t len, uint32_t *ret_number)
{
        struct pdane_bytes f[PDANE_FIELDS_MAX];
        int r = pdane_wire_read(buf, len, PDANE_CONTROL_END, end_fields, END_END, f);
        if (r < 0)
                return r;
        *ret_number = (uint32_t)pdane_wire_load_be(f[END_NUMBER].data, 4);
        return 0;
}

/* ---- texts ---- */

static bool
is_printable(struct pdane_bytes b)
{
        for (size_t i = 0; i < b.len; i++)
                if (b.data[i] < 0x20 || b.data[i] > 0x7e)
                        return false;
        return true;
}

static int
take_text(struct pdane_bytes b, char *to, size_t cap)
{
        if (!is_printable(b) || b.len >= cap)
                return -EBADMSG;
        if (b.len)
                memcpy(to, b.data, b.len);
        to[b.len] = '\0';
        return 0;
}

int
pdane_error_decode(const uint8_t *buf, size_t len, char ret[257])
{
        struct pdane_bytes f[PDANE_FIELDS_MAX];
        int r = pdane_wire_read(buf, len, PDANE_MESSAGE_ERROR, error_fields, ERROR_END, f);
        if (r < 0)
                return r;
        return take_text(f[ERROR_TEXT], ret, 257);
}

/* ---- parts ---- */

enum form { FORM_NONE = 0, FORM_U32, FORM_I64, FORM_TEXT, FORM_BYTES };

struct slot {
        uint8_t form;
        uint16_t offset; /* within struct pdane_part */
        uint16_t max;    /* TEXT: bytes with the NUL; BYTES: bytes */
};

#define SLOTS (PDANE_FIELDS_MAX - 2) /* tag 1 is the kind */
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a member's name cannot stand in them */
#define AT(part, field) offsetof(struct pdane_part, part.field)
#define SIZE(part, field) sizeof(((struct pdane_part *)NULL)->part.field)
#define U32(part, field)                                                                           \
        {                                                                                          \
                FORM_U32, AT(part, field), 4                                                       \
        }
#define I64(part, field)                                                                           \
        {                                                                                          \
                FORM_I64, AT(part, field), 8                                                       \
        }
#define TEXT(part, field)                                                                          \
        {                                                                                          \
                FORM_TEXT, AT(part, field), SIZE(part, field)                                      \
        }
#define BYTES(part, field, limit)                                                                  \
        {                                                                                          \
                FORM_BYTES, AT(part, field), limit                                                 \
        }

static const struct slot slots[PDANE_PART_LAST + 1][SLOTS] = {
        [PDANE_PART_CONTEXT] = {U32(context, port), U32(context, flags), I64(context, now),
                                I64(context, looked_up), I64(context, held_until),
                                TEXT(context, host), TEXT(context, ports)},
        [PDANE_PART_DNS] = {U32(dns, type), U32(dns, verdict), U32(dns, flags), I64(dns, until),
                            TEXT(dns, asked), TEXT(dns, alias), TEXT(dns, addresses),
                            TEXT(dns, why), TEXT(dns, signer)},
        [PDANE_PART_RECORD] = {U32(record, usage), U32(record, selector), U32(record, matching),
                               U32(record, usable), U32(record, length),
                               BYTES(record, data, PDANE_REPORT_DATA_MAX)},
        [PDANE_PART_PROBE] = {U32(probe, family), U32(probe, outcome), TEXT(probe, why)},
        [PDANE_PART_CANDIDATE] = {U32(candidate, source), U32(candidate, reason),
                                  U32(candidate, culprit_verdict), U32(candidate, matched),
                                  U32(candidate, record), U32(candidate, depth),
                                  U32(candidate, openssl_error), U32(candidate, by_authority),
                                  I64(candidate, until), TEXT(candidate, culprit)},
        [PDANE_PART_CERTIFICATE] = {U32(certificate, position),
                                    BYTES(certificate, der, PDANE_CERT_MAX)},
        [PDANE_PART_NAME] = {U32(name, reason), U32(name, verdict), U32(name, matched),
                             U32(name, record), U32(name, depth), U32(name, synthesised),
                             I64(name, until), TEXT(name, name), TEXT(name, asked)},
        [PDANE_PART_CLIENT] = {U32(client, client), U32(client, accepted), TEXT(client, reason),
                               TEXT(client, mend)},
        [PDANE_PART_OUTCOME] = {U32(outcome, outcome), U32(outcome, reason), I64(outcome, until),
                                TEXT(outcome, why)},
        [PDANE_PART_STAGE] = {U32(stage, stage)},
        [PDANE_PART_VALUE] = {U32(value, is_text), I64(value, number), TEXT(value, group),
                              TEXT(value, key), TEXT(value, text)},
        [PDANE_PART_TRUSTED] = {U32(trusted, port), U32(trusted, by_authority),
                                U32(trusted, watched), U32(trusted, clients), I64(trusted, until),
                                TEXT(trusted, host), TEXT(trusted, subject),
                                BYTES(trusted, sha256, 32)},
        [PDANE_PART_EVENT] = {I64(event, when), TEXT(event, line)},
};

static bool
kind_valid(unsigned kind)
{
        return kind >= PDANE_PART_CONTEXT && kind <= PDANE_PART_LAST;
}

/* The fields of a part as the table of fields that the loops take: all are required. */
static uint16_t
field_table(const struct slot *s, struct pdane_field fields[PDANE_FIELDS_MAX])
{
        uint16_t tag = 2;
        fields[1] = (struct pdane_field){1, 1, true, 0};
        for (; tag - 2u < SLOTS && s[tag - 2].form != FORM_NONE; tag++) {
                const struct slot *at = &s[tag - 2];
                bool number = at->form == FORM_U32 || at->form == FORM_I64;
                uint16_t max = at->form == FORM_TEXT ? (uint16_t)(at->max - 1) : at->max;
                fields[tag] = (struct pdane_field){number ? max : 0, max, true, 0};
        }
        return tag;
}

static void
put_text(struct pdane_writer *w, const struct pdane_field *fields, uint16_t tag, const char *text)
{
        uint8_t clean[PDANE_REPORT_EVENT_MAX + 1];
        size_t n = 0;
        for (; n < fields[tag].max && text[n]; n++)
                clean[n] = text[n] >= 0x20 && text[n] <= 0x7e ? (uint8_t)text[n] : '?';
        pdane_wire_put_field(w, fields, tag, (struct pdane_bytes){clean, n});
}

static void
put_slot(struct pdane_writer *w, const struct pdane_field *fields, uint16_t tag,
         const struct slot *s, const struct pdane_part *p)
{
        const char *at = (const char *)p + s->offset;
        uint32_t u;
        int64_t i;
        struct pdane_bytes b;
        switch ((enum form)s->form) {
        case FORM_U32:
                memcpy(&u, at, sizeof u);
                pdane_wire_put_field_uint(w, fields, tag, u);
                break;
        case FORM_I64:
                memcpy(&i, at, sizeof i);
                pdane_wire_put_field_uint(w, fields, tag, (uint64_t)i);
                break;
        case FORM_TEXT:
                put_text(w, fields, tag, at);
                break;
        case FORM_BYTES:
                memcpy(&b, at, sizeof b);
                pdane_wire_put_field(w, fields, tag, b);
                break;
        case FORM_NONE:
        default:
                w->error = -EINVAL;
                break;
        }
}

int
pdane_part_encode(const struct pdane_part *p, uint8_t *buf, size_t cap, size_t *ret_len)
{
        struct pdane_writer w = {buf, cap < PDANE_PART_MAX ? cap : PDANE_PART_MAX, 0, 0};
        struct pdane_field fields[PDANE_FIELDS_MAX] = {{0}};
        if (!kind_valid((unsigned)p->kind))
                return -EINVAL;
        uint16_t end = field_table(slots[p->kind], fields);
        pdane_wire_put_header(&w, PDANE_CONTROL_PART);
        pdane_wire_put_field_uint(&w, fields, 1, (unsigned)p->kind);
        for (uint16_t tag = 2; tag < end; tag++)
                put_slot(&w, fields, tag, &slots[p->kind][tag - 2], p);
        return pdane_wire_finish(&w, ret_len);
}

static int
take_slot(struct pdane_bytes b, const struct slot *s, struct pdane_part *p)
{
        char *at = (char *)p + s->offset;
        uint32_t u;
        int64_t i;
        switch ((enum form)s->form) {
        case FORM_U32:
                u = (uint32_t)pdane_wire_load_be(b.data, 4);
                memcpy(at, &u, sizeof u);
                return 0;
        case FORM_I64:
                i = (int64_t)pdane_wire_load_be(b.data, 8);
                memcpy(at, &i, sizeof i);
                return 0;
        case FORM_TEXT:
                return take_text(b, at, s->max);
        case FORM_BYTES:
                memcpy(at, &b, sizeof b);
                return 0;
        case FORM_NONE:
        default:
                return -EBADMSG;
        }
}

int
pdane_part_decode(const uint8_t *buf, size_t len, struct pdane_part *ret)
{
        struct pdane_bytes body, f[PDANE_FIELDS_MAX];
        struct pdane_field fields[PDANE_FIELDS_MAX] = {{0}};
        struct pdane_part p = {0};
        if (len > PDANE_PART_MAX)
                return -EBADMSG;
        int r = pdane_wire_open_message(buf, len, PDANE_CONTROL_PART, &body);
        if (r < 0)
                return r;
        /* The kind stands first, or what follows cannot be read. */
        if (body.len < PDANE_FIELD_HEADER + 1 || !kind_valid(body.data[PDANE_FIELD_HEADER]))
                return -EBADMSG;
        p.kind = (enum pdane_part_kind)body.data[PDANE_FIELD_HEADER];
        uint16_t end = field_table(slots[p.kind], fields);
        r = pdane_wire_split_fields(body, fields, end, f, NULL, NULL);
        if (r == 0 && f[1].data != body.data + PDANE_FIELD_HEADER)
                r = -EBADMSG;
        for (uint16_t tag = 2; r == 0 && tag < end; tag++)
                r = take_slot(f[tag], &slots[p.kind][tag - 2], &p);
        if (r < 0)
                return r;
        *ret = p;
        return 0;
}
