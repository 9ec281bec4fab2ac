/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 4034 section 3.1.8.1: what is signed is the RRSIG's own fields and the RRset in canonical
 * form. */
#include "dns_zone.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "certs.h"

#define ALGORITHM 13
#define DAY 86400
#define RECORDS_MAX 256

#define MUST(ok)                                                                                   \
        do {                                                                                       \
                if (!(ok)) {                                                                       \
                        fprintf(stderr, "dns_zone.c:%d: %s\n", __LINE__, #ok);                     \
                        abort();                                                                   \
                }                                                                                  \
        } while (0)

static EVP_PKEY *
zone_key(void)
{
        return test_key(7);
}

/* ---- bytes ---- */

struct buffer {
        uint8_t data[65536];
        size_t len;
};

static void
put(struct buffer *b, const void *data, size_t len)
{
        MUST(len <= sizeof b->data - b->len);
        if (len)
                memcpy(b->data + b->len, data, len);
        b->len += len;
}

static void
put_number(struct buffer *b, uint32_t value, unsigned octets)
{
        for (unsigned i = octets; i-- > 0;) {
                uint8_t octet = (uint8_t)(value >> 8 * i);
                put(b, &octet, 1);
        }
}

static void
put_name(struct buffer *b, const char *name)
{
        while (*name) {
                size_t n = strcspn(name, ".");
                put_number(b, (uint32_t)n, 1);
                put(b, name, n);
                name += n + (name[n] == '.');
        }
        put_number(b, 0, 1);
}

static unsigned
count_labels(const char *name)
{
        unsigned n = *name ? 1 : 0;
        while ((name = strchr(name, '.')) != NULL) {
                name++;
                n++;
        }
        return n;
}

/* ---- the key ---- */

static size_t
dnskey_rdata(uint8_t ret[68])
{
        uint8_t point[65];
        size_t len = 0;
        MUST(EVP_PKEY_get_octet_string_param(zone_key(), OSSL_PKEY_PARAM_PUB_KEY, point,
                                             sizeof point, &len) &&
             len == 65 && point[0] == 4);
        ret[0] = 1; /* zone key, secure entry point */
        ret[1] = 1;
        ret[2] = 3;
        ret[3] = ALGORITHM;
        memcpy(ret + 4, point + 1, 64);
        return 68;
}

/* RFC 4034 appendix B. */
static uint16_t
key_tag(void)
{
        uint8_t rdata[68];
        uint32_t sum = 0;
        size_t len = dnskey_rdata(rdata);
        for (size_t i = 0; i < len; i++)
                sum += i & 1 ? rdata[i] : (uint32_t)rdata[i] << 8;
        return (uint16_t)(sum + (sum >> 16));
}

static void
sign(const struct buffer *b, uint8_t ret[64])
{
        uint8_t der[128];
        const uint8_t *in = der;
        size_t len = sizeof der;
        EVP_MD_CTX *md = EVP_MD_CTX_new();
        MUST(md && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, zone_key()) == 1);
        MUST(EVP_DigestSign(md, der, &len, b->data, b->len) == 1);
        EVP_MD_CTX_free(md);
        ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &in, (long)len);
        MUST(sig);
        MUST(BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret, 32) == 32);
        MUST(BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret + 32, 32) == 32);
        ECDSA_SIG_free(sig);
}

/* ---- RRsets ---- */

static int
compare_rdata(const void *a, const void *b)
{
        const struct pdane_bytes *x = a, *y = b;
        size_t least = x->len < y->len ? x->len : y->len;
        int r = memcmp(x->data, y->data, least);
        return r ? r : (x->len > y->len) - (x->len < y->len);
}

static void
put_canonical(struct buffer *b, const char *owner, unsigned wildcard, uint16_t type, uint32_t ttl,
              const struct pdane_bytes *rdata, size_t n)
{
        struct pdane_bytes sorted[RECORDS_MAX];
        char name[256];
        MUST(n <= RECORDS_MAX);
        memcpy(sorted, rdata, n * sizeof *rdata);
        qsort(sorted, n, sizeof *sorted, compare_rdata);
        for (unsigned i = 0; i < wildcard; i++)
                owner = strchr(owner, '.') + 1;
        snprintf(name, sizeof name, "%s%s", wildcard ? "*." : "", owner);
        for (size_t i = 0; i < n; i++) {
                put_name(b, name);
                put_number(b, type, 2);
                put_number(b, 1, 2);
                put_number(b, ttl, 4);
                put_number(b, (uint32_t)sorted[i].len, 2);
                put(b, sorted[i].data, sorted[i].len);
        }
}

void
zone_rrset(struct packet *p, enum packet_section s, const char *owner, uint16_t type, uint32_t ttl,
           const struct pdane_bytes *rdata, size_t n, const struct zone_signature *signature)
{
        static struct buffer b;
        uint8_t rrsig[19 + 64];
        uint32_t now = (uint32_t)time(NULL);
        int expires = signature->expires ? signature->expires : DAY;
        for (size_t i = 0; i < n; i++)
                packet_rr(p, s, owner, type, ttl, rdata[i].data, rdata[i].len);
        if (signature->none)
                return;
        b.len = 0;
        put_number(&b, type, 2);
        put_number(&b, ALGORITHM, 1);
        put_number(&b, count_labels(owner) - signature->wildcard, 1);
        put_number(&b, ttl, 4);
        put_number(&b, now + (uint32_t)expires, 4);
        put_number(&b, now - 10 * DAY, 4);
        put_number(&b, key_tag(), 2);
        put_number(&b, 0, 1); /* signer: the root */
        memcpy(rrsig, b.data, 19);
        put_canonical(&b, owner, signature->wildcard, type, ttl, rdata, n);
        if (signature->broken)
                b.data[b.len - 1] ^= 1;
        sign(&b, rrsig + 19);
        packet_rr(p, s, owner, 46, ttl, rrsig, sizeof rrsig);
}

static const struct zone_signature right;

static void
one(struct packet *p, enum packet_section s, const char *owner, uint16_t type, uint32_t ttl,
    const void *rdata, size_t len, const struct zone_signature *signature)
{
        struct pdane_bytes bytes = {rdata, len};
        zone_rrset(p, s, owner, type, ttl, &bytes, 1, signature);
}

void
zone_a(struct packet *p, const char *owner, uint32_t ttl, const struct zone_signature *signature)
{
        one(p, PACKET_ANSWER, owner, DNS_A, ttl, "\300\0\2\1", 4, signature);
}

void
zone_cname(struct packet *p, const char *owner, const char *target)
{
        static struct buffer b;
        b.len = 0;
        put_name(&b, target);
        uint8_t copy[256];
        size_t len = b.len;
        memcpy(copy, b.data, len);
        one(p, PACKET_ANSWER, owner, DNS_CNAME, 300, copy, len, &right);
}

void
zone_dnskey(struct packet *p)
{
        uint8_t rdata[68];
        size_t len = dnskey_rdata(rdata);
        one(p, PACKET_ANSWER, "", DNS_DNSKEY, 3600, rdata, len, &right);
}

void
zone_soa(struct packet *p, uint32_t ttl)
{
        uint8_t rdata[22] = {[5] = 1, [9] = 1, [13] = 1, [17] = 1, [20] = 1};
        one(p, PACKET_AUTHORITY, "", DNS_SOA, ttl, rdata, sizeof rdata, &right);
}

void
zone_nsec(struct packet *p, const char *owner, const uint16_t *types)
{
        uint8_t rdata[1 + 2 + 32] = {0, 0, 32}; /* next: the root; window 0 */
        uint8_t *map = rdata + 3;
        size_t octets = 0;
        uint16_t all[16] = {46, 47};
        size_t n = 2;
        while (*types && n < 16)
                all[n++] = *types++;
        for (size_t i = 0; i < n; i++) {
                map[all[i] / 8] |= (uint8_t)(0x80 >> all[i] % 8);
                if (all[i] / 8u + 1 > octets)
                        octets = all[i] / 8u + 1;
        }
        rdata[2] = (uint8_t)octets;
        one(p, PACKET_AUTHORITY, owner, DNS_NSEC, 300, rdata, 3 + octets, &right);
}

void
zone_trust_anchor(char *buf, size_t cap)
{
        uint8_t rdata[68], text[128];
        dnskey_rdata(rdata);
        EVP_EncodeBlock(text, rdata + 4, 64);
        snprintf(buf, cap, ". 3600 IN DNSKEY 257 3 13 %s\n", (const char *)text);
}
