/* SPDX-License-Identifier: BSD-3-Clause */
/* A list of watchers. */
#include "daemon/events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "common/log.h"
#include "daemon/clock.h"

struct watcher {
        struct pdane_control_work work; /* first */
        struct pdane_events *events;
        struct pdane_sink sink;
        uid_t uid;
        LIST_ENTRY(watcher) entries;
};

struct pdane_events {
        LIST_HEAD(, watcher) watchers;
        size_t n;
};

int
pdane_events_new(struct pdane_events **ret)
{
        struct pdane_events *ev = calloc(1, sizeof *ev);
        if (!ev)
                return -ENOMEM;
        LIST_INIT(&ev->watchers);
        *ret = ev;
        return 0;
}

void
pdane_events_free(struct pdane_events *ev)
{
        free(ev);
}

bool
pdane_events_wanted(const struct pdane_events *ev, enum pdane_log_level level)
{
        return level <= pdane_log_get_level() || (ev && !LIST_EMPTY(&ev->watchers));
}

void
pdane_events_tell(struct pdane_events *ev, enum pdane_log_level level, const char *line,
                  bool (*shown)(const void *arg, uid_t uid), const void *arg)
{
        struct watcher *w;
        pdane_log(level, "%s", line);
        if (!ev || LIST_EMPTY(&ev->watchers))
                return;
        struct pdane_part p = {.kind = PDANE_PART_EVENT, .event = {.when = pdane_clock_wall()}};
        snprintf(p.event.line, sizeof p.event.line, "%s", line);
        LIST_FOREACH (w, &ev->watchers, entries)
                if (shown(arg, w->uid))
                        pdane_sink_part(&w->sink, &p);
}

static void
cancel(struct pdane_control_work *work)
{
        struct watcher *w = (struct watcher *)work;
        LIST_REMOVE(w, entries);
        w->events->n--;
        free(w);
}

int
pdane_events_watch(struct pdane_control_env *env, uid_t uid, const struct pdane_control_request *rq,
                   const struct pdane_sink *sink, struct pdane_control_work **ret)
{
        struct pdane_events *ev = env->events;
        (void)rq;
        *ret = NULL;
        if (!ev || ev->n == PDANE_WATCHERS_MAX) {
                pdane_sink_error(sink, "busy");
                return 0;
        }
        struct watcher *w = calloc(1, sizeof *w);
        if (!w)
                return -ENOMEM;
        w->work.cancel = cancel;
        w->events = ev;
        w->sink = *sink;
        w->uid = uid;
        LIST_INSERT_HEAD(&ev->watchers, w, entries);
        ev->n++;
        *ret = &w->work;
        return 0;
}
