/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions from the input. */
#include "table_question.h"

struct table_bytes
table_dn(unsigned number)
{
        return (struct table_bytes){4, {0x30, 0x02, (uint8_t)(number >> 8), (uint8_t)number}};
}

struct table_bytes
table_serial(uint8_t number)
{
        if (number & 0x80)
                return (struct table_bytes){3, {0x02, 0x01, number & 0x7f}};
        return (struct table_bytes){1, {number}};
}

struct pdane_bytes
table_borrow(const struct table_bytes *b)
{
        return (struct pdane_bytes){b->data, b->len};
}

static struct table_bytes
as_der(struct table_bytes content)
{
        struct table_bytes der = {(uint8_t)(content.len + 2), {0x02, content.len}};

        memcpy(der.data + 2, content.data, content.len);
        return der;
}

static struct table_bytes
own_bytes(struct fuzz_input *in)
{
        struct fuzz_input from = fuzz_take(in, fuzz_u8(in) % sizeof((struct table_bytes *)0)->data);
        struct table_bytes b = {.len = (uint8_t)from.len};

        if (from.len > 0)
                memcpy(b.data, from.data, from.len);
        return b;
}

static unsigned
number_of(const struct table_bytes *dn)
{
        unsigned number = (unsigned)dn->data[2] << 8 | dn->data[3];

        return dn->len == 4 && dn->data[0] == 0x30 && dn->data[1] == 2 && number < TABLE_DNS
                       ? number
                       : TABLE_NO_DN;
}

void
table_question_read(struct fuzz_input *in, struct table_question *ret)
{
        uint8_t how = fuzz_u8(in);
        bool own = how & 32;

        *ret = (struct table_question){.issuer_number = TABLE_NO_DN,
                                       .subject_number = TABLE_NO_DN,
                                       .q.client = PDANE_CLIENT_NSS};
        if (how & 1) {
                ret->issuer_number = fuzz_u8(in);
                ret->issuer = table_dn(ret->issuer_number);
                ret->q.issuer = table_borrow(&ret->issuer);
        }
        if (how & 2) {
                ret->serial = own ? own_bytes(in) : table_serial(fuzz_u8(in));
                if (how & 16 && !own)
                        ret->serial = as_der(ret->serial);
                ret->q.serial = table_borrow(&ret->serial);
        }
        if (how & 4) {
                ret->subject = own ? own_bytes(in) : table_dn(fuzz_u8(in));
                ret->subject_number = number_of(&ret->subject);
                ret->q.subject = table_borrow(&ret->subject);
        }
        if (how & 8) {
                ret->value = ret->issuer;
                ret->q.value = table_borrow(&ret->value);
        }
}

bool
table_serial_means(const struct pdane_question *q, const struct table_bytes *content)
{
        struct table_bytes der = as_der(*content);

        return pdane_bytes_equal(q->serial, table_borrow(content)) ||
               pdane_bytes_equal(q->serial, table_borrow(&der));
}
