/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Unix socket (docs/protocol.md): connections, peer credentials, bounds, and handing questions
 * on. One request per connection. Knows nothing of what is asked. One thread.
 */
#ifndef PDANE_SERVER_H
#define PDANE_SERVER_H

#include "daemon/control.h"

struct pdane_server;

/*
 * Creates the listening SOCK_SEQPACKET socket at path: its directory is made (0755) when missing; a
 * socket that nobody listens on any more is replaced; anything else there is an error. Mode 0666:
 * any local user may ask. 0 and a descriptor, or negative errno with one line for a person in
 * *ret_error (malloc'd).
 */
int pdane_server_listen(const char *path, int *ret_fd, char **ret_error);

/*
 * The listening socket that a service manager made and passed (LISTEN_FDS of sd_listen_fds(3),
 * which leaves the environment). 1 and a descriptor; 0 when there is none; negative errno with one
 * line in *ret_error when what was passed is not exactly one listening SOCK_SEQPACKET Unix socket.
 * Its file is the service manager's: never to be removed by us.
 */
int pdane_server_inherit(int *ret_fd, char **ret_error);

/* Takes fd. The rest is borrowed; control may be NULL: then the command line is told "busy". */
int pdane_server_new(int fd, const struct pdane_question_env *env,
                     struct pdane_control_env *control, struct pdane_server **ret);
void
pdane_server_free(struct pdane_server *s); /* NULL-safe; waiting clients see the connection end */

#endif
