/* SPDX-License-Identifier: BSD-3-Clause */
/* A table says where names stand in the RDATA of the types that may compress them; the rest is
 * copied. */
#include "daemon/resolver_rdata.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Types whose RDATA may hold compressed names (RFC 3597 section 4), and SRV, DNAME. */
static const struct layout {
        uint16_t type;
        uint8_t before; /* octets before the names */
        uint8_t names;
        uint8_t after;
} layouts[] = {
        {ns_t_ns, 0, 1, 0},        {ns_t_cname, 0, 1, 0}, {ns_t_soa, 0, 2, PDANE_SOA_NUMBERS},
        {ns_t_ptr, 0, 1, 0},       {ns_t_mx, 2, 1, 0},    {ns_t_srv, 6, 1, 0},
        {39 /* DNAME */, 0, 1, 0},
};

static const struct layout *
find_layout(uint16_t type)
{
        for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
                if (layouts[i].type == type)
                        return &layouts[i];
        return NULL;
}

size_t
pdane_rdata_room(const ns_rr *rr)
{
        const struct layout *l = find_layout((uint16_t)ns_rr_type(*rr));
        if (!l)
                return ns_rr_rdlen(*rr);
        return (size_t)l->before + (size_t)l->names * NS_MAXCDNAME + l->after;
}

static size_t
wire_length(const uint8_t *name)
{
        size_t n = 0;
        while (name[n])
                n += 1u + name[n];
        return n + 1;
}

static bool
length_plausible(uint16_t type, size_t len)
{
        switch (type) {
        case ns_t_a:
                return len == NS_INADDRSZ;
        case ns_t_aaaa:
                return len == NS_IN6ADDRSZ;
        default:
                return true;
        }
}

ssize_t
pdane_rdata_expand(const ns_msg *m, const ns_rr *rr, uint8_t *out)
{
        const struct layout *l = find_layout((uint16_t)ns_rr_type(*rr));
        const uint8_t *p = ns_rr_rdata(*rr), *end = p + ns_rr_rdlen(*rr);
        uint8_t *start = out;
        if (!l) {
                if (!length_plausible((uint16_t)ns_rr_type(*rr), (size_t)(end - p)))
                        return -EBADMSG;
                if (p != end)
                        memcpy(out, p, (size_t)(end - p));
                return end - p;
        }
        if (end - p < l->before + l->after)
                return -EBADMSG;
        memcpy(out, p, l->before);
        p += l->before;
        out += l->before;
        for (unsigned i = 0; i < l->names; i++) {
                int n = p < end ? ns_name_unpack(ns_msg_base(*m), ns_msg_end(*m), p, out,
                                                 NS_MAXCDNAME)
                                : -1;
                if (n < 0)
                        return -EBADMSG;
                p += n;
                out += wire_length(out);
        }
        if (end - p != l->after)
                return -EBADMSG;
        memcpy(out, p, l->after);
        return out + l->after - start;
}
