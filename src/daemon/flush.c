/* SPDX-License-Identifier: BSD-3-Clause */
/* A sweep that counts. */
#include "daemon/flush.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/hosts_sweep.h"

/* Files may be removed with it. */
#define COST_FLUSHED 24u

struct flushing {
        struct pdane_control_work work; /* first */
        struct pdane_sink sink;
        uid_t uid;
        bool named;
        struct pdane_name name;
        uint16_t port;
        uint32_t n;
        struct pdane_sweep *sweep;
};

static unsigned
visit(void *arg, struct pdane_host *h)
{
        struct flushing *f = arg;
        if (!pdane_host_is(h, f->named ? &f->name : NULL, f->port) || !pdane_host_flush(h, f->uid))
                return 1;
        f->n++;
        return COST_FLUSHED;
}

static void
on_done(void *arg)
{
        struct flushing *f = arg;
        pdane_sweep_free(f->sweep);
        f->sweep = NULL;
        pdane_sink_end(&f->sink, f->n);
}

static void
cancel(struct pdane_control_work *w)
{
        struct flushing *f = (struct flushing *)w;
        pdane_sweep_free(f->sweep);
        free(f);
}

/* Whoever has few hosts has the answer at once. */
static int
start(struct pdane_hosts *hosts, struct flushing *f, struct pdane_control_work **ret)
{
        static const struct pdane_sweep_job job = {visit, on_done, NULL};
        int r = pdane_sweep_new(hosts, &job, f, &f->sweep);
        if (r < 0) {
                free(f);
                return r;
        }
        *ret = &f->work;
        if (pdane_sweep_first(f->sweep)) {
                *ret = NULL;
                on_done(f);
                free(f);
        }
        return 0;
}

int
pdane_flush_start(struct pdane_control_env *env, uid_t uid, const struct pdane_control_request *rq,
                  const struct pdane_sink *sink, struct pdane_control_work **ret)
{
        struct flushing *f = calloc(1, sizeof *f);
        *ret = NULL;
        if (!f)
                return -ENOMEM;
        *f = (struct flushing){.work.cancel = cancel,
                               .sink = *sink,
                               .uid = uid,
                               .named = rq->host.data != NULL,
                               .port = rq->host.data ? rq->port : 0};
        if (f->named && pdane_host_parse((const char *)rq->host.data, rq->host.len, &f->name) < 0) {
                free(f);
                pdane_sink_error(sink, "name");
                return 0;
        }
        return start(env->questions->hosts, f, ret);
}
