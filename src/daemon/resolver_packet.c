/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Walks the message with glibc's ns_parserr, which checks every bound. Names are compared in
 * presentation form, where equal names differ in case only. RFC 1035, 2308, 4034, 4035, 6672.
 */
#include "daemon/resolver_packet.h"

#include <arpa/nameser.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <resolv.h>
#include <stdlib.h>
#include <strings.h>

#include "daemon/resolver_rdata.h"

#define TYPE_DNAME 39
#define TYPE_DS 43
#define TYPE_RRSIG 46
#define TYPE_NSEC 47
#define TYPE_NSEC3 50

#define RRSIG_FIXED 18u     /* octets of RRSIG RDATA before the signer's name */
#define TTL_MAX 0x7fffffffu /* RFC 2181 section 8 */

struct message {
        ns_msg ns;
        int64_t now;
        int64_t not_after, signed_until; /* so far */
        bool expired;                    /* a signature has run out */
        bool wildcard;                   /* something in the answer section was synthesised */
};

struct rrsig {
        uint16_t covered;
        uint8_t labels;
        uint32_t original_ttl;
        uint32_t expiration;
};

/* ---- records ---- */

static int
record(struct message *m, ns_sect section, int i, ns_rr *ret)
{
        return ns_parserr(&m->ns, section, i, ret) == 0 ? 0 : -EBADMSG;
}

/* The root is "." to ns_parserr and "" to dn_expand. */
static const char *
owner(const ns_rr *rr)
{
        return strcmp(ns_rr_name(*rr), ".") == 0 ? "" : ns_rr_name(*rr);
}

static bool
owned_by(const ns_rr *rr, const char *name, uint16_t type)
{
        return ns_rr_type(*rr) == type && ns_rr_class(*rr) == ns_c_in &&
               strcasecmp(owner(rr), name) == 0;
}

static bool
read_rrsig(const ns_rr *rr, struct rrsig *ret)
{
        const uint8_t *p = ns_rr_rdata(*rr);
        if (ns_rr_rdlen(*rr) < RRSIG_FIXED + 1)
                return false;
        *ret = (struct rrsig){
                .covered = (uint16_t)ns_get16(p),
                .labels = p[3],
                .original_ttl = (uint32_t)ns_get32(p + 4),
                .expiration = (uint32_t)ns_get32(p + 8),
        };
        return true;
}

/* Labels as RFC 4034 section 3.1.3 counts them: without the root and without a leading asterisk. */
static unsigned
count_labels(const char *name)
{
        unsigned n = *name ? 1 : 0;
        if (name[0] == '*' && name[1] == '.')
                name += 2;
        else if (strcmp(name, "*") == 0)
                return 0;
        for (; *name; name++) {
                if (*name == '\\' && name[1])
                        name++;
                else if (*name == '.')
                        n++;
        }
        return n;
}

static void
lower(char *s)
{
        for (; *s; s++)
                *s = (char)tolower((unsigned char)*s);
}

/* The domain name that the RDATA of rr begins with, in lower case. */
static int
target_name(const struct message *m, const ns_rr *rr, char ret[NS_MAXDNAME])
{
        int n = dn_expand(ns_msg_base(m->ns), ns_msg_end(m->ns), ns_rr_rdata(*rr), ret,
                          NS_MAXDNAME);
        if (n < 0 || n != ns_rr_rdlen(*rr))
                return -EBADMSG;
        lower(ret);
        return 0;
}

/* ---- how long ---- */

static void
until(struct message *m, int64_t when)
{
        if (when < m->not_after)
                m->not_after = when;
}

static void
until_ttl(struct message *m, uint32_t ttl)
{
        until(m, m->now + (ttl > TTL_MAX ? 0 : (int64_t)ttl));
}

/* Signature times wrap around: RFC 4034 section 3.1.5, RFC 1982. */
static void
until_expiration(struct message *m, const struct rrsig *sig)
{
        int64_t left = (int32_t)(sig->expiration - (uint32_t)m->now);
        if (left <= 0)
                m->expired = true;
        until(m, m->now + left);
        if (m->now + left < m->signed_until)
                m->signed_until = m->now + left;
        until_ttl(m, sig->original_ttl);
}

/* RFC 2308 section 5: a denial lives no longer than the SOA's last field says. */
static int
until_soa(struct message *m, const ns_rr *rr)
{
        const uint8_t *end = ns_rr_rdata(*rr) + ns_rr_rdlen(*rr);
        if (ns_rr_rdlen(*rr) < PDANE_SOA_NUMBERS + 2)
                return -EBADMSG;
        until_ttl(m, (uint32_t)ns_get32(end - 4));
        return 0;
}

static int
until_record(struct message *m, const ns_rr *rr, bool denial)
{
        struct rrsig sig;
        until_ttl(m, (uint32_t)ns_rr_ttl(*rr));
        if (ns_rr_type(*rr) == ns_t_soa && denial)
                return until_soa(m, rr);
        if (ns_rr_type(*rr) != TYPE_RRSIG)
                return 0;
        if (!read_rrsig(rr, &sig))
                return -EBADMSG;
        if (sig.labels < count_labels(owner(rr)))
                m->wildcard = true;
        until_expiration(m, &sig);
        return 0;
}

/* The type of a record, or of what it signs. */
static uint16_t
subject_type(const ns_rr *rr)
{
        struct rrsig sig;
        uint16_t type = (uint16_t)ns_rr_type(*rr);
        return type == TYPE_RRSIG && read_rrsig(rr, &sig) ? sig.covered : type;
}

/* What a denial rests on; an NS RRset beside it proves nothing and may be short-lived. */
static bool
is_proof(const ns_rr *rr)
{
        uint16_t type = subject_type(rr);
        return type == ns_t_soa || type == TYPE_NSEC || type == TYPE_NSEC3;
}

static bool
is_alias(const ns_rr *rr)
{
        uint16_t type = subject_type(rr);
        return type == ns_t_cname || type == TYPE_DNAME;
}

/* Which records of a section are looked at. */
typedef bool filter_fn(const ns_rr *rr);

static int
until_section(struct message *m, ns_sect section, filter_fn *filter, bool denial)
{
        for (int i = 0; i < ns_msg_count(m->ns, section); i++) {
                ns_rr rr;
                int r = record(m, section, i, &rr);
                if (r == 0 && (!filter || filter(&rr)))
                        r = until_record(m, &rr, denial);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Of what filter picks from the answer section. Results untouched when it may not be kept. */
static int
lifetime(const struct message *whole, filter_fn *filter, bool denial, int64_t *ret_not_after,
         int64_t *ret_signed_until)
{
        struct message m = *whole;
        int r = until_section(&m, ns_s_an, filter, false);
        if (r == 0 && (denial || m.wildcard))
                r = until_section(&m, ns_s_ns, is_proof, denial);
        if (r < 0)
                return r;
        bool nothing = m.not_after == INT64_MAX;
        if (nothing || m.expired || m.not_after < 0)
                return 0;
        *ret_not_after = m.not_after;
        *ret_signed_until = m.signed_until == INT64_MAX ? 0 : m.signed_until;
        return 0;
}

/* ---- signatures ---- */

/*
 * Looks for the RRSIGs over name/type in the answer section. All must have the same number of
 * labels (libunbound has checked that, too): *ret_labels, fewer than the name has when a wildcard
 * made the RRset. 1 signed, 0 unsigned, -EBADMSG.
 */
static int
find_signature(struct message *m, const char *name, uint16_t type, unsigned *ret_labels)
{
        int labels = -1;
        for (int i = 0; i < ns_msg_count(m->ns, ns_s_an); i++) {
                ns_rr rr;
                struct rrsig sig;
                if (record(m, ns_s_an, i, &rr) < 0)
                        return -EBADMSG;
                if (!owned_by(&rr, name, TYPE_RRSIG))
                        continue;
                if (!read_rrsig(&rr, &sig))
                        return -EBADMSG;
                if (sig.covered != type)
                        continue;
                if (labels >= 0 && labels != sig.labels)
                        return -EBADMSG;
                labels = sig.labels;
        }
        if (labels < 0)
                return 0;
        if ((unsigned)labels > count_labels(name))
                return -EBADMSG;
        *ret_labels = (unsigned)labels;
        return 1;
}

/* name ends in ".suffix": the length of what stands before it, otherwise 0. */
static size_t
prefix_length(const char *name, const char *suffix)
{
        size_t n = strlen(name), s = strlen(suffix);
        if (s == 0)
                return n;
        if (n <= s + 1 || name[n - s - 1] != '.' || strcasecmp(name + n - s, suffix) != 0)
                return 0;
        return n - s - 1;
}

/* RFC 6672 section 2.2: name with the DNAME's owner replaced by its target is exactly alias. */
static bool
dname_makes(const struct message *m, const ns_rr *rr, const char *name, const char *alias)
{
        char target[NS_MAXDNAME];
        size_t keep = prefix_length(name, owner(rr));
        if (keep == 0 || target_name(m, rr, target) < 0)
                return false;
        return strncasecmp(name, alias, keep) == 0 && prefix_length(alias, target) == keep;
}

/* A CNAME without signature is one that was made from a signed DNAME. */
static int
check_dname(struct message *m, const char *name, const char *alias)
{
        for (int i = 0; i < ns_msg_count(m->ns, ns_s_an); i++) {
                ns_rr rr;
                unsigned ignored;
                if (record(m, ns_s_an, i, &rr) < 0)
                        return -EBADMSG;
                if (ns_rr_type(rr) != TYPE_DNAME || ns_rr_class(rr) != ns_c_in)
                        continue;
                if (!dname_makes(m, &rr, name, alias))
                        continue;
                int r = find_signature(m, owner(&rr), TYPE_DNAME, &ignored);
                return r == 1 ? 0 : -EBADMSG;
        }
        return -EBADMSG;
}

/* ---- aliases ---- */

/* What stands in the answer section under name: records of the type asked for, or one CNAME. */
static int
look_up(struct message *m, const char *name, uint16_t type, size_t *ret_records, char *ret_alias)
{
        size_t records = 0, aliases = 0;
        for (int i = 0; i < ns_msg_count(m->ns, ns_s_an); i++) {
                ns_rr rr;
                if (record(m, ns_s_an, i, &rr) < 0)
                        return -EBADMSG;
                if (owned_by(&rr, name, type))
                        records++;
                else if (owned_by(&rr, name, ns_t_cname) && aliases++ == 0 &&
                         target_name(m, &rr, ret_alias) < 0)
                        return -EBADMSG;
        }
        if (aliases > 1 || (aliases && records))
                return -EBADMSG;
        *ret_records = records;
        return aliases ? 1 : 0;
}

static int
check_alias(struct message *m, const char *name, const char *alias, unsigned *ret_labels)
{
        int r = find_signature(m, name, ns_t_cname, ret_labels);
        if (r != 0)
                return r < 0 ? r : 0;
        *ret_labels = count_labels(name);
        return check_dname(m, name, alias);
}

/* Follows the aliases from ret->final_name on. */
static int
follow(struct message *m, uint16_t type, size_t *ret_records, struct pdane_packet *ret)
{
        for (unsigned hops = 0; hops <= PDANE_ALIASES_MAX; hops++) {
                char alias[NS_MAXDNAME];
                unsigned labels;
                int r = look_up(m, ret->final_name, type, ret_records, alias);
                if (r <= 0)
                        return r;
                r = check_alias(m, ret->final_name, alias, &labels);
                if (r < 0)
                        return r;
                if (hops == 0)
                        ret->labels = labels;
                if (strlen(alias) > PDANE_NAME_MAX)
                        return -EBADMSG;
                ret->alias = true;
                memcpy(ret->final_name, alias, strlen(alias) + 1);
        }
        return -EBADMSG;
}

/* ---- records passed on ---- */

static int
append(const struct message *m, const ns_rr *rr, struct pdane_packet *ret, uint8_t **at)
{
        ssize_t n = pdane_rdata_expand(&m->ns, rr, *at);
        if (n < 0)
                return -EBADMSG;
        ret->rdata[ret->n_rdata++] = (struct pdane_bytes){*at, (size_t)n};
        *at += n;
        return 0;
}

/* With at == NULL only counts the room that is needed. */
static int
walk_records(struct message *m, uint16_t type, struct pdane_packet *ret, uint8_t *at,
             size_t *ret_room)
{
        size_t room = 0, n = 0;
        for (int i = 0; i < ns_msg_count(m->ns, ns_s_an) && n < PDANE_ANSWER_RDATA_MAX; i++) {
                ns_rr rr;
                if (record(m, ns_s_an, i, &rr) < 0)
                        return -EBADMSG;
                if (!owned_by(&rr, ret->final_name, type))
                        continue;
                n++;
                room += pdane_rdata_room(&rr);
                if (at && append(m, &rr, ret, &at) < 0)
                        return -EBADMSG;
        }
        *ret_room = room;
        return 0;
}

static int
collect(struct message *m, uint16_t type, struct pdane_packet *ret)
{
        size_t room = 0;
        int r = walk_records(m, type, ret, NULL, &room);
        if (r < 0)
                return r;
        ret->arena = malloc(room + 1);
        if (!ret->arena)
                return -ENOMEM;
        return walk_records(m, type, ret, ret->arena, &room);
}

/* ---- who signed ---- */

/* For showing only, after libunbound has judged: what cannot be told is left empty. */
static void
take_signer(struct message *m, uint16_t type, struct pdane_packet *ret)
{
        bool denial = ret->n_rdata == 0;
        ns_sect section = denial ? ns_s_ns : ns_s_an;
        for (int i = 0; i < ns_msg_count(m->ns, section); i++) {
                char name[NS_MAXDNAME];
                struct rrsig sig;
                ns_rr rr;
                if (record(m, section, i, &rr) < 0)
                        return;
                if (ns_rr_type(rr) != TYPE_RRSIG || !read_rrsig(&rr, &sig))
                        continue;
                if (denial ? !is_proof(&rr)
                           : sig.covered != type || !owned_by(&rr, ret->final_name, TYPE_RRSIG))
                        continue;
                if (dn_expand(ns_msg_base(m->ns), ns_msg_end(m->ns),
                              ns_rr_rdata(rr) + RRSIG_FIXED, name, sizeof name) < 0 ||
                    strlen(name) > PDANE_NAME_MAX)
                        return;
                lower(name);
                memcpy(ret->signer, *name ? name : ".", *name ? strlen(name) + 1 : 2);
                return;
        }
}

/* ---- the whole ---- */

static int
check_header(struct message *m, const char *name, uint16_t type)
{
        ns_rr q;
        int rcode = ns_msg_getflag(m->ns, ns_f_rcode);
        if (!ns_msg_getflag(m->ns, ns_f_qr) || ns_msg_getflag(m->ns, ns_f_tc) ||
            ns_msg_getflag(m->ns, ns_f_opcode) != ns_o_query)
                return -EBADMSG;
        if (rcode != ns_r_noerror && rcode != ns_r_nxdomain)
                return -EBADMSG;
        if (ns_msg_count(m->ns, ns_s_qd) != 1 || record(m, ns_s_qd, 0, &q) < 0)
                return -EBADMSG;
        return owned_by(&q, name, type) ? 0 : -EBADMSG;
}

static int
parse(struct message *m, uint16_t type, struct pdane_packet *ret)
{
        size_t records = 0;
        unsigned labels = 0;
        int r = follow(m, type, &records, ret);
        if (r < 0)
                return r;
        ret->nxdomain = ns_msg_getflag(m->ns, ns_f_rcode) == ns_r_nxdomain;
        if (records) {
                r = find_signature(m, ret->final_name, type, &labels);
                if (r <= 0 || ret->nxdomain)
                        return -EBADMSG;
                ret->synthesised = labels < count_labels(ret->final_name);
                if (!ret->alias)
                        ret->labels = labels;
                r = collect(m, type, ret);
                if (r < 0)
                        return r;
        }
        take_signer(m, type, ret);
        r = lifetime(m, NULL, records == 0, &ret->not_after, &ret->signed_until);
        if (r == 0 && ret->alias)
                r = lifetime(m, is_alias, false, &ret->alias_not_after, &ret->alias_signed_until);
        return r;
}

int
pdane_packet_parse(const uint8_t *packet, size_t len, const char *name, uint16_t type, int64_t now,
                   struct pdane_packet **ret)
{
        struct message m = {.now = now, .not_after = INT64_MAX, .signed_until = INT64_MAX};
        if (len > NS_MAXMSG || strlen(name) > PDANE_NAME_MAX || now < 0 || now > INT64_MAX / 2)
                return -EBADMSG;
        /* Trailing bytes make it fail. */
        if (ns_initparse(packet, (int)len, &m.ns) < 0)
                return -EBADMSG;
        int r = check_header(&m, name, type);
        if (r < 0)
                return r;
        struct pdane_packet *p = calloc(1, sizeof *p);
        if (!p)
                return -ENOMEM;
        memcpy(p->final_name, name, strlen(name) + 1);
        lower(p->final_name);
        p->labels = count_labels(name);
        r = parse(&m, type, p);
        if (r < 0)
                pdane_packet_free(p);
        else
                *ret = p;
        return r;
}

void
pdane_packet_free(struct pdane_packet *p)
{
        if (!p)
                return;
        free(p->arena);
        free(p);
}

const char *
pdane_packet_rcode_text(int rcode)
{
        switch (rcode) {
        case 1:
                return "formerr";
        case 2:
                return "servfail";
        case 4:
                return "notimp";
        case 5:
                return "refused";
        default:
                return "dns-error";
        }
}

int
pdane_packet_rcode(const uint8_t *packet, size_t len)
{
        return packet && len >= NS_HFIXEDSZ ? packet[3] & 0xf : -1;
}
