/* SPDX-License-Identifier: BSD-3-Clause */
/* One table of requests. The smallest is answered here. */
#include "daemon/control.h"

#include <errno.h>

#include "daemon/check.h"
#include "daemon/events.h"
#include "daemon/flush.h"
#include "daemon/list.h"
#include "daemon/status.h"

void
pdane_sink_part(const struct pdane_sink *s, const struct pdane_part *p)
{
        uint8_t buf[PDANE_PART_MAX];
        size_t len = 0;
        if (pdane_part_encode(p, buf, sizeof buf, &len) == 0)
                s->send(s->arg, buf, len);
}

void
pdane_sink_error(const struct pdane_sink *s, const char *word)
{
        uint8_t buf[512];
        size_t len = 0;
        if (pdane_error_encode(word, buf, sizeof buf, &len) == 0)
                s->send(s->arg, buf, len);
        s->end(s->arg);
}

void
pdane_sink_end(const struct pdane_sink *s, uint32_t number)
{
        uint8_t buf[64];
        size_t len = 0;
        if (pdane_end_encode(number, buf, sizeof buf, &len) == 0)
                s->send(s->arg, buf, len);
        s->end(s->arg);
}

static int
answer_status(struct pdane_control_env *env, uid_t uid, const struct pdane_control_request *rq,
              const struct pdane_sink *sink, struct pdane_control_work **ret)
{
        (void)uid;
        (void)rq;
        *ret = NULL;
        if (env->status)
                pdane_status_send(env->status, sink);
        pdane_sink_end(sink, 0);
        return 0;
}

static const struct {
        int (*answer)(struct pdane_control_env *env, uid_t uid,
                      const struct pdane_control_request *rq, const struct pdane_sink *sink,
                      struct pdane_control_work **ret);
} requests[] = {
        [PDANE_CONTROL_CHECK] = {pdane_check_start},  [PDANE_CONTROL_STATUS] = {answer_status},
        [PDANE_CONTROL_LIST] = {pdane_list_start},    [PDANE_CONTROL_FLUSH] = {pdane_flush_start},
        [PDANE_CONTROL_WATCH] = {pdane_events_watch},
};

int
pdane_control_start(struct pdane_control_env *env, uid_t uid,
                    const struct pdane_control_request *rq, const struct pdane_sink *sink,
                    struct pdane_control_work **ret)
{
        unsigned type = (unsigned)rq->type;
        *ret = NULL;
        if (type >= sizeof requests / sizeof *requests || !requests[type].answer) {
                pdane_sink_error(sink, "malformed");
                return 0;
        }
        return requests[type].answer(env, uid, rq, sink, ret);
}

void
pdane_control_cancel(struct pdane_control_work *w)
{
        if (w)
                w->cancel(w);
}
