/* SPDX-License-Identifier: BSD-3-Clause */
/* Evidence as parts. What clients make of it is asked of the library that knows. */
#include "daemon/list.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/clock.h"
#include "daemon/hosts_sweep.h"
#include "trust/judge_client.h"

/* Both certificates are parsed, and each kind of client judges them. */
#define COST_ENTRY PDANE_SWEEP_TURN

/* RFC 2253's form has what is not printable escaped. */
static void
format_subject(const struct pdane_cert *c, char *to, size_t cap)
{
        BIO *bio = BIO_new(BIO_s_mem());
        int n = 0;
        if (bio) {
                X509_NAME_print_ex(bio, X509_get_subject_name(pdane_cert_x509(c)), 0,
                                   XN_FLAG_RFC2253);
                n = BIO_read(bio, to, (int)cap - 1);
        }
        to[n > 0 ? n : 0] = '\0';
        BIO_free(bio);
}

static void
send_names(const struct pdane_sink *sink, const struct pdane_evidence *e)
{
        struct pdane_name name;
        for (size_t i = 0; pdane_cert_name(e->leaf, i, &name); i++) {
                struct pdane_part p = {
                        .kind = PDANE_PART_NAME,
                        .name = {.reason = PDANE_REASON_ACCEPTED, .until = e->not_after}};
                pdane_name_format(&name, p.name.name);
                pdane_sink_part(sink, &p);
        }
}

static uint32_t
accepting_clients(const struct pdane_evidence *e, const struct pdane_name *host, int64_t now)
{
        const struct pdane_judge_case c = {.leaf = e->leaf,
                                           .authority = e->by_authority ? pdane_evidence_signer(e)
                                                                        : NULL,
                                           .leaf_too = e->leaf_too,
                                           .host = host,
                                           .now = now};
        uint32_t bits = 0;
        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++) {
                struct pdane_judge_client verdict = {.accepted = false};
                pdane_judge_client((enum pdane_judge_kind)k, &c, &verdict);
                bits |= (uint32_t)verdict.accepted << k;
        }
        return bits;
}

/* A long list must not leave the daemon with all of them parsed. */
static void
shrink(const struct pdane_evidence *e)
{
        pdane_cert_shrink(e->leaf);
        pdane_cert_shrink(pdane_evidence_signer(e));
}

static unsigned
send_host(const struct pdane_sink *sink, const struct pdane_host_view *v)
{
        int64_t now = pdane_clock_wall();
        unsigned cost = 1;
        for (size_t i = 0; i < PDANE_HOST_EVIDENCE_MAX; i++) {
                const struct pdane_evidence *e = v->evidence[i];
                if (!e || !pdane_evidence_holds(e, now) || !pdane_cert_x509(e->leaf))
                        continue;
                struct pdane_part p = {.kind = PDANE_PART_TRUSTED,
                                       .trusted = {.port = v->port,
                                                   .by_authority = e->by_authority,
                                                   .watched = v->watched,
                                                   .clients = accepting_clients(e, &v->name, now),
                                                   .until = e->not_after,
                                                   .sha256 = pdane_cert_sha256(e->leaf)}};
                pdane_name_format(&v->name, p.trusted.host);
                format_subject(e->leaf, p.trusted.subject, sizeof p.trusted.subject);
                pdane_sink_part(sink, &p);
                send_names(sink, e);
                cost += COST_ENTRY;
        }
        for (size_t i = 0; i < PDANE_HOST_EVIDENCE_MAX; i++)
                if (v->evidence[i])
                        shrink(v->evidence[i]);
        return cost;
}

/* ---- all of them ---- */

struct listing {
        struct pdane_control_work work; /* first */
        struct pdane_sink sink;
        uid_t uid;
        struct pdane_sweep *sweep;
};

static unsigned
visit(void *arg, struct pdane_host *h)
{
        const struct listing *l = arg;
        struct pdane_host_view v = pdane_host_view(h);
        return pdane_host_shown_to(h, l->uid) ? send_host(&l->sink, &v) : 1;
}

static bool
has_room(void *arg)
{
        const struct listing *l = arg;
        return !l->sink.full || !l->sink.full(l->sink.arg);
}

static void
on_done(void *arg)
{
        struct listing *l = arg;
        pdane_sweep_free(l->sweep);
        l->sweep = NULL;
        pdane_sink_end(&l->sink, 0);
}

static void
cancel(struct pdane_control_work *w)
{
        struct listing *l = (struct listing *)w;
        pdane_sweep_free(l->sweep);
        free(l);
}

int
pdane_list_start(struct pdane_control_env *env, uid_t uid, const struct pdane_control_request *rq,
                 const struct pdane_sink *sink, struct pdane_control_work **ret)
{
        static const struct pdane_sweep_job job = {visit, on_done, has_room};
        struct listing *l = calloc(1, sizeof *l);
        (void)rq;
        *ret = NULL;
        if (!l)
                return -ENOMEM;
        *l = (struct listing){.work.cancel = cancel, .sink = *sink, .uid = uid};
        int r = pdane_sweep_new(env->questions->hosts, &job, l, &l->sweep);
        if (r < 0) {
                free(l);
                return r;
        }
        *ret = &l->work;
        return 0;
}
