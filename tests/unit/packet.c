/* SPDX-License-Identifier: BSD-3-Clause */
/* A DNS message written front to back; counts in the header follow. */
#include "packet.h"

#include <stdlib.h>
#include <string.h>

void
packet_bytes(struct packet *p, const void *data, size_t len)
{
        if (len > sizeof p->data - p->len)
                abort();
        if (len)
                memcpy(p->data + p->len, data, len);
        p->len += len;
}

static void
put(struct packet *p, uint32_t value, unsigned octets)
{
        uint8_t b[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};
        packet_bytes(p, b + 4 - octets, octets);
}

static void
put_name(struct packet *p, const char *name)
{
        while (*name) {
                size_t n = strcspn(name, ".");
                put(p, (uint32_t)n, 1);
                packet_bytes(p, name, n);
                name += n + (name[n] == '.');
        }
        put(p, 0, 1);
}

void
packet_poke(struct packet *p, size_t offset, uint16_t value)
{
        p->data[offset] = (uint8_t)(value >> 8);
        p->data[offset + 1] = (uint8_t)value;
}

void
packet_begin(struct packet *p, unsigned rcode, const char *name, uint16_t type)
{
        p->len = 0;
        put(p, 0x1234, 2);
        put(p, 0x85a0 | rcode, 2); /* QR AA RD RA AD */
        put(p, 1, 2);
        put(p, 0, 2);
        put(p, 0, 4);
        put_name(p, name);
        put(p, type, 2);
        put(p, 1, 2);
}

static void
head(struct packet *p, enum packet_section s, const char *name, uint16_t type, uint32_t ttl,
     size_t len)
{
        size_t at = 4 + 2 * (size_t)s;
        packet_poke(p, at, (uint16_t)((p->data[at] << 8 | p->data[at + 1]) + 1));
        put_name(p, name);
        put(p, type, 2);
        put(p, 1, 2);
        put(p, ttl, 4);
        put(p, (uint32_t)len, 2);
}

void
packet_rr(struct packet *p, enum packet_section s, const char *name, uint16_t type, uint32_t ttl,
          const void *rdata, size_t len)
{
        head(p, s, name, type, ttl, len);
        packet_bytes(p, rdata, len);
}

void
packet_rr_name(struct packet *p, enum packet_section s, const char *name, uint16_t type,
               uint32_t ttl, const char *target)
{
        head(p, s, name, type, ttl, 0);
        size_t start = p->len;
        put_name(p, target);
        packet_poke(p, start - 2, (uint16_t)(p->len - start));
}

void
packet_rrsig(struct packet *p, enum packet_section s, const char *name, uint32_t ttl,
             uint16_t covered, uint8_t labels, uint32_t original_ttl, uint32_t expiration)
{
        head(p, s, name, 46, ttl, 18 + 1 + 4);
        put(p, covered, 2);
        put(p, 13, 1);
        put(p, labels, 1);
        put(p, original_ttl, 4);
        put(p, expiration, 4);
        put(p, expiration - 1000000, 4);
        put(p, 4711, 2);
        put(p, 0, 1); /* signer: the root */
        put(p, 0x01020304, 4);
}

void
packet_rrsig_by(struct packet *p, enum packet_section s, const char *name, uint16_t covered,
                uint8_t labels, const char *signer)
{
        packet_rrsig(p, s, name, 300, covered, labels, 3600, 1800000000u + 1000000);
        size_t start = p->len - (18 + 1 + 4);
        p->len -= 1 + 4;
        put_name(p, signer);
        put(p, 0x01020304, 4);
        packet_poke(p, start - 2, (uint16_t)(p->len - start));
}

void
packet_soa(struct packet *p, enum packet_section s, const char *name, uint32_t ttl,
           uint32_t minimum)
{
        head(p, s, name, 6, ttl, 1 + 1 + 20);
        put(p, 0, 2);
        for (unsigned i = 0; i < 4; i++)
                put(p, 1, 4);
        put(p, minimum, 4);
}
