/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decisions as they fall: each is a line of key=value words in the log, and is told to those who
 * watch and may see it. One thread.
 */
#ifndef PDANE_EVENTS_H
#define PDANE_EVENTS_H

#include "daemon/control.h"

#define PDANE_WATCHERS_MAX 64u

struct pdane_events;

int pdane_events_new(struct pdane_events **ret);
void pdane_events_free(struct pdane_events *ev); /* NULL-safe; nobody may watch any more */

/*
 * Logs the line (level as of log.h) and tells it to every watcher whose uid shown() lets see it.
 * ev NULL: it is logged only.
 */
void pdane_events_tell(struct pdane_events *ev, enum pdane_log_level level, const char *line,
                       bool (*shown)(const void *arg, uid_t uid), const void *arg);

/* False: nobody would be told and nothing logged, so the line need not be made. */
bool pdane_events_wanted(const struct pdane_events *ev, enum pdane_log_level level);

/* As pdane_control_start; for env->events. It never ends by itself. */
int pdane_events_watch(struct pdane_control_env *env, uid_t uid,
                       const struct pdane_control_request *rq, const struct pdane_sink *sink,
                       struct pdane_control_work **ret);

#endif
