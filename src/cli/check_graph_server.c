/* SPDX-License-Identifier: BSD-3-Clause */
/* The server's side of the picture. Who signed which certificate is looked up anew: a server may
 * send them in any order. */
#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#include "cli/check_graph_impl.h"

#define TYPE_TLSA 52
#define NAMES_SHOWN 16u /* and the one where the chain breaks */

static char *
part_id(char buf[PDANE_DOT_ID_MAX], const char *kind, size_t candidate, size_t index)
{
        snprintf(buf, PDANE_DOT_ID_MAX, "%s%zu_%zu", kind, candidate, index);
        return buf;
}

/* ---- certificates ---- */

static size_t
count_certs(const struct pdane_cli_candidate *c)
{
        return c->n_certs + (c->authority != NULL);
}

/* The authority comes last. */
static X509 *
cert_at(const struct pdane_cli_candidate *c, size_t i)
{
        return i < c->n_certs ? c->certs[i] : c->authority;
}

/* Whose key made the signature of certificate i: an index; -1 none of those here, or itself. */
static int
signer_of(const struct pdane_cli_candidate *c, size_t i)
{
        X509 *x = cert_at(c, i);

        for (size_t k = 0; k < count_certs(c); k++) {
                X509 *by = cert_at(c, k);

                if (k != i &&
                    X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(by)) == 0 &&
                    X509_verify(x, X509_get0_pubkey(by)) == 1)
                        return (int)k;
        }
        return -1;
}

/* depth steps above the leaf: an index; -1 what is there does not lead so far. */
static int
cert_above(const struct pdane_cli_candidate *c, uint32_t depth)
{
        int at = c->n_certs ? 0 : -1;

        for (uint32_t i = 0; i < depth && i < PDANE_CHAIN_MAX && at >= 0; i++)
                at = signer_of(c, (size_t)at);
        return at;
}

static enum pdane_dot_look
look_of_cert(const struct pdane_graph *g, size_t candidate, size_t i)
{
        const struct pdane_cli_candidate *c = g->r->candidates[candidate];

        if (i == 0 && g->brk.at == PDANE_BREAK_CERTIFICATE && g->brk.candidate == candidate)
                return PDANE_DOT_BROKEN;
        for (uint32_t depth = 0; c->head.matched && depth <= c->head.depth; depth++)
                if (depth <= PDANE_CHAIN_MAX && cert_above(c, depth) == (int)i)
                        return PDANE_DOT_GOOD;
        return PDANE_DOT_DOUBT;
}

static void
draw_cert(const struct pdane_graph *g, size_t candidate, size_t i)
{
        const struct pdane_cli_candidate *c = g->r->candidates[candidate];
        const X509 *x = cert_at(c, i);
        enum pdane_dot_look look = look_of_cert(g, candidate, i);
        char id[PDANE_DOT_ID_MAX], subject[PDANE_CLI_SUBJECT_MAX], until[32] = "?";
        struct tm tm;

        if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) == 1)
                strftime(until, sizeof(until), "%Y-%m-%d", &tm);
        pdane_dot_node_begin(g->to, part_id(id, "cert", candidate, i), look);
        pdane_dot_line(g->to, "certificate %s", pdane_cli_subject(x, subject));
        pdane_dot_line(g->to, "valid until %s", until);
        if (i >= c->n_certs)
                pdane_dot_line(g->to, "not sent, from a record");
        if (look == PDANE_DOT_BROKEN)
                pdane_graph_broken(g);
        pdane_dot_node_end(g->to);
}

static void
draw_certs(const struct pdane_graph *g, size_t candidate)
{
        static const char *const sources[] = {"a record holds it", "the server sends it",
                                              "the server has it for the other kind of key"};
        const struct pdane_cli_candidate *c = g->r->candidates[candidate];
        char title[96], id[PDANE_DOT_ID_MAX], into[PDANE_DOT_ID_MAX];

        snprintf(title, sizeof(title), "%s: %s",
                 c->head.source < 3 ? sources[c->head.source] : "certificate",
                 pdane_reason_string((enum pdane_reason)c->head.reason));
        pdane_dot_frame_begin(g->to, pdane_graph_id(id, "chain", candidate), title);
        for (size_t i = 0; i < count_certs(c); i++)
                draw_cert(g, candidate, i);
        pdane_dot_frame_end(g->to);
        for (size_t i = 0; i < count_certs(c); i++) {
                int by = signer_of(c, i);

                if (by >= 0)
                        pdane_dot_edge(g->to, part_id(id, "cert", candidate, (size_t)by),
                                       part_id(into, "cert", candidate, i),
                                       look_of_cert(g, candidate, (size_t)by) == PDANE_DOT_GOOD
                                               ? PDANE_DOT_GOOD
                                               : PDANE_DOT_DOUBT,
                                       "signs");
        }
        if (c->head.source != PDANE_SOURCE_DNS && c->n_certs)
                pdane_dot_edge(g->to, "server", part_id(into, "cert", candidate, 0),
                               PDANE_DOT_DOUBT, "shows");
}

static void
draw_matches(const struct pdane_graph *g, size_t candidate)
{
        const struct pdane_cli_candidate *c = g->r->candidates[candidate];
        char from[PDANE_DOT_ID_MAX], into[PDANE_DOT_ID_MAX];
        int matched = c->head.matched ? cert_above(c, c->head.depth) : -1;

        if (matched >= 0 && c->head.record < g->r->n_records)
                pdane_dot_edge(g->to, pdane_graph_id(from, "record", c->head.record),
                               part_id(into, "cert", candidate, (size_t)matched), PDANE_DOT_GOOD,
                               "matches");
        for (size_t i = 0; i < g->r->n_records && c->n_certs; i++)
                if (c->head.reason == PDANE_REASON_NO_MATCH && g->r->records[i].usable &&
                    pdane_graph_shows_record(g, i))
                        pdane_dot_edge(g->to, pdane_graph_id(from, "record", i),
                                       part_id(into, "cert", candidate, 0), PDANE_DOT_BAD,
                                       "does not match");
}

/* ---- names ---- */

static bool
is_break(const struct pdane_graph *g, size_t candidate, size_t i)
{
        return g->brk.at == PDANE_BREAK_NAME && g->brk.candidate == candidate && g->brk.index == i;
}

static bool
shows_name(const struct pdane_graph *g, size_t candidate, size_t i)
{
        return i < NAMES_SHOWN || is_break(g, candidate, i);
}

/* The RRset that was asked for name i: a node that is there, or that of the first name which has
 * the same. Whether it has yet to be drawn. */
static bool
find_rrset(const struct pdane_graph *g, size_t candidate, size_t i, char ret[PDANE_DOT_ID_MAX])
{
        const struct pdane_cli_candidate *c = g->r->candidates[candidate];
        char asked[PDANE_NAME_MAX + sizeof("_65535._tcp.")];

        snprintf(asked, sizeof(asked), "_%u._tcp.%s", g->r->context.port, c->names[i].asked);
        for (size_t k = 0; k < g->r->n_dns; k++)
                if (g->r->dns[k].type == TYPE_TLSA && strcmp(g->r->dns[k].asked, asked) == 0) {
                        pdane_graph_id(ret, "tlsa", k);
                        return false;
                }
        for (size_t k = 0; k < i; k++)
                if (shows_name(g, candidate, k) &&
                    strcmp(c->names[k].asked, c->names[i].asked) == 0) {
                        part_id(ret, "set", candidate, k);
                        return false;
                }
        part_id(ret, "set", candidate, i);
        return true;
}

static void
draw_coverage(const struct pdane_graph *g, size_t candidate, size_t i, const char *into)
{
        const struct pdane_part_name *n = &g->r->candidates[candidate]->names[i];
        bool covered = n->reason == PDANE_REASON_ACCEPTED;
        enum pdane_dns_verdict verdict = (enum pdane_dns_verdict)n->verdict;
        struct pdane_part_dns d = {.type = TYPE_TLSA, .verdict = n->verdict};
        char from[PDANE_DOT_ID_MAX];

        if (!*n->asked || verdict == PDANE_DNS_UNKNOWN)
                return;
        if (find_rrset(g, candidate, i, from)) {
                pdane_dot_node_begin(g->to, from,
                                     verdict == PDANE_DNS_SECURE ? PDANE_DOT_GOOD
                                                                 : PDANE_DOT_DOUBT);
                pdane_dot_line(g->to, "_%u._tcp.%s", g->r->context.port, n->asked);
                pdane_dot_line(g->to, "TLSA: %s", pdane_dns_verdict_string(verdict));
                pdane_dot_node_end(g->to);
                memcpy(d.asked, n->asked, sizeof(d.asked));
                pdane_graph_signature(g, &d, from);
        }
        pdane_dot_edge(g->to, from, into, covered ? PDANE_DOT_GOOD : PDANE_DOT_BAD,
                       covered ? "covers" : "does not cover");
}

static void
draw_name(const struct pdane_graph *g, size_t candidate, size_t i)
{
        const struct pdane_part_name *n = &g->r->candidates[candidate]->names[i];
        bool covered = n->reason == PDANE_REASON_ACCEPTED, broken = is_break(g, candidate, i);
        char id[PDANE_DOT_ID_MAX], leaf[PDANE_DOT_ID_MAX];

        part_id(id, "name", candidate, i);
        pdane_dot_node_begin(g->to, id,
                             broken    ? PDANE_DOT_BROKEN
                             : covered ? PDANE_DOT_GOOD
                                       : PDANE_DOT_BAD);
        pdane_dot_line(g->to, "%s", n->name);
        pdane_dot_line(g->to, "%s%s%s", covered ? "covered" : "not covered",
                       covered && n->synthesised ? ", from a wildcard" : "",
                       covered || n->verdict != PDANE_DNS_UNKNOWN
                               ? ""
                               : ": its records were not asked for");
        if (broken)
                pdane_graph_broken(g);
        pdane_dot_node_end(g->to);
        pdane_dot_edge(g->to, part_id(leaf, "cert", candidate, 0), id, PDANE_DOT_DOUBT, "names");
        draw_coverage(g, candidate, i, id);
}

static void
draw_names(const struct pdane_graph *g, size_t candidate)
{
        size_t n = g->r->candidates[candidate]->n_names, hidden = 0;
        char leaf[PDANE_DOT_ID_MAX];

        if (g->r->candidates[candidate]->n_certs == 0)
                return;
        for (size_t i = 0; i < n; i++) {
                if (shows_name(g, candidate, i))
                        draw_name(g, candidate, i);
                else
                        hidden++;
        }
        pdane_graph_more(g, "names", candidate, part_id(leaf, "cert", candidate, 0), hidden,
                         "names");
}

/* ---- the whole ---- */

static void
draw_server(const struct pdane_graph *g)
{
        bool broken = g->brk.at == PDANE_BREAK_SERVER;
        bool shown = broken;

        for (size_t i = 0; i < g->r->n_candidates; i++)
                shown |= g->r->candidates[i]->head.source != PDANE_SOURCE_DNS;
        if (!shown)
                return;
        pdane_dot_node_begin(g->to, "server", broken ? PDANE_DOT_BROKEN : PDANE_DOT_DOUBT);
        pdane_dot_line(g->to, "server at port %u", g->r->context.port);
        if (broken)
                pdane_graph_broken(g);
        pdane_dot_node_end(g->to);
        pdane_dot_edge(g->to, "address", "server", PDANE_DOT_DOUBT, "leads to");
}

void
pdane_graph_server(const struct pdane_graph *g)
{
        draw_server(g);
        for (size_t i = 0; i < g->r->n_candidates; i++) {
                if (pdane_cli_report_repeats(g->r, i))
                        continue;
                draw_certs(g, i);
                draw_matches(g, i);
                draw_names(g, i);
        }
}

void
pdane_graph_conclude(const struct pdane_graph *g, size_t candidate)
{
        const struct pdane_cli_candidate *c = g->r->candidates[candidate];
        char id[PDANE_DOT_ID_MAX];
        bool any = false;

        for (size_t i = 0; i < c->n_names && c->n_certs; i++) {
                if (!shows_name(g, candidate, i) ||
                    (g->brk.at == PDANE_BREAK_NAME && !is_break(g, candidate, i)) ||
                    g->brk.at == PDANE_BREAK_CERTIFICATE)
                        continue;
                any = true;
                pdane_dot_edge(g->to, part_id(id, "name", candidate, i), "outcome",
                               is_break(g, candidate, i) ? PDANE_DOT_BAD : PDANE_DOT_GOOD, "");
        }
        if (!any && c->n_certs)
                pdane_dot_edge(g->to, part_id(id, "cert", candidate, 0), "outcome",
                               g->brk.at == PDANE_BREAK_NOWHERE ? PDANE_DOT_GOOD : PDANE_DOT_BAD,
                               "");
}
