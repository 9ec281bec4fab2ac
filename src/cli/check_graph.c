/* SPDX-License-Identifier: BSD-3-Clause */
/* From the top down: keys, zones, RRsets, records, then the server's side (check_graph_server.c),
 * and what comes of it. */
#include "cli/check_graph.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/check_graph_impl.h"

#define TYPE_TLSA 52
#define RECORDS_SHOWN 12u /* and those that match something */
#define DATA_SHOWN 8u     /* octets of a record's data */

char *
pdane_graph_id(char buf[PDANE_DOT_ID_MAX], const char *kind, size_t index)
{
        snprintf(buf, PDANE_DOT_ID_MAX, "%.24s%zu", kind, index);
        return buf;
}

void
pdane_graph_broken(const struct pdane_graph *g)
{
        pdane_dot_line(g->to, "BROKEN HERE: %s", g->brk.reason);
}

/* ---- zones ---- */

static bool
is_below(const char *name, const char *zone)
{
        size_t n = strlen(name), z = strlen(zone);

        return n == z ? strcasecmp(name, zone) == 0
                      : n > z && name[n - z - 1] == '.' && strcasecmp(name + n - z, zone) == 0;
}

static void
collect_zones(struct pdane_graph *g)
{
        for (size_t i = 0; i < g->r->n_dns; i++) {
                const char *zone = g->r->dns[i].signer;
                bool known = !*zone || strcmp(zone, ".") == 0;

                for (size_t k = 0; k < g->n_zones; k++)
                        known |= strcasecmp(g->zones[k], zone) == 0;
                if (!known)
                        g->zones[g->n_zones++] = zone;
        }
}

/* The longest zone that name is in, or strictly below; -1 the root. */
static int
zone_of(const struct pdane_graph *g, const char *name, bool strictly)
{
        int found = -1;

        for (size_t i = 0; i < g->n_zones; i++)
                if (is_below(name, g->zones[i]) &&
                    (!strictly || strlen(name) > strlen(g->zones[i])) &&
                    (found < 0 || strlen(g->zones[i]) > strlen(g->zones[found])))
                        found = (int)i;
        return found;
}

static const char *
zone_id(char buf[PDANE_DOT_ID_MAX], int zone)
{
        if (zone >= 0)
                return pdane_graph_id(buf, "zone", (size_t)zone);
        snprintf(buf, PDANE_DOT_ID_MAX, "root");
        return buf;
}

static size_t
count_labels(const char *name)
{
        size_t n = 1;

        for (; *name; name++)
                n += *name == '.';
        return n;
}

static void
draw_zones(const struct pdane_graph *g)
{
        char from[PDANE_DOT_ID_MAX], into[PDANE_DOT_ID_MAX];

        pdane_dot_node_begin(g->to, "root", PDANE_DOT_GOOD);
        pdane_dot_line(g->to, "DNS root");
        pdane_dot_line(g->to, *g->root_keys ? "trusted keys: %s" : "its keys are trusted%s",
                       g->root_keys);
        pdane_dot_node_end(g->to);
        for (size_t i = 0; i < g->n_zones; i++) {
                int parent = zone_of(g, g->zones[i], true);
                size_t above = parent < 0 ? 0 : count_labels(g->zones[parent]);

                pdane_graph_id(into, "zone", i);
                pdane_dot_node_begin(g->to, into, PDANE_DOT_GOOD);
                pdane_dot_line(g->to, "zone %s", g->zones[i]);
                pdane_dot_node_end(g->to);
                /* What zones lie between, the answers do not tell. */
                pdane_dot_edge(g->to, zone_id(from, parent), into, PDANE_DOT_GOOD,
                               count_labels(g->zones[i]) == above + 1 ? "DS" : "DS, zone by zone");
        }
}

/* ---- RRsets ---- */

void
pdane_graph_signature(const struct pdane_graph *g, const struct pdane_part_dns *d, const char *into)
{
        char from[PDANE_DOT_ID_MAX];

        zone_id(from, zone_of(g, *d->signer ? d->signer : d->asked, false));
        switch ((enum pdane_dns_verdict)d->verdict) {
        case PDANE_DNS_SECURE:
                pdane_dot_edge(g->to, from, into, PDANE_DOT_GOOD,
                               *d->signer ? "signs" : "signs, by zones between");
                return;
        case PDANE_DNS_NO_RECORDS:
                pdane_dot_edge(g->to, from, into, PDANE_DOT_GOOD, "signs that there is none");
                return;
        case PDANE_DNS_BOGUS:
                pdane_dot_edge(g->to, from, into, PDANE_DOT_BAD, "does not validate");
                return;
        case PDANE_DNS_INSECURE:
                pdane_dot_edge(g->to, from, into, PDANE_DOT_BAD, "not signed");
                return;
        default:
                pdane_dot_edge(g->to, from, into, PDANE_DOT_BAD, "no answer");
                return;
        }
}

static void
describe_answer(const struct pdane_graph *g, const struct pdane_part_dns *d)
{
        pdane_dot_line(g->to, "%s: %s%s%s%s%s%s", pdane_cli_dns_type(d->type),
                       pdane_dns_verdict_string((enum pdane_dns_verdict)d->verdict),
                       d->flags & PDANE_DNS_NXDOMAIN ? ", the name does not exist" : "",
                       *d->alias ? ", by way of an alias at " : "", d->alias,
                       *d->addresses ? ", " : "", d->addresses);
        if (d->flags & PDANE_DNS_SYNTHESISED)
                pdane_dot_line(g->to, "from a wildcard");
}

/* A and AAAA are most often alike, or there is one of them: that one edge says both. */
static bool
is_said(const struct pdane_graph *g, size_t at)
{
        const struct pdane_part_dns *d = &g->r->dns[at];

        for (size_t i = 0; i < g->r->n_dns; i++) {
                const struct pdane_part_dns *b = &g->r->dns[i];

                if (b->type == TYPE_TLSA || strcmp(b->signer, d->signer) != 0)
                        continue;
                if (i < at && b->verdict == d->verdict)
                        return true;
                if (d->verdict == PDANE_DNS_NO_RECORDS && b->verdict == PDANE_DNS_SECURE)
                        return true;
        }
        return false;
}

static void
draw_address(const struct pdane_graph *g)
{
        bool broken = g->brk.at == PDANE_BREAK_ADDRESS, secure = false;
        const struct pdane_cli_report *r = g->r;

        for (size_t i = 0; i < r->n_dns; i++)
                secure |= r->dns[i].type != TYPE_TLSA && r->dns[i].verdict == PDANE_DNS_SECURE;
        pdane_dot_node_begin(g->to, "address",
                             broken   ? PDANE_DOT_BROKEN
                             : secure ? PDANE_DOT_GOOD
                                      : PDANE_DOT_DOUBT);
        pdane_dot_line(g->to, "address of %s", r->context.host);
        for (size_t i = 0; i < r->n_dns; i++)
                if (r->dns[i].type != TYPE_TLSA)
                        describe_answer(g, &r->dns[i]);
        if (broken)
                pdane_graph_broken(g);
        pdane_dot_node_end(g->to);
        for (size_t i = 0; i < r->n_dns; i++)
                if (r->dns[i].type != TYPE_TLSA && !is_said(g, i))
                        pdane_graph_signature(g, &r->dns[i], "address");
}

static void
draw_tlsa(const struct pdane_graph *g, size_t i)
{
        const struct pdane_part_dns *d = &g->r->dns[i];
        bool broken = g->brk.at == PDANE_BREAK_TLSA && g->brk.index == i;
        bool good = d->verdict == PDANE_DNS_SECURE && d->flags & PDANE_DNS_DECIDED;
        char id[PDANE_DOT_ID_MAX];

        pdane_graph_id(id, "tlsa", i);
        pdane_dot_node_begin(g->to, id,
                             broken ? PDANE_DOT_BROKEN
                             : good ? PDANE_DOT_GOOD
                                    : PDANE_DOT_DOUBT);
        pdane_dot_line(g->to, "%s", d->asked);
        describe_answer(g, d);
        if (broken)
                pdane_graph_broken(g);
        pdane_dot_node_end(g->to);
        pdane_graph_signature(g, d, id);
}

/* ---- records ---- */

static bool
matches_something(const struct pdane_cli_report *r, size_t record)
{
        for (size_t i = 0; i < r->n_candidates; i++)
                if (r->candidates[i]->head.matched && r->candidates[i]->head.record == record)
                        return true;
        return false;
}

bool
pdane_graph_shows_record(const struct pdane_graph *g, size_t i)
{
        return i < RECORDS_SHOWN || matches_something(g->r, i);
}

static void
draw_record(const struct pdane_graph *g, const char *rrset, size_t i)
{
        const struct pdane_part_record *rec = &g->r->records[i];
        char id[PDANE_DOT_ID_MAX], hex[2 * DATA_SHOWN + 1] = "";

        for (size_t k = 0; k < rec->data.len && k < DATA_SHOWN; k++)
                snprintf(hex + 2 * k, 3, "%02x", rec->data.data[k]);
        pdane_graph_id(id, "record", i);
        pdane_dot_node_begin(g->to, id,
                             matches_something(g->r, i) ? PDANE_DOT_GOOD : PDANE_DOT_DOUBT);
        pdane_dot_line(g->to, "TLSA %u %u %u %s%s", rec->usage, rec->selector, rec->matching, hex,
                       rec->length > DATA_SHOWN ? "..." : "");
        pdane_dot_line(g->to, "%s", pdane_cli_record_usage(rec->usage));
        pdane_dot_line(g->to, "%s, %s", pdane_cli_record_selector(rec->selector),
                       pdane_cli_record_matching(rec->matching));
        if (!rec->usable)
                pdane_dot_line(g->to, "unusable: %s", pdane_cli_record_unusable(rec));
        pdane_dot_node_end(g->to);
        pdane_dot_edge(g->to, rrset, id, rec->usable ? PDANE_DOT_GOOD : PDANE_DOT_DOUBT, "has");
}

static void
draw_records(const struct pdane_graph *g)
{
        char rrset[PDANE_DOT_ID_MAX] = "root";
        size_t hidden = 0;

        for (size_t i = 0; i < g->r->n_dns; i++)
                if (g->r->dns[i].type == TYPE_TLSA && g->r->dns[i].flags & PDANE_DNS_DECIDED)
                        pdane_graph_id(rrset, "tlsa", i);
        for (size_t i = 0; i < g->r->n_records; i++) {
                if (pdane_graph_shows_record(g, i))
                        draw_record(g, rrset, i);
                else
                        hidden++;
        }
        pdane_graph_more(g, "records", 0, rrset, hidden, "records");
}

void
pdane_graph_more(const struct pdane_graph *g, const char *kind, size_t index, const char *from,
                 size_t n, const char *what)
{
        char id[PDANE_DOT_ID_MAX], all[PDANE_DOT_ID_MAX];

        if (n == 0)
                return;
        snprintf(all, sizeof(all), "more_%s", kind);
        pdane_graph_id(id, all, index);
        pdane_dot_node_begin(g->to, id, PDANE_DOT_DOUBT);
        pdane_dot_line(g->to, "and %zu more %s", n, what);
        pdane_dot_node_end(g->to);
        pdane_dot_edge(g->to, from, id, PDANE_DOT_DOUBT, "");
}

/* ---- what comes of it ---- */

/* Whether all kinds of client say the same of a certificate: then it is said once. */
static bool
clients_agree(const struct pdane_cli_report *r)
{
        struct pdane_cli_verdict first, v;

        pdane_cli_report_judge(r, (enum pdane_judge_kind)0, &first);
        for (unsigned k = 1; k < PDANE_JUDGE_KINDS; k++) {
                pdane_cli_report_judge(r, (enum pdane_judge_kind)k, &v);
                if (v.accepted != first.accepted || strcmp(v.reason, first.reason) != 0 ||
                    strcmp(v.mend, first.mend) != 0)
                        return false;
        }
        return true;
}

static void
describe_verdict(const struct pdane_graph *g, const struct pdane_cli_verdict *v)
{
        if (v->own_cas_unknown)
                return; /* the reason is the outcome's */
        pdane_dot_line(g->to, "%s", v->reason);
        if (*v->mend)
                pdane_dot_line(g->to, "the owner can %s", v->mend);
}

static void
draw_outcome(const struct pdane_graph *g)
{
        const struct pdane_cli_report *r = g->r;
        bool good = r->has_outcome && r->outcome.outcome == PDANE_OUTCOME_ACCEPTED;
        const char *mend = pdane_cli_report_mend(r);
        struct pdane_cli_verdict v;

        pdane_dot_node_begin(g->to, "outcome",
                             good                               ? PDANE_DOT_GOOD
                             : g->brk.at == PDANE_BREAK_OUTCOME ? PDANE_DOT_BROKEN
                                                                : PDANE_DOT_BAD);
        pdane_dot_line(g->to, "%s",
                       r->has_outcome ? pdane_outcome_string((enum pdane_outcome)r->outcome.outcome)
                                      : "denied");
        if (g->brk.at == PDANE_BREAK_OUTCOME)
                pdane_graph_broken(g);
        else
                pdane_dot_line(g->to, "%s", pdane_cli_report_sentence(r));
        if (r->has_context && !(r->context.flags & PDANE_CONTEXT_CONFIGURED))
                pdane_dot_line(g->to, "port not configured: clients get nothing for it");
        if (*mend)
                pdane_dot_line(g->to, "the owner can %s", mend);
        pdane_cli_report_judge(r, (enum pdane_judge_kind)0, &v);
        if (clients_agree(r))
                describe_verdict(g, &v);
        pdane_dot_node_end(g->to);
}

/* How it is said of what the drawing leads up to: from the break, or from what the chain ends in.
 */
static void
draw_conclusion(const struct pdane_graph *g)
{
        char id[PDANE_DOT_ID_MAX] = "root";
        int served = pdane_cli_report_served(g->r);

        switch (g->brk.at) {
        case PDANE_BREAK_ADDRESS:
                snprintf(id, sizeof(id), "address");
                break;
        case PDANE_BREAK_TLSA:
                pdane_graph_id(id, "tlsa", g->brk.index);
                break;
        case PDANE_BREAK_SERVER:
                snprintf(id, sizeof(id), "server");
                break;
        case PDANE_BREAK_CERTIFICATE:
        case PDANE_BREAK_NAME:
        case PDANE_BREAK_NOWHERE:
                if (served >= 0) {
                        pdane_graph_conclude(g, (size_t)served);
                        return;
                }
                break;
        case PDANE_BREAK_OUTCOME:
        default:
                break;
        }
        pdane_dot_edge(g->to, id, "outcome", PDANE_DOT_BAD, "");
}

static void
draw_client(const struct pdane_graph *g, enum pdane_judge_kind k)
{
        char id[PDANE_DOT_ID_MAX];
        struct pdane_cli_verdict v;
        enum pdane_dot_look look;

        pdane_cli_report_judge(g->r, k, &v);
        look = v.own_cas_unknown ? PDANE_DOT_DOUBT : v.accepted ? PDANE_DOT_GOOD : PDANE_DOT_BAD;
        snprintf(id, sizeof(id), "client_%s", pdane_judge_kind_string(k));
        pdane_dot_node_begin(g->to, id, look);
        pdane_dot_line(g->to, "%s", pdane_judge_kind_string(k));
        pdane_dot_line(g->to, "%s",
                       v.own_cas_unknown ? "as without p11-dane"
                       : v.accepted      ? "accepts"
                                         : "refuses");
        if (!clients_agree(g->r))
                describe_verdict(g, &v);
        pdane_dot_node_end(g->to);
        pdane_dot_edge(g->to, "outcome", id, look, "");
}

void
pdane_cli_check_graph(const struct pdane_cli_report *r, const char *root_keys, FILE *to)
{
        struct pdane_graph g = {.r = r, .root_keys = root_keys, .to = to};
        char title[PDANE_NAME_MAX + 32];

        pdane_cli_break_find(r, &g.brk);
        collect_zones(&g);
        snprintf(title, sizeof(title), "%s port %u", r->context.host, r->context.port);
        pdane_dot_begin(to, title, "box: holds; octagon: fails; dashed: neither");
        draw_zones(&g);
        if (r->has_outcome) {
                draw_address(&g);
                for (size_t i = 0; i < r->n_dns; i++)
                        if (r->dns[i].type == TYPE_TLSA)
                                draw_tlsa(&g, i);
                draw_records(&g);
                pdane_graph_server(&g);
        }
        draw_outcome(&g);
        draw_conclusion(&g);
        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++)
                draw_client(&g, (enum pdane_judge_kind)k);
        pdane_dot_end(to);
}
