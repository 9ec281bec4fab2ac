/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds DNS messages for tests, right ones and wrong ones. Too much data ends the test program. */
#ifndef PDANE_TEST_PACKET_H
#define PDANE_TEST_PACKET_H

#include <stddef.h>
#include <stdint.h>

enum packet_section { PACKET_ANSWER = 1, PACKET_AUTHORITY, PACKET_ADDITIONAL };

struct packet {
        uint8_t data[65535];
        size_t len;
};

/* A response with rcode to name/type, nothing in it yet. */
void packet_begin(struct packet *p, unsigned rcode, const char *name, uint16_t type);

/* Sections in order. name as text; rdata as it is. */
void packet_rr(struct packet *p, enum packet_section s, const char *name, uint16_t type,
               uint32_t ttl, const void *rdata, size_t len);

/* RDATA that is one domain name, uncompressed. */
void packet_rr_name(struct packet *p, enum packet_section s, const char *name, uint16_t type,
                    uint32_t ttl, const char *target);

/* An RRSIG of owner name; its other fields are of no interest. */
void packet_rrsig(struct packet *p, enum packet_section s, const char *name, uint32_t ttl,
                  uint16_t covered, uint8_t labels, uint32_t original_ttl, uint32_t expiration);

/* The same with the signer's name. */
void packet_rrsig_by(struct packet *p, enum packet_section s, const char *name, uint16_t covered,
                     uint8_t labels, const char *signer);

void packet_soa(struct packet *p, enum packet_section s, const char *name, uint32_t ttl,
                uint32_t minimum);

/* Bytes as they are, at the end, counted nowhere. */
void packet_bytes(struct packet *p, const void *data, size_t len);

/* The 16-bit field at offset. */
void packet_poke(struct packet *p, size_t offset, uint16_t value);

#endif
