/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A and AAAA side by side; the first secure one makes TLSA worth asking. Trust never rests on the
 * addresses: they only say where to look for the certificate.
 */
#include "daemon/resolve.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "daemon/clock.h"
#include "trust/name.h"

/* How long a TLSA answer waits for the other address family (RFC 8305 section 3 has 50 ms for a
 * like purpose). */
#define FAMILY_GRACE_MS 100

#define TYPE_A 1
#define TYPE_AAAA 28
#define TYPE_TLSA 52
#define TLSA_NAME_MAX (PDANE_NAME_MAX + sizeof "_65535._tcp.")

struct pdane_resolve {
        struct pdane_resolver *resolver;
        struct event_base *base;
        char final[PDANE_NAME_MAX + 1]; /* where a secure alias led; "" without one */
        int64_t alias_not_after, alias_signed_until; /* how long it does */
        unsigned alias_labels;                       /* of the first alias, as in an answer */
        bool at_final;                  /* TLSA is being asked there */
        char host[PDANE_NAME_MAX + 1];
        uint16_t port;
        bool need_address;
        unsigned timeout_ms, min_ttl_s;
        void (*done)(void *arg, struct pdane_host_facts *facts);
        void (*step)(void *arg, const struct pdane_resolve_step *step);
        void *arg;
        struct pdane_query *a, *aaaa, *tlsa;
        struct event *grace;
        enum pdane_dns_verdict a_verdict, aaaa_verdict;
        struct pdane_host_facts facts;
};

void
pdane_host_facts_clear(struct pdane_host_facts *f)
{
        pdane_tlsa_set_free(f->tlsa);
        *f = (struct pdane_host_facts){0};
}

void
pdane_resolve_cancel(struct pdane_resolve *rs)
{
        if (!rs)
                return;
        pdane_query_cancel(rs->a);
        pdane_query_cancel(rs->aaaa);
        pdane_query_cancel(rs->tlsa);
        if (rs->grace)
                event_free(rs->grace);
        pdane_host_facts_clear(&rs->facts);
        free(rs);
}

static void
finish(struct pdane_resolve *rs)
{
        rs->done(rs->arg, &rs->facts);
        pdane_resolve_cancel(rs);
}

static void
note(struct pdane_resolve *rs, const struct pdane_dns_answer *answer)
{
        if (answer->why && *answer->why)
                pdane_log_escape(answer->why, strlen(answer->why), rs->facts.why,
                                 sizeof rs->facts.why);
}

static void
tell(const struct pdane_resolve *rs, const char *base, uint16_t type,
     enum pdane_dns_verdict verdict, bool decides, const struct pdane_dns_answer *answer)
{
        const struct pdane_resolve_step step = {base, type, verdict, decides, answer};
        if (rs->step)
                rs->step(rs->arg, &step);
}

/* ---- TLSA ---- */

/* Records that cannot be RDATA of a TLSA at all do not void the others; more than the limit does.
 */
static enum pdane_dns_verdict
take_records(struct pdane_resolve *rs, const struct pdane_dns_answer *answer)
{
        struct pdane_tlsa_set *set = NULL;
        if (pdane_tlsa_set_new(&set) < 0)
                return PDANE_DNS_UNREACHABLE;
        for (size_t i = 0; i < answer->n_rdata; i++) {
                int r = pdane_tlsa_set_add(set, answer->rdata[i].data, answer->rdata[i].len);
                if (r == -E2BIG || r == -ENOMEM) {
                        pdane_tlsa_set_free(set);
                        return PDANE_DNS_UNREACHABLE;
                }
        }
        rs->facts.tlsa = set;
        return PDANE_DNS_SECURE;
}

static void
on_grace(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        finish(arg);
}

static int
wait_for_family(struct pdane_resolve *rs)
{
        const struct timeval tv = {0, FAMILY_GRACE_MS * 1000};
        rs->grace = evtimer_new(rs->base, on_grace, rs);
        return rs->grace && evtimer_add(rs->grace, &tv) == 0 ? 0 : -ENOMEM;
}

static void ask_tlsa(struct pdane_resolve *rs, const char *base_domain);

static int64_t
earlier(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

/*
 * A TTL of nothing or next to it would end between two questions of one verification. Signatures
 * are another matter: none is ever used past its end. What was found by way of an alias holds while
 * that leads there.
 */
static int64_t
lasting(const struct pdane_resolve *rs, const struct pdane_dns_answer *answer)
{
        int64_t floor = pdane_clock_wall() + rs->min_ttl_s;
        int64_t not_after = answer->not_after, signed_until = answer->signed_until;
        if (*rs->final) {
                not_after = earlier(not_after, rs->alias_not_after);
                signed_until = earlier(signed_until, rs->alias_signed_until);
        }
        return not_after == 0 || not_after >= floor ? not_after : earlier(signed_until, floor);
}

/*
 * Is it a wildcard that was found, and does it speak for the host's siblings as well? The host's
 * own zone may be another's than its parent's, and so may the zone that an alias leads to.
 */
static bool
speaks_for_siblings(const struct pdane_resolve *rs, const struct pdane_dns_answer *answer)
{
        unsigned parent_labels = 0;
        for (const char *p = rs->host; *p; p++)
                parent_labels += *p == '.';
        return (rs->at_final ? rs->alias_labels : answer->labels) <= parent_labels;
}

static void
on_tlsa(void *arg, const struct pdane_dns_answer *answer)
{
        struct pdane_resolve *rs = arg;
        rs->tlsa = NULL;
        note(rs, answer);
        if (rs->at_final && answer->verdict == PDANE_DNS_NO_RECORDS) {
                rs->at_final = false;
                tell(rs, rs->final, TYPE_TLSA, answer->verdict, false, answer);
                ask_tlsa(rs, rs->host);
                return;
        }
        rs->facts.not_after = lasting(rs, answer);
        rs->facts.synthesised =
                answer->verdict == PDANE_DNS_SECURE && speaks_for_siblings(rs, answer);
        rs->facts.tlsa_verdict =
                answer->verdict == PDANE_DNS_SECURE ? take_records(rs, answer) : answer->verdict;
        tell(rs, rs->at_final ? rs->final : rs->host, TYPE_TLSA, rs->facts.tlsa_verdict, true,
             answer);
        bool family_missing = rs->need_address && (rs->a || rs->aaaa);
        if (rs->facts.tlsa_verdict != PDANE_DNS_SECURE || !family_missing ||
            wait_for_family(rs) < 0)
                finish(rs);
}

static void
tlsa_name(const struct pdane_resolve *rs, const char *base_domain, char name[TLSA_NAME_MAX])
{
        snprintf(name, TLSA_NAME_MAX, "_%u._tcp.%s", rs->port, base_domain);
}

static void
ask_tlsa(struct pdane_resolve *rs, const char *base_domain)
{
        char name[TLSA_NAME_MAX];
        tlsa_name(rs, base_domain, name);
        int r = pdane_resolver_query(rs->resolver, name, TYPE_TLSA, rs->timeout_ms, on_tlsa, rs,
                                     &rs->tlsa);
        if (r < 0) {
                /* Past 255 octets with the prefix there can be no such records (RFC 1035
                 * section 2.3.4). */
                rs->facts.tlsa_verdict = PDANE_DNS_UNREACHABLE;
                snprintf(rs->facts.why, sizeof rs->facts.why, "query-failed-errno-%d", -r);
                finish(rs);
        }
}

/* ---- addresses ---- */

static void
add_address(struct pdane_host_facts *f, uint16_t type, struct pdane_bytes rdata)
{
        struct sockaddr_storage ss = {0};
        if (f->n_addresses == PDANE_ADDRESSES_MAX)
                return;
        if (type == TYPE_A && rdata.len == sizeof(struct in_addr)) {
                struct sockaddr_in *sin = (struct sockaddr_in *)&ss;
                sin->sin_family = AF_INET;
                memcpy(&sin->sin_addr, rdata.data, rdata.len);
        } else if (type == TYPE_AAAA && rdata.len == sizeof(struct in6_addr)) {
                struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&ss;
                sin6->sin6_family = AF_INET6;
                memcpy(&sin6->sin6_addr, rdata.data, rdata.len);
        } else {
                return;
        }
        /* IPv6 and IPv4 in turn (RFC 8305 section 4) is the prober's business; here the order of
         * arrival is kept. */
        f->addresses[f->n_addresses++] = ss;
}

/*
 * Two verdicts, one statement about the host, before TLSA is asked. Of two that are not secure, the
 * one that says most is told.
 */
static enum pdane_dns_verdict
join(enum pdane_dns_verdict a, enum pdane_dns_verdict b)
{
        static const enum pdane_dns_verdict order[] = {
                PDANE_DNS_SECURE,  PDANE_DNS_INSECURE,    PDANE_DNS_BOGUS,
                PDANE_DNS_TIMEOUT, PDANE_DNS_UNREACHABLE, PDANE_DNS_NO_RECORDS,
        };
        for (size_t i = 0; i < sizeof order / sizeof *order; i++)
                if (a == order[i] || b == order[i])
                        return order[i];
        return PDANE_DNS_UNREACHABLE;
}

/*
 * RFC 7671 section 7: behind a secure alias the final name is the first TLSA base domain; only a
 * secure denial there leads back to the name that was asked. The answer was validated over every
 * hop, or it would not be secure.
 */
static void
start_tlsa(struct pdane_resolve *rs)
{
        rs->at_final = rs->facts.address_verdict == PDANE_DNS_SECURE && *rs->final &&
                       strcmp(rs->final, rs->host) != 0;
        ask_tlsa(rs, rs->at_final ? rs->final : rs->host);
}

static void
judge_addresses(struct pdane_resolve *rs)
{
        struct pdane_host_facts *f = &rs->facts;
        bool both = !rs->a && !rs->aaaa;

        if (f->tlsa_verdict != PDANE_DNS_UNKNOWN) { /* in the grace period: now complete */
                if (both)
                        finish(rs);
                return;
        }
        if (rs->tlsa)
                return; /* asked already; this answer brought more addresses, or none */
        f->address_verdict = join(rs->a_verdict, rs->aaaa_verdict);
        if (f->address_verdict == PDANE_DNS_SECURE ||
            (both && f->address_verdict == PDANE_DNS_NO_RECORDS && !rs->need_address))
                start_tlsa(rs);
        else if (both || f->address_verdict == PDANE_DNS_INSECURE) /* insecure is the zone's state:
                                                                      no need for the other */
                finish(rs);
}

/* A target that is no host name is nowhere to ask: the name that was asked remains. */
static void
take_alias(struct pdane_resolve *rs, const struct pdane_dns_answer *answer)
{
        struct pdane_name name;
        if (pdane_host_parse(answer->final_name, strlen(answer->final_name), &name) < 0)
                return;
        memcpy(rs->final, name.text, sizeof rs->final);
        rs->alias_not_after = answer->alias_not_after;
        rs->alias_signed_until = answer->alias_signed_until;
        rs->alias_labels = answer->labels;
}

static void
on_address(struct pdane_resolve *rs, uint16_t type, const struct pdane_dns_answer *answer)
{
        note(rs, answer);
        tell(rs, rs->host, type, answer->verdict, false, answer);
        if (answer->verdict == PDANE_DNS_SECURE && answer->alias && !*rs->final)
                take_alias(rs, answer);
        if (answer->verdict == PDANE_DNS_SECURE)
                for (size_t i = 0; i < answer->n_rdata; i++)
                        add_address(&rs->facts, type, answer->rdata[i]);
        bool tlsa_asked = rs->tlsa || rs->facts.tlsa_verdict != PDANE_DNS_UNKNOWN;
        if (!tlsa_asked && (rs->facts.not_after == 0 || answer->not_after < rs->facts.not_after))
                rs->facts.not_after = answer->not_after;
        judge_addresses(rs);
}

static void
on_a(void *arg, const struct pdane_dns_answer *answer)
{
        struct pdane_resolve *rs = arg;
        rs->a = NULL;
        rs->a_verdict = answer->verdict;
        on_address(rs, TYPE_A, answer);
}

static void
on_aaaa(void *arg, const struct pdane_dns_answer *answer)
{
        struct pdane_resolve *rs = arg;
        rs->aaaa = NULL;
        rs->aaaa_verdict = answer->verdict;
        on_address(rs, TYPE_AAAA, answer);
}

int
pdane_resolve_start(struct pdane_resolver *r, const struct pdane_resolve_request *req,
                    struct pdane_resolve **ret)
{
        struct pdane_resolve *rs = calloc(1, sizeof *rs);
        if (!rs)
                return -ENOMEM;
        snprintf(rs->host, sizeof rs->host, "%s", req->host);
        rs->resolver = r;
        rs->base = req->base;
        rs->port = req->port;
        rs->need_address = req->need_address;
        rs->timeout_ms = req->timeout_ms;
        rs->min_ttl_s = req->min_ttl_s;
        rs->done = req->done;
        rs->step = req->step;
        rs->arg = req->arg;
        int e = pdane_resolver_query(r, rs->host, TYPE_AAAA, rs->timeout_ms, on_aaaa, rs,
                                     &rs->aaaa);
        if (e == 0)
                e = pdane_resolver_query(r, rs->host, TYPE_A, rs->timeout_ms, on_a, rs, &rs->a);
        if (e < 0) {
                pdane_resolve_cancel(rs);
                return e;
        }
        char name[TLSA_NAME_MAX];
        tlsa_name(rs, rs->host, name);
        pdane_resolver_foresee(r, rs->host, name, TYPE_TLSA);
        *ret = rs;
        return 0;
}
