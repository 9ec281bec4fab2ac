/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A validated DNS message (resolver_packet.c, resolver_rdata.c), against a reader of its own that
 * only looks for what was said. First byte: what was asked for; second: the length of the name,
 * which follows; then the message.
 */
#include "fuzz.h"

#include <arpa/nameser.h>
#include <ctype.h>
#include <errno.h>

#include "daemon/resolver_packet.h"
#include "daemon/resolver_rdata.h"

#define NOW INT64_C(1800000000)
#define RECORDS_MAX 600u
#define TYPE_RRSIG 46u
#define TYPE_DNAME 39u
#define TYPE_TLSA 52u

struct record {
        uint8_t owner[NS_MAXCDNAME]; /* wire form, lower case */
        size_t owner_len;
        uint16_t type, class;
        uint32_t ttl;
        const uint8_t *rdata;
        size_t len;
};
static struct record records[RECORDS_MAX]; /* of the answer section */
static size_t n_records;

/* ---- reading ---- */

/* The name at *at, uncompressed; *at moves past it. Its length, 0 when it is none. */
static size_t
take_name(struct fuzz_input whole, size_t *at, uint8_t ret[NS_MAXCDNAME])
{
        size_t pos = *at, n = 0;
        bool jumped = false;

        for (unsigned hops = 0; hops < 128 && pos < whole.len;) {
                uint8_t len = whole.data[pos];

                if (len >= 0xc0) {
                        if (pos + 1 >= whole.len)
                                return 0;
                        if (!jumped)
                                *at = pos + 2;
                        jumped = true;
                        pos = (size_t)(len & 0x3f) << 8 | whole.data[pos + 1];
                        hops++;
                        continue;
                }
                if (len > 63 || pos + 1u + len > whole.len || n + 1u + len > NS_MAXCDNAME)
                        return 0;
                for (size_t i = 0; i <= len; i++)
                        ret[n++] = i == 0 ? len : (uint8_t)tolower(whole.data[pos + i]);
                pos += 1u + len;
                if (len == 0) {
                        if (!jumped)
                                *at = pos;
                        return n;
                }
        }
        return 0;
}

static uint32_t
number_at(struct fuzz_input whole, size_t at, size_t n)
{
        uint32_t v = 0;

        for (size_t i = 0; i < n; i++)
                v = v << 8 | whole.data[at + i];
        return v;
}

static bool
take_record(struct fuzz_input whole, size_t *at, struct record *r)
{
        r->owner_len = take_name(whole, at, r->owner);
        if (r->owner_len == 0 || whole.len - *at < 10)
                return false;
        r->type = (uint16_t)number_at(whole, *at, 2);
        r->class = (uint16_t)number_at(whole, *at + 2, 2);
        r->ttl = number_at(whole, *at + 4, 4);
        r->len = number_at(whole, *at + 8, 2);
        *at += 10;
        if (whole.len - *at < r->len)
                return false;
        r->rdata = whole.data + *at;
        *at += r->len;
        return true;
}

/* The answer section of a message that was taken: it must be readable to us, too. */
static void
read_answers(struct fuzz_input whole)
{
        uint8_t name[NS_MAXCDNAME];
        size_t at = 12, n;

        FUZZ_CHECK(whole.len >= 12 && number_at(whole, 4, 2) == 1);
        FUZZ_CHECK(take_name(whole, &at, name) > 0 && whole.len - at >= 4);
        at += 4;
        n = number_at(whole, 6, 2);
        n_records = 0;
        for (size_t i = 0; i < n && i < RECORDS_MAX; i++) {
                FUZZ_CHECK(take_record(whole, &at, &records[i]));
                n_records++;
        }
}

/* ---- what must have been said ---- */

static bool
owned_by(const struct record *r, const uint8_t *wire, size_t len)
{
        return r->class == 1 && r->owner_len == len && memcmp(r->owner, wire, len) == 0;
}

static unsigned
count_labels(const uint8_t *wire)
{
        unsigned n = 0;
        bool star = wire[0] == 1 && wire[1] == '*';

        for (size_t i = 0; wire[i] != 0; i += 1u + wire[i])
                n++;
        return star ? n - 1 : n;
}

static size_t
wire_of(const char *text, uint8_t ret[NS_MAXCDNAME])
{
        size_t n = 0;

        FUZZ_CHECK(ns_name_pton(text, ret, NS_MAXCDNAME) >= 0);
        while (ret[n] != 0)
                n += 1u + ret[n];
        for (size_t i = 0; i <= n; i++)
                ret[i] = (uint8_t)tolower(ret[i]);
        return n + 1;
}

/* Records of another type, or of another owner, are never passed on; all are signed. */
static void
check_records(const struct pdane_packet *p, uint16_t type)
{
        uint8_t final[NS_MAXCDNAME];
        size_t len = wire_of(p->final_name, final), count = 0;
        const struct record *sig = NULL;

        for (size_t i = 0; i < n_records; i++) {
                const struct record *r = &records[i];

                if (!owned_by(r, final, len))
                        continue;
                if (r->type == TYPE_RRSIG && r->len > 18 &&
                    (r->rdata[0] << 8 | r->rdata[1]) == type)
                        sig = r;
                if (r->type != type)
                        continue;
                if (type == TYPE_TLSA || type == ns_t_a || type == ns_t_aaaa)
                        FUZZ_CHECK(count < p->n_rdata && p->rdata[count].len == r->len &&
                                   memcmp(p->rdata[count].data, r->rdata, r->len) == 0);
                count++;
        }
        if (n_records < RECORDS_MAX)
                FUZZ_CHECK(count == p->n_rdata);
        if (p->n_rdata == 0)
                return;
        FUZZ_CHECK(sig && !p->nxdomain);
        FUZZ_CHECK(p->synthesised == (sig->rdata[3] < count_labels(final)));
        FUZZ_CHECK(p->alias || p->labels == sig->rdata[3]);
}

/* An alias is one that stands there, signed, or made from a signed DNAME. */
static void
check_alias(const struct pdane_packet *p, const char *name)
{
        uint8_t wire[NS_MAXCDNAME];
        size_t len = wire_of(name, wire);
        bool cname = false, sig = false, dname = false;

        for (size_t i = 0; i < n_records; i++) {
                const struct record *r = &records[i];

                if (owned_by(r, wire, len) && r->type == ns_t_cname)
                        cname = true;
                if (owned_by(r, wire, len) && r->type == TYPE_RRSIG && r->len > 18 &&
                    r->rdata[1] == ns_t_cname)
                        sig = true;
                dname = dname ||
                        (r->type == TYPE_RRSIG && r->len > 18 && r->rdata[1] == TYPE_DNAME);
        }
        FUZZ_CHECK(!p->alias || (cname && (sig || dname)));
        FUZZ_CHECK(p->alias || strcasecmp(p->final_name, name) == 0);
}

static void
check_lifetime(const struct pdane_packet *p)
{
        struct fuzz_input sig;

        if (p->not_after == 0) {
                FUZZ_CHECK(p->signed_until == 0);
                return;
        }
        FUZZ_CHECK(p->not_after >= NOW);
        FUZZ_CHECK(p->signed_until == 0 || p->not_after <= p->signed_until);
        for (size_t i = 0; i < n_records; i++) {
                const struct record *r = &records[i];

                FUZZ_CHECK(p->not_after <= NOW + (int64_t)r->ttl);
                if (r->type != TYPE_RRSIG)
                        continue;
                sig = (struct fuzz_input){r->rdata, r->len};
                FUZZ_CHECK(p->not_after <= NOW + (int32_t)(number_at(sig, 8, 4) - (uint32_t)NOW));
        }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        static const uint16_t types[] = {ns_t_a, ns_t_aaaa, TYPE_TLSA, ns_t_mx, ns_t_soa, ns_t_ns};
        struct fuzz_input in = {data, len};
        uint16_t type = types[fuzz_pick(&in, 6)];
        char *name = fuzz_string(fuzz_take(&in, fuzz_u8(&in)));
        struct pdane_packet *p = NULL;
        int r = -EBADMSG;

        for (char *c = name; *c; c++)
                *c = (char)tolower((unsigned char)*c);
        r = pdane_packet_parse(in.data, in.len, name, type, NOW, &p);
        FUZZ_CHECK((r == 0) == (p != NULL) && (r == 0 || r == -EBADMSG));
        if (p) {
                FUZZ_CHECK(strlen(p->final_name) <= PDANE_NAME_MAX &&
                           p->n_rdata <= PDANE_ANSWER_RDATA_MAX);
                FUZZ_CHECK(pdane_packet_rcode(in.data, in.len) == (p->nxdomain ? 3 : 0));
                read_answers(in);
                check_records(p, type);
                check_alias(p, name);
                check_lifetime(p);
        }
        (void)pdane_packet_rcode(in.data, in.len);
        pdane_packet_free(p);
        free(name);
        return 0;
}
