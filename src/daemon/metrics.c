/* SPDX-License-Identifier: BSD-3-Clause */
/* A timer. What cannot be written is told once. */
#include "daemon/metrics.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#include "common/log.h"

struct pdane_metrics {
        const struct pdane_status *status;
        struct event *timer;
        char *path;
        int told; /* the error that was told last */
};

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_metrics *m = arg;
        (void)fd;
        (void)what;
        int r = pdane_status_write(m->status, m->path);
        if (r < 0 && r != m->told)
                pdane_log(PDANE_LOG_WARNING, "event=metrics-failed errno=%d", -r);
        m->told = r;
}

int
pdane_metrics_set_path(struct pdane_metrics *m, const char *path)
{
        const struct timeval every = {PDANE_METRICS_EVERY_S, 0};
        char *copy = strdup(path);
        if (!copy)
                return -ENOMEM;
        free(m->path);
        m->path = copy;
        m->told = 0;
        event_del(m->timer);
        if (!*path)
                return 0;
        if (event_add(m->timer, &every) < 0)
                return -ENOMEM;
        event_active(m->timer, EV_TIMEOUT, 0);
        return 0;
}

int
pdane_metrics_new(struct event_base *base, const struct pdane_status *status,
                  struct pdane_metrics **ret)
{
        struct pdane_metrics *m = calloc(1, sizeof *m);
        if (!m)
                return -ENOMEM;
        m->status = status;
        m->timer = event_new(base, -1, EV_PERSIST, on_timer, m);
        if (!m->timer) {
                free(m);
                return -ENOMEM;
        }
        *ret = m;
        return 0;
}

void
pdane_metrics_free(struct pdane_metrics *m)
{
        if (!m)
                return;
        event_free(m->timer);
        free(m->path);
        free(m);
}
