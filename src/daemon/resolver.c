/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Questions and their deadlines, and the choice of upstream. Every answer is delivered by an event
 * of its own, so that a callback never runs inside pdane_resolver_query nor inside libunbound, and
 * may do what it likes. libunbound itself is behind resolver_unbound.h.
 */
#include "daemon/resolver.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "common/log.h"
#include "daemon/clock.h"
#include "daemon/resolver_anchor.h"
#include "daemon/resolver_impl.h"
#include "daemon/resolver_packet.h"
#include "daemon/resolver_unbound.h"
#include "daemon/resolver_upstream.h"
#include "daemon/resolver_warm.h"

#define TYPE_A 1
#define TYPE_AAAA 28
#define TYPE_DS 43
#define TYPE_DNSKEY 48
#define WHY_MAX 512
#define LATE_SERVFAIL_MS 2000

enum state {
        STATE_CHECKING, /* whether the system's resolvers pass DNSSEC; queries wait */
        STATE_READY,
        STATE_FAILED, /* no upstream at all: every query is unreachable */
};

struct pdane_query {
        LIST_ENTRY(pdane_query) entries;
        struct pdane_resolver *r;
        struct event *event; /* the deadline; made active when the answer is there */
        struct pdane_ub_query *asked;
        pdane_query_cb cb;
        void *arg;
        char name[PDANE_NAME_MAX + 1];
        uint16_t type;
        struct pdane_ub_asker asker;
        int64_t asked_ms; /* pdane_clock_ms */
        bool delivering;
        enum pdane_dns_verdict verdict; /* UNKNOWN until answered */
        struct pdane_packet *packet;    /* SECURE and NO_RECORDS */
        char why[WHY_MAX];
};

struct pdane_resolver {
        struct event_base *base;
        enum state state;
        struct pdane_ub *ub;
        LIST_HEAD(, pdane_query) queries;
        size_t count;
        struct pdane_ub_asker asker; /* of the next query */
        struct pdane_warm warm;
        bool tlsa_ahead; /* also where nothing is known of the zone */
        char *unbound_conf;
        struct pdane_anchor anchor;
        struct pdane_forwarders forwarders;
        struct event *check_event;
        struct pdane_ub_query *check;
        bool check_passed;
        char check_name[32];
        char upstream[256];
};

struct pdane_resolver_system pdane_resolver_system = {
        .resolv_conf = PDANE_RESOLV_CONF,
        .port = 53,
        .check_ms = 2000,
        .root_key_seeds = pdane_root_key_seeds,
};

/* ---- names ---- */

static bool
is_name_character(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Labels of 1 to 63 letters, digits, hyphens and underscores; lower case; no trailing dot. */
static int
copy_name(const char *in, char ret[PDANE_NAME_MAX + 1])
{
        size_t label = 0, i;
        for (i = 0; in[i]; i++) {
                char c = in[i];
                if (i == PDANE_NAME_MAX)
                        return -EINVAL;
                if (c >= 'A' && c <= 'Z')
                        c = (char)(c - 'A' + 'a');
                if (c == '.' ? label == 0 : !is_name_character(c) || label == PDANE_LABEL_DNS_MAX)
                        return -EINVAL;
                label = c == '.' ? 0 : label + 1;
                ret[i] = c;
        }
        ret[i] = '\0';
        return label == 0 ? -EINVAL : 0;
}

/* ---- answers ---- */

static void
set_answer(struct pdane_query *q, enum pdane_dns_verdict verdict, const char *why)
{
        q->verdict = verdict;
        snprintf(q->why, sizeof q->why, "%s", why);
}

/*
 * A server that fails says so at once. Where this comes late, libunbound or a forwarder has asked
 * servers that did not answer, and given up before us: which of the two it was depends on the round
 * trips it had measured.
 */
static enum pdane_dns_verdict
failed_verdict(const struct pdane_query *q, int rcode)
{
        bool late = pdane_clock_ms() - q->asked_ms >= LATE_SERVFAIL_MS;
        return rcode == 2 && late ? PDANE_DNS_TIMEOUT : PDANE_DNS_UNREACHABLE;
}

static void
take_secure(struct pdane_query *q, const struct pdane_ub_reply *reply)
{
        int r = pdane_packet_parse(reply->packet, reply->len, q->name, q->type, pdane_clock_wall(),
                                   &q->packet);
        if (r == -ENOMEM)
                set_answer(q, PDANE_DNS_UNREACHABLE, "out-of-memory");
        else if (r < 0)
                set_answer(q, PDANE_DNS_UNREACHABLE, "malformed-answer");
        else if (q->packet->n_rdata > 0)
                set_answer(q, PDANE_DNS_SECURE, "");
        else
                set_answer(q, PDANE_DNS_NO_RECORDS, "");
}

static void
take_reply(struct pdane_query *q, const struct pdane_ub_reply *reply)
{
        int rcode = reply->rcode;
        if (rcode == 0 && reply->security == PDANE_UB_BOGUS) {
                set_answer(q, PDANE_DNS_BOGUS, reply->why);
                return;
        }
        if (rcode == 0)
                rcode = pdane_packet_rcode(reply->packet, reply->len);
        if (rcode != 0 && rcode != 3)
                set_answer(q, failed_verdict(q, rcode), pdane_packet_rcode_text(rcode));
        else if (reply->rcode != 0)
                set_answer(q, PDANE_DNS_UNREACHABLE, "dns-error");
        else if (reply->security == PDANE_UB_SECURE)
                take_secure(q, reply);
        else
                set_answer(q, PDANE_DNS_INSECURE, "");
}

/* Runs inside libunbound, perhaps inside pdane_resolver_query. */
static void
on_reply(void *arg, const struct pdane_ub_reply *reply)
{
        struct pdane_query *q = arg;
        q->asked = NULL;
        take_reply(q, reply);
        event_active(q->event, EV_TIMEOUT, 0);
}

static void
query_free(struct pdane_query *q)
{
        pdane_ub_forget(q->asked);
        if (q->event)
                event_free(q->event);
        pdane_packet_free(q->packet);
        free(q);
}

static void
query_unlink(struct pdane_query *q)
{
        LIST_REMOVE(q, entries);
        q->r->count--;
        q->r = NULL;
}

/* The answer is there, or the deadline has passed. */
static void
on_query_event(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_query *q = arg;
        (void)fd;
        (void)what;
        if (q->verdict == PDANE_DNS_UNKNOWN)
                set_answer(q, PDANE_DNS_TIMEOUT, "");
        struct pdane_dns_answer a = {
                .verdict = q->verdict, .final_name = q->name, .signer = "", .why = q->why};
        if (q->verdict == PDANE_DNS_SECURE || q->verdict == PDANE_DNS_NO_RECORDS) {
                const struct pdane_packet *p = q->packet;
                a.nxdomain = p->nxdomain;
                a.n_rdata = p->n_rdata;
                a.rdata = p->rdata;
                a.final_name = p->final_name;
                a.alias = p->alias;
                a.signer = p->signer;
                a.synthesised = p->synthesised;
                a.labels = p->labels;
                a.not_after = p->not_after;
                a.signed_until = p->signed_until;
                a.alias_not_after = p->alias_not_after;
                a.alias_signed_until = p->alias_signed_until;
        }
        if (q->verdict == PDANE_DNS_SECURE && (q->type == TYPE_A || q->type == TYPE_AAAA))
                pdane_warm_note_signed(&q->r->warm, a.signer, pdane_clock_ms());
        if (q->verdict == PDANE_DNS_INSECURE && (q->type == TYPE_A || q->type == TYPE_AAAA))
                pdane_warm_note_unsigned(&q->r->warm, q->name, pdane_clock_ms());
        struct pdane_resolver *r = q->r;
        query_unlink(q);
        q->delivering = true; /* cancelling it from its own callback does nothing */
        pdane_resolver_set_asker(r, q->asker.uid, true);
        q->cb(q->arg, &a);
        pdane_resolver_set_asker(r, PDANE_DNS_NOBODY, false);
        query_free(q);
}

static void
deliver(struct pdane_query *q, enum pdane_dns_verdict verdict, const char *why)
{
        set_answer(q, verdict, why);
        event_active(q->event, EV_TIMEOUT, 0);
}

/* ---- asking ---- */

/* The root's keys have no DS: the trust anchor is in its place. */
static void
warm(struct pdane_resolver *r, const char *host)
{
        const char *zones[PDANE_WARM_NAMES_MAX];
        size_t n = pdane_warm_zones(&r->warm, host, pdane_clock_ms(), zones);
        for (size_t i = 0; i < n; i++) {
                if (*zones[i])
                        pdane_ub_warm(r->ub, zones[i], TYPE_DS);
                pdane_ub_warm(r->ub, *zones[i] ? zones[i] : ".", TYPE_DNSKEY);
        }
}

static int
ask(struct pdane_query *q)
{
        switch (q->r->state) {
        case STATE_CHECKING:
                return 0; /* start_waiting comes back to it */
        case STATE_READY:
                break;
        case STATE_FAILED:
        default:
                deliver(q, PDANE_DNS_UNREACHABLE, "no-resolver");
                return 0;
        }
        /* A lookup begins with addresses. The keys go first: the answer is validated as it comes.
         */
        if (q->type == TYPE_A || q->type == TYPE_AAAA)
                warm(q->r, q->name);
        q->asked_ms = pdane_clock_ms();
        struct pdane_ub_query *asked = NULL;
        int r = pdane_ub_ask(q->r->ub, q->name, q->type, q->asker, on_reply, q, &asked);
        if (r == 0)
                q->asked = asked;
        return r;
}

static int
arm(struct pdane_query *q, unsigned timeout_ms)
{
        struct timeval tv = {timeout_ms / 1000, (timeout_ms % 1000) * 1000L};
        q->event = evtimer_new(q->r->base, on_query_event, q);
        if (!q->event)
                return -ENOMEM;
        return evtimer_add(q->event, &tv) == 0 ? 0 : -ENOMEM;
}

int
pdane_resolver_query(struct pdane_resolver *r, const char *name, uint16_t type, unsigned timeout_ms,
                     pdane_query_cb cb, void *arg, struct pdane_query **ret)
{
        if (r->count >= PDANE_QUERIES_MAX)
                return -EBUSY;
        struct pdane_query *q = calloc(1, sizeof *q);
        if (!q)
                return -ENOMEM;
        q->r = r;
        q->type = type;
        q->asker = r->asker;
        q->cb = cb;
        q->arg = arg;
        int result = copy_name(name, q->name);
        if (result == 0)
                result = arm(q, timeout_ms);
        if (result == 0)
                result = ask(q);
        if (result < 0) {
                query_free(q);
                return result;
        }
        LIST_INSERT_HEAD(&r->queries, q, entries);
        r->count++;
        *ret = q;
        return 0;
}

static bool
is_worth_asking(struct pdane_resolver *r, const char *host)
{
        int64_t now_ms = pdane_clock_ms();
        return pdane_warm_is_signed(&r->warm, host, now_ms) ||
               (r->tlsa_ahead && pdane_warm_asks_ahead(&r->warm, host, now_ms));
}

void
pdane_resolver_foresee(struct pdane_resolver *r, const char *host, const char *name, uint16_t type)
{
        char copy[PDANE_NAME_MAX + 1];
        if (r->state == STATE_READY && copy_name(name, copy) == 0 && is_worth_asking(r, host))
                pdane_ub_ahead(r->ub, copy, type, r->asker);
}

void
pdane_resolver_set_asker(struct pdane_resolver *r, uid_t uid, bool goes_on)
{
        r->asker = (struct pdane_ub_asker){.uid = uid, .goes_on = goes_on};
}

void
pdane_query_cancel(struct pdane_query *q)
{
        if (!q || q->delivering)
                return;
        query_unlink(q);
        query_free(q);
}

static void
start_waiting(struct pdane_resolver *r)
{
        struct pdane_query *q;
        LIST_FOREACH (q, &r->queries, entries)
                if (!q->asked && q->verdict == PDANE_DNS_UNKNOWN && ask(q) < 0)
                        deliver(q, PDANE_DNS_UNREACHABLE, "no-resolver");
}

/* ---- upstream ---- */

static int
open_context(struct pdane_resolver *r, const struct pdane_forwarders *forwarders, char **ret_error)
{
        struct pdane_ub_options o = {
                .unbound_conf = r->unbound_conf,
                .anchor = &r->anchor,
                .forwarders = forwarders,
        };
        return pdane_ub_new(r->base, &o, &r->ub, ret_error);
}

static void
set_upstream(struct pdane_resolver *r, enum state state, const struct pdane_forwarders *f)
{
        char escaped[sizeof r->upstream];
        r->state = state;
        if (state == STATE_READY)
                warm(r, ""); /* what every lookup needs */
        if (state == STATE_FAILED)
                snprintf(r->upstream, sizeof r->upstream, "none");
        else if (f && f->n > 0)
                pdane_forwarders_format(f, r->upstream, sizeof r->upstream);
        else
                snprintf(r->upstream, sizeof r->upstream, "recursion");
        const char *servers = strchr(r->upstream, ' ');
        servers = servers ? servers + 1 : "";
        pdane_log(PDANE_LOG_INFO, "event=dns-upstream mode=%.*s servers=%s",
                  (int)strcspn(r->upstream, " "), r->upstream,
                  pdane_log_escape(servers, strlen(servers), escaped, sizeof escaped));
}

static void
recurse(struct pdane_resolver *r)
{
        char *error = NULL;
        pdane_ub_free(r->ub);
        r->ub = NULL;
        if (open_context(r, NULL, &error) < 0) {
                char escaped[WHY_MAX];
                const char *text = error ? error : "out of memory";
                pdane_log(PDANE_LOG_ERROR, "event=dns-failed error=%s",
                          pdane_log_escape(text, strlen(text), escaped, sizeof escaped));
                free(error);
                set_upstream(r, STATE_FAILED, NULL);
                return;
        }
        set_upstream(r, STATE_READY, NULL);
}

/* The signed denial has come, or not in time. */
static void
on_check_event(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_resolver *r = arg;
        (void)fd;
        (void)what;
        pdane_ub_forget(r->check);
        r->check = NULL;
        event_free(r->check_event);
        r->check_event = NULL;
        if (r->check_passed)
                set_upstream(r, STATE_READY, &r->forwarders);
        else
                recurse(r);
        start_waiting(r);
}

static void
on_check_reply(void *arg, const struct pdane_ub_reply *reply)
{
        struct pdane_resolver *r = arg;
        struct pdane_packet *p = NULL;
        r->check = NULL;
        if (reply->rcode == 0 && reply->security == PDANE_UB_SECURE &&
            pdane_packet_parse(reply->packet, reply->len, r->check_name, TYPE_A, pdane_clock_wall(),
                               &p) == 0) {
                r->check_passed = p->nxdomain;
                pdane_packet_free(p);
        }
        event_active(r->check_event, EV_TIMEOUT, 0);
}

/* Only servers that hand on signatures and denials can prove that a random top-level name is not
 * there. */
static int
start_check(struct pdane_resolver *r)
{
        unsigned ms = pdane_resolver_system.check_ms;
        struct timeval tv = {ms / 1000, (ms % 1000) * 1000L};
        struct pdane_ub_query *check = NULL;
        uint64_t n;
        if (getrandom(&n, sizeof n, 0) != (ssize_t)sizeof n)
                return -EIO;
        snprintf(r->check_name, sizeof r->check_name, "check-%016" PRIx64, n);
        r->check_event = evtimer_new(r->base, on_check_event, r);
        if (!r->check_event || evtimer_add(r->check_event, &tv) < 0)
                return -ENOMEM;
        r->state = STATE_CHECKING;
        snprintf(r->upstream, sizeof r->upstream, "checking");
        int result =
                pdane_ub_ask(r->ub, r->check_name, TYPE_A, r->asker, on_check_reply, r, &check);
        if (result == 0)
                r->check = check;
        return result;
}

static int
open_auto(struct pdane_resolver *r, char **ret_error)
{
        int result = pdane_forwarders_read(&r->forwarders, pdane_resolver_system.resolv_conf,
                                           pdane_resolver_system.port);
        if (result < 0 || r->forwarders.n == 0) {
                result = open_context(r, NULL, ret_error);
                if (result == 0)
                        set_upstream(r, STATE_READY, NULL);
                return result;
        }
        result = open_context(r, &r->forwarders, ret_error);
        return result == 0 ? start_check(r) : result;
}

static int
open_fixed(struct pdane_resolver *r, const struct pdane_config *cfg, char **ret_error)
{
        const struct pdane_forwarders *f = NULL;
        if (cfg->forward == PDANE_FORWARD_ADDRESS) {
                int result = pdane_forwarders_add(&r->forwarders, cfg->forward_to);
                if (result < 0) {
                        if (asprintf(ret_error, "forward: \"%s\" is not ADDR[@PORT][#TLSNAME]",
                                     cfg->forward_to) < 0)
                                *ret_error = NULL;
                        return result;
                }
                f = &r->forwarders;
        }
        int result = open_context(r, f, ret_error);
        if (result == 0)
                set_upstream(r, STATE_READY, f);
        return result;
}

/* ---- the resolver ---- */

static int
prepare(struct pdane_resolver *r, const struct pdane_config *cfg, char **ret_error)
{
        r->unbound_conf = strdup(cfg->unbound_conf);
        if (!r->unbound_conf)
                return -ENOMEM;
        int result =
                *cfg->trust_anchor_file
                        ? pdane_anchor_use(cfg->trust_anchor_file, &r->anchor, ret_error)
                        : pdane_anchor_prepare(cfg->state_dir, pdane_resolver_system.root_key_seeds,
                                               &r->anchor, ret_error);
        if (result == 0 && !*cfg->trust_anchor_file && !r->anchor.tracked)
                pdane_log(PDANE_LOG_WARNING,
                          "event=root-key-not-tracked reason=state-dir-not-writable");
        return result;
}

int
pdane_resolver_new(struct event_base *base, const struct pdane_config *cfg,
                   struct pdane_resolver **ret, char **ret_error)
{
        char *error = NULL;
        struct pdane_resolver *r = calloc(1, sizeof *r);
        if (!r)
                return -ENOMEM;
        r->base = base;
        r->tlsa_ahead = cfg->tlsa_ahead;
        pdane_resolver_set_asker(r, PDANE_DNS_NOBODY, false);
        LIST_INIT(&r->queries);
        int result = prepare(r, cfg, &error);
        if (result == 0)
                result = cfg->forward == PDANE_FORWARD_AUTO ? open_auto(r, &error)
                                                            : open_fixed(r, cfg, &error);
        if (result < 0) {
                if (!error && asprintf(&error, "resolver: %s", strerror(-result)) < 0)
                        error = NULL;
                *ret_error = error;
                pdane_resolver_free(r);
                return result;
        }
        *ret = r;
        return 0;
}

void
pdane_resolver_free(struct pdane_resolver *r)
{
        if (!r)
                return;
        for (struct pdane_query *q = LIST_FIRST(&r->queries), *next; q; q = next) {
                next = LIST_NEXT(q, entries);
                pdane_query_cancel(q);
        }
        pdane_ub_forget(r->check);
        if (r->check_event)
                event_free(r->check_event);
        pdane_ub_free(r->ub);
        pdane_anchor_clear(&r->anchor);
        free(r->unbound_conf);
        free(r);
}

const char *
pdane_resolver_upstream(const struct pdane_resolver *r)
{
        return r->upstream;
}

const char *
pdane_resolver_upstream_check(const struct pdane_resolver *r)
{
        if (r->state == STATE_CHECKING)
                return "checking";
        if (!*r->check_name)
                return r->forwarders.n ? "not-checked" : "not-needed";
        return r->check_passed ? "yes" : "no";
}

const char *
pdane_resolver_anchor_path(const struct pdane_resolver *r)
{
        return r->anchor.path ? r->anchor.path : "";
}
