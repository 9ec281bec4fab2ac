/* SPDX-License-Identifier: BSD-3-Clause */
/* The daemon as a whole: every part made in order, run, reloaded, and taken down again. One thread.
 */
#ifndef PDANE_DAEMON_H
#define PDANE_DAEMON_H

#include "common/config.h"

struct pdane_daemon;

/*
 * Takes cfg and listen_fd. config_path is where a reload reads; copied. 0, or negative errno with
 * one line for a person in *ret_error (malloc'd); then cfg and listen_fd are gone too.
 */
int pdane_daemon_new(struct pdane_config *cfg, const char *config_path, int listen_fd,
                     struct pdane_daemon **ret, char **ret_error);

/* Runs until SIGTERM or SIGINT, and tells the service manager (notify.h). 0, or negative errno when
 * the event loop failed. SIGHUP reloads. */
int pdane_daemon_run(struct pdane_daemon *d);

/*
 * Reads the configuration anew and uses it for what comes; evidence and questions under way are
 * kept. A file with an error changes nothing. [daemon] socket, user, state-dir and sandbox need a
 * restart: a change is logged. The service manager is told when it is done.
 */
void pdane_daemon_reload(struct pdane_daemon *d);

void pdane_daemon_free(struct pdane_daemon *d); /* NULL-safe */

/* Checks what pdane_config_load leaves to the daemon: that every watch= name is a host name. 0, or
 * -EINVAL with *ret_error. */
int pdane_daemon_check_config(const struct pdane_config *cfg, const char *config_path,
                              char **ret_error);

#endif
