/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TLSA RRsets as data: parsed from wire and presentation form, bounded, copied. Which record
 * matches what is not known here.
 */
#include "trust/tlsa.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TLSA_HEADER 3u /* usage, selector, matching type */

struct pdane_tlsa_set {
        size_t n;
        struct pdane_tlsa records[PDANE_TLSA_MAX];
};

int
pdane_tlsa_set_new(struct pdane_tlsa_set **ret)
{
        struct pdane_tlsa_set *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        *ret = s;
        return 0;
}

void
pdane_tlsa_set_free(struct pdane_tlsa_set *s)
{
        if (!s)
                return;
        for (size_t i = 0; i < s->n; i++)
                free(s->records[i].data);
        free(s);
}

int
pdane_tlsa_set_copy(const struct pdane_tlsa_set *s, struct pdane_tlsa_set **ret)
{
        struct pdane_tlsa_set *copy = NULL;
        int r = pdane_tlsa_set_new(&copy);

        if (r < 0)
                return r;
        for (size_t i = 0; i < s->n; i++) {
                const struct pdane_tlsa *from = &s->records[i];
                uint8_t *data = malloc(from->len);

                if (!data) {
                        pdane_tlsa_set_free(copy);
                        return -ENOMEM;
                }
                memcpy(data, from->data, from->len);
                copy->records[i] = *from;
                copy->records[i].data = data;
                copy->n = i + 1;
        }
        *ret = copy;
        return 0;
}

int
pdane_tlsa_set_add(struct pdane_tlsa_set *s, const uint8_t *rdata, size_t len)
{
        uint8_t *data;

        if (len <= TLSA_HEADER)
                return -EBADMSG;
        if (len - TLSA_HEADER > PDANE_TLSA_DATA_MAX)
                return -EMSGSIZE;
        if (s->n >= PDANE_TLSA_MAX)
                return -E2BIG;
        data = malloc(len - TLSA_HEADER);
        if (!data)
                return -ENOMEM;
        memcpy(data, rdata + TLSA_HEADER, len - TLSA_HEADER);
        s->records[s->n++] = (struct pdane_tlsa){
                .usage = rdata[0],
                .selector = rdata[1],
                .matching = rdata[2],
                .data = data,
                .len = len - TLSA_HEADER,
        };
        return 0;
}

static bool
is_blank(char c)
{
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One decimal number 0..255 and the white space around it. NULL when it is not that. */
static const char *
read_octet(const char *p, uint8_t *ret)
{
        unsigned value = 0;
        size_t digits = 0;

        while (is_blank(*p))
                p++;
        for (; isdigit((unsigned char)*p); p++) {
                if (++digits > 3)
                        return NULL;
                value = value * 10u + (unsigned)(*p - '0');
        }
        if (digits == 0 || value > UINT8_MAX || !is_blank(*p))
                return NULL;
        *ret = (uint8_t)value;
        return p;
}

static int
hex_value(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -1;
}

/* Hex digits with white space anywhere; at most cap octets. Octets written, or -EINVAL or
 * -EMSGSIZE. */
static int
read_hex(const char *p, uint8_t *out, size_t cap, size_t *ret_len)
{
        size_t digits = 0;

        for (; *p; p++) {
                int v = hex_value(*p);

                if (is_blank(*p))
                        continue;
                if (v < 0)
                        return -EINVAL;
                if (digits / 2 >= cap)
                        return -EMSGSIZE;
                if (digits % 2 == 0)
                        out[digits / 2] = (uint8_t)(v << 4);
                else
                        out[digits / 2] |= (uint8_t)v;
                digits++;
        }
        if (digits == 0 || digits % 2 != 0)
                return -EINVAL;
        *ret_len = digits / 2;
        return 0;
}

int
pdane_tlsa_set_add_text(struct pdane_tlsa_set *s, const char *text)
{
        uint8_t rdata[TLSA_HEADER + PDANE_TLSA_DATA_MAX];
        size_t len = 0;
        int r;

        for (size_t i = 0; i < TLSA_HEADER; i++) {
                text = read_octet(text, &rdata[i]);
                if (!text)
                        return -EINVAL;
        }
        r = read_hex(text, rdata + TLSA_HEADER, PDANE_TLSA_DATA_MAX, &len);
        if (r < 0)
                return r;
        return pdane_tlsa_set_add(s, rdata, TLSA_HEADER + len);
}

size_t
pdane_tlsa_set_count(const struct pdane_tlsa_set *s)
{
        return s->n;
}

const struct pdane_tlsa *
pdane_tlsa_set_get(const struct pdane_tlsa_set *s, size_t i)
{
        return i < s->n ? &s->records[i] : NULL;
}

bool
pdane_tlsa_usable(const struct pdane_tlsa *t)
{
        if (t->usage != 2 && t->usage != 3)
                return false;
        if (t->selector > 1)
                return false;
        switch (t->matching) {
        case 0:
                return t->len > 0;
        case 1:
                return t->len == 32;
        case 2:
                return t->len == 64;
        default:
                return false;
        }
}

bool
pdane_tlsa_set_usable(const struct pdane_tlsa_set *s)
{
        for (size_t i = 0; i < s->n; i++)
                if (pdane_tlsa_usable(&s->records[i]))
                        return true;
        return false;
}
