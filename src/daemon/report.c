/* SPDX-License-Identifier: BSD-3-Clause */
/* A report is a run of encoded parts. Each hook of the lookup adds what it was told; names and
 * clients are asked of the library that decided. */
#include "daemon/report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clock.h"
#include "trust/judge.h"

/* What clients make of an accepted certificate, which is worked out when somebody wants to know. */
struct judged {
        struct pdane_cert *leaf, *authority; /* the latter may be NULL */
        bool leaf_too;
        int64_t now;
        char *host; /* that was connected to */
};

struct pdane_report {
        unsigned refs;
        struct pdane_name name;
        uint16_t port;
        int64_t when;
        size_t candidates;
        bool ended;
        /* Each part with four octets of length before it, in this machine's order; 0: the parts of
         * the next of those judged. */
        uint8_t *data;
        size_t len, cap;
        struct judged judged[PDANE_REPORT_CANDIDATES_MAX];
        size_t n_judged;
        struct pdane_report **slot; /* where it is kept; NULL: nowhere */
        TAILQ_ENTRY(pdane_report) entries;
};

struct pdane_report *
pdane_report_new(const struct pdane_name *name, uint16_t port)
{
        struct pdane_report *r = calloc(1, sizeof *r);
        if (!r)
                return NULL;
        r->refs = 1;
        r->name = *name;
        r->port = port;
        return r;
}

struct pdane_report *
pdane_report_ref(struct pdane_report *r)
{
        r->refs++;
        return r;
}

void
pdane_report_unref(struct pdane_report *r)
{
        if (!r || --r->refs)
                return;
        for (size_t i = 0; i < r->n_judged; i++) {
                pdane_cert_unref(r->judged[i].leaf);
                pdane_cert_unref(r->judged[i].authority);
                free(r->judged[i].host);
        }
        free(r->data);
        free(r);
}

int64_t
pdane_report_when(const struct pdane_report *r)
{
        return r->when;
}

/* ---- clients ---- */

static void
copy_text(char *to, size_t cap, const char *from)
{
        snprintf(to, cap, "%s", from ? from : "");
}

static void
client_part(uint32_t kind, const struct pdane_judge_client *verdict, struct pdane_part *ret)
{
        *ret = (struct pdane_part){.kind = PDANE_PART_CLIENT,
                                   .client = {.client = kind, .accepted = verdict->accepted}};
        copy_text(ret->client.reason, sizeof ret->client.reason, verdict->reason);
        copy_text(ret->client.mend, sizeof ret->client.mend, verdict->mend);
}

/* What OpenSSL keeps of them is not kept with a report. */
static void
shrink(const struct judged *j)
{
        pdane_cert_shrink(j->leaf);
        if (j->authority)
                pdane_cert_shrink(j->authority);
}

static void
judge(const struct judged *j, void (*fn)(void *arg, const uint8_t *data, size_t len), void *arg)
{
        const struct pdane_decision d = {.reason = PDANE_REASON_ACCEPTED,
                                         .authority = j->authority,
                                         .leaf_too = j->leaf_too};
        struct pdane_judge_client clients[PDANE_JUDGE_KINDS];
        struct pdane_name host = {0};
        uint8_t buf[PDANE_PART_MAX];
        /* A moment's want of memory is no reason to say what is not so. */
        if (!pdane_cert_x509(j->leaf) || (j->authority && !pdane_cert_x509(j->authority)))
                return;
        copy_text(host.text, sizeof host.text, j->host);
        pdane_judge_decision(&d, j->leaf, &host, j->now, clients);
        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++) {
                struct pdane_part p;
                size_t len;
                client_part(k, &clients[k], &p);
                if (pdane_part_encode(&p, buf, sizeof buf, &len) == 0)
                        fn(arg, buf, len);
        }
        shrink(j);
}

void
pdane_report_each(const struct pdane_report *r,
                  void (*fn)(void *arg, const uint8_t *data, size_t len), void *arg)
{
        size_t judged = 0;
        for (size_t at = 0; at < r->len;) {
                uint32_t n;
                memcpy(&n, r->data + at, sizeof n);
                at += sizeof n;
                if (n)
                        fn(arg, r->data + at, n);
                else
                        judge(&r->judged[judged++], fn, arg);
                at += n;
        }
}

/* ---- adding ---- */

static bool
make_room(struct pdane_report *r, size_t more)
{
        size_t cap = r->cap ? r->cap : 1024;
        while (cap < r->len + more)
                cap *= 2;
        if (cap == r->cap)
                return true;
        uint8_t *data = realloc(r->data, cap);
        if (!data)
                return false;
        r->data = data;
        r->cap = cap;
        return true;
}

/* What there is no room for is left out: an explanation is never a reason to fail. */
static void
add(struct pdane_report *r, const struct pdane_part *p)
{
        uint8_t buf[PDANE_PART_MAX];
        size_t len = 0;
        size_t most = p->kind == PDANE_PART_OUTCOME ? PDANE_REPORT_MAX
                                                    : PDANE_REPORT_MAX - PDANE_PART_MAX;
        if (r->ended || pdane_part_encode(p, buf, sizeof buf, &len) < 0 ||
            r->len + len + sizeof(uint32_t) > most || !make_room(r, len + sizeof(uint32_t)))
                return;
        const uint32_t n = (uint32_t)len;
        memcpy(r->data + r->len, &n, sizeof n);
        memcpy(r->data + r->len + sizeof n, buf, len);
        r->len += sizeof n + len;
}

/* ---- DNS ---- */

#define TYPE_A 1
#define TYPE_AAAA 28
#define TYPE_TLSA 52

static void
list_addresses(const struct pdane_resolve_step *s, char *to, size_t cap)
{
        size_t pos = 0;
        to[0] = '\0';
        for (size_t i = 0; i < s->answer->n_rdata && s->verdict == PDANE_DNS_SECURE; i++) {
                const struct pdane_bytes *rd = &s->answer->rdata[i];
                char text[INET6_ADDRSTRLEN];
                if (rd->len != (s->type == TYPE_A ? 4u : 16u) ||
                    !inet_ntop(s->type == TYPE_A ? AF_INET : AF_INET6, rd->data, text,
                               sizeof text) ||
                    pos + strlen(text) + 2 > cap)
                        continue;
                pos += (size_t)snprintf(to + pos, cap - pos, "%s%s", pos ? "," : "", text);
        }
}

/* What does not fit could not be asked. */
static void
name_records(char ret[PDANE_NAME_MAX + 1], uint16_t port, const char *base)
{
        char whole[PDANE_NAME_MAX + sizeof "_65535._tcp."] = "";
        snprintf(whole, sizeof whole, "_%u._tcp.%s", port, base);
        memcpy(ret, whole, PDANE_NAME_MAX);
        ret[PDANE_NAME_MAX] = '\0';
}

static void
on_step(void *arg, const struct pdane_resolve_step *s)
{
        struct pdane_report *r = arg;
        struct pdane_part p = {.kind = PDANE_PART_DNS,
                               .dns = {.type = s->type,
                                       .verdict = (uint32_t)s->verdict,
                                       .until = s->answer->not_after}};
        if (s->answer->synthesised)
                p.dns.flags |= PDANE_DNS_SYNTHESISED;
        if (s->answer->nxdomain)
                p.dns.flags |= PDANE_DNS_NXDOMAIN;
        if (s->decides)
                p.dns.flags |= PDANE_DNS_DECIDED;
        if (s->type == TYPE_TLSA)
                name_records(p.dns.asked, r->port, s->base);
        else
                copy_text(p.dns.asked, sizeof p.dns.asked, s->base);
        if (s->answer->alias)
                copy_text(p.dns.alias, sizeof p.dns.alias, s->answer->final_name);
        if (s->type == TYPE_A || s->type == TYPE_AAAA)
                list_addresses(s, p.dns.addresses, sizeof p.dns.addresses);
        copy_text(p.dns.signer, sizeof p.dns.signer, s->answer->signer);
        copy_text(p.dns.why, sizeof p.dns.why, s->answer->why);
        if (s->verdict != s->answer->verdict)
                copy_text(p.dns.why, sizeof p.dns.why, "more records than are looked at");
        add(r, &p);
}

static void
on_facts(void *arg, const struct pdane_host_facts *facts)
{
        size_t n = facts->tlsa ? pdane_tlsa_set_count(facts->tlsa) : 0;
        for (size_t i = 0; i < n; i++) {
                const struct pdane_tlsa *t = pdane_tlsa_set_get(facts->tlsa, i);
                size_t shown = t->len < PDANE_REPORT_DATA_MAX ? t->len : PDANE_REPORT_DATA_MAX;
                const struct pdane_part p = {
                        .kind = PDANE_PART_RECORD,
                        .record = {.usage = t->usage,
                                   .selector = t->selector,
                                   .matching = t->matching,
                                   .usable = pdane_tlsa_usable(t),
                                   .length = (uint32_t)t->len,
                                   .data = {shown ? t->data : (const uint8_t *)"", shown}}};
                add(arg, &p);
        }
}

/* ---- the server ---- */

static void
on_probed(void *arg, enum pdane_key_family family, enum pdane_outcome outcome, const char *why)
{
        struct pdane_part p = {.kind = PDANE_PART_PROBE,
                               .probe = {.family = (uint32_t)family, .outcome = (uint32_t)outcome}};
        copy_text(p.probe.why, sizeof p.probe.why, why);
        add(arg, &p);
}

static void
add_match(const struct pdane_match *m, uint32_t *ret_matched, uint32_t *ret_record,
          uint32_t *ret_depth)
{
        if (m->reason != PDANE_REASON_ACCEPTED || m->depth < 0)
                return;
        *ret_matched = 1;
        *ret_record = (uint32_t)m->record;
        *ret_depth = (uint32_t)m->depth;
}

static void
add_candidate(struct pdane_report *r, const struct pdane_run_case *c)
{
        const struct pdane_decision *d = c->decision;
        struct pdane_part p = {.kind = PDANE_PART_CANDIDATE,
                               .candidate = {.source = c->from_dns ? PDANE_SOURCE_DNS
                                                       : c->of_other_family
                                                               ? PDANE_SOURCE_OTHER_FAMILY
                                                               : PDANE_SOURCE_SERVER,
                                             .reason = (uint32_t)d->reason,
                                             .culprit_verdict = (uint32_t)d->culprit_verdict,
                                             .openssl_error = (uint32_t)d->match.openssl_error,
                                             .by_authority = d->authority != NULL,
                                             .until = d->not_after}};
        add_match(&d->match, &p.candidate.matched, &p.candidate.record, &p.candidate.depth);
        copy_text(p.candidate.culprit, sizeof p.candidate.culprit, d->culprit);
        add(r, &p);
}

static void
add_certificate(struct pdane_report *r, uint32_t position, const struct pdane_cert *c)
{
        const struct pdane_part p = {
                .kind = PDANE_PART_CERTIFICATE,
                .certificate = {.position = position, .der = pdane_cert_der(c)}};
        add(r, &p);
}

static void
add_certificates(struct pdane_report *r, const struct pdane_run_case *c)
{
        const struct pdane_cert *authority = c->decision->authority;
        bool sent = false;
        for (size_t i = 0; i < c->chain->n; i++) {
                add_certificate(r, (uint32_t)i, c->chain->certs[i]);
                sent |= authority && pdane_bytes_equal(pdane_cert_der(authority),
                                                       pdane_cert_der(c->chain->certs[i]));
        }
        if (authority && !sent)
                add_certificate(r, PDANE_POSITION_AUTHORITY, authority);
}

static void
add_names(struct pdane_report *r, const struct pdane_run_case *c)
{
        struct pdane_coverage *cover = calloc(PDANE_CERT_NAMES_MAX, sizeof *cover);
        size_t n = 0;
        if (cover && pdane_decide_coverage(c->chain, c->host, c->proofs, c->n_proofs, c->now, cover,
                                           PDANE_CERT_NAMES_MAX, &n) < 0)
                n = 0;
        for (size_t i = 0; i < n; i++) {
                const struct pdane_proof *proof = cover[i].proof;
                struct pdane_part p = {.kind = PDANE_PART_NAME,
                                       .name = {.reason = (uint32_t)cover[i].reason}};
                add_match(&cover[i].match, &p.name.matched, &p.name.record, &p.name.depth);
                struct pdane_name name = {0};
                pdane_cert_name(c->chain->certs[0], i, &name);
                pdane_name_format(&name, p.name.name);
                if (proof) {
                        p.name.verdict = (uint32_t)proof->tlsa_verdict;
                        p.name.synthesised = proof->synthesised;
                        p.name.until = proof->not_after;
                        copy_text(p.name.asked, sizeof p.name.asked, proof->asked);
                }
                add(r, &p);
        }
        free(cover);
}

static void
add_refused(struct pdane_report *r, const struct pdane_run_case *c)
{
        struct pdane_judge_client clients[PDANE_JUDGE_KINDS];
        struct pdane_name host = {0};
        copy_text(host.text, sizeof host.text, c->host);
        pdane_judge_decision(c->decision, c->chain->certs[0], &host, c->now, clients);
        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++) {
                struct pdane_part p;
                client_part(k, &clients[k], &p);
                add(r, &p);
        }
}

/* The lookup is not held up by what only those read who ask for an explanation. */
static void
add_clients(struct pdane_report *r, const struct pdane_run_case *c)
{
        const struct pdane_decision *d = c->decision;
        const uint32_t later = 0;
        if (d->reason != PDANE_REASON_ACCEPTED) {
                add_refused(r, c);
                return;
        }
        char *host = strdup(c->host);
        if (r->ended || !host || r->len + sizeof later > PDANE_REPORT_MAX - PDANE_PART_MAX ||
            !make_room(r, sizeof later)) {
                free(host);
                return;
        }
        r->judged[r->n_judged++] = (struct judged){
                .leaf = pdane_cert_ref(c->chain->certs[0]),
                .authority = d->authority ? pdane_cert_ref(d->authority) : NULL,
                .leaf_too = d->leaf_too,
                .now = c->now,
                .host = host,
        };
        memcpy(r->data + r->len, &later, sizeof later);
        r->len += sizeof later;
}

static void
on_decided(void *arg, const struct pdane_run_case *c)
{
        struct pdane_report *r = arg;
        if (c->chain->n == 0 || r->candidates == PDANE_REPORT_CANDIDATES_MAX)
                return;
        r->candidates++;
        add_candidate(r, c);
        add_certificates(r, c);
        add_names(r, c);
        add_clients(r, c);
}

const struct pdane_run_observer pdane_report_observer = {
        .step = on_step,
        .facts = on_facts,
        .probed = on_probed,
        .decided = on_decided,
};

void
pdane_report_end(struct pdane_report *r, const struct pdane_run_result *result)
{
        struct pdane_part p = {.kind = PDANE_PART_OUTCOME,
                               .outcome = {.outcome = (uint32_t)result->outcome,
                                           .reason = (uint32_t)result->decision.reason,
                                           .until = result->not_after}};
        copy_text(p.outcome.why, sizeof p.outcome.why, result->why);
        add(r, &p);
        r->ended = true;
        r->when = pdane_clock_wall();
        for (size_t i = 0; i < r->n_judged; i++)
                shrink(&r->judged[i]);
}

/* ---- keeping ---- */

struct pdane_reports {
        TAILQ_HEAD(report_list, pdane_report) list; /* the oldest first */
        size_t count, bytes;
};

int
pdane_reports_new(struct pdane_reports **ret)
{
        struct pdane_reports *rs = calloc(1, sizeof *rs);
        if (!rs)
                return -ENOMEM;
        TAILQ_INIT(&rs->list);
        *ret = rs;
        return 0;
}

void
pdane_reports_free(struct pdane_reports *rs)
{
        free(rs);
}

void
pdane_reports_drop(struct pdane_reports *rs, struct pdane_report **slot)
{
        struct pdane_report *r = *slot;
        if (!r)
                return;
        TAILQ_REMOVE(&rs->list, r, entries);
        rs->count--;
        rs->bytes -= r->cap;
        r->slot = NULL;
        *slot = NULL;
        pdane_report_unref(r);
}

void
pdane_reports_keep_take(struct pdane_reports *rs, struct pdane_report *r,
                        struct pdane_report **slot)
{
        pdane_reports_drop(rs, slot);
        r->slot = slot;
        *slot = r;
        TAILQ_INSERT_TAIL(&rs->list, r, entries);
        rs->count++;
        rs->bytes += r->cap;
        while (rs->count > PDANE_REPORTS_KEPT || rs->bytes > PDANE_REPORTS_KEPT_MAX)
                pdane_reports_drop(rs, TAILQ_FIRST(&rs->list)->slot);
}
