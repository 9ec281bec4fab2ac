/* SPDX-License-Identifier: BSD-3-Clause */
/* The daemon's socket in front of its core with one good site; clients of it in the same process. */
#ifndef PDANE_SERVER_FIXTURE_H
#define PDANE_SERVER_FIXTURE_H

#include "core_fixture.h"
#include "daemon/server.h"

extern char dir[];     /* made by server_group_setup */
extern char path[64];  /* of the socket, in dir */
extern struct pdane_question_env env;
extern struct pdane_control_env control;
extern struct pdane_server *server;
extern uint8_t buf[PDANE_WIRE_MAX_REPLY]; /* the last message */

int server_group_setup(void **state);
int server_group_teardown(void **state);
int setup(void **state);
int teardown(void **state);

int connected(void); /* a client */
/* Lets the server work, and reads one message into buf. 0 is the end of the connection, -1 nothing yet. */
ssize_t receive(int fd);
ssize_t exchange(int fd, const void *data, size_t len); /* sends that first */
size_t encoded_question(uint8_t *out, size_t cap);      /* for the good site's certificate */
enum pdane_message type_of(ssize_t n);                  /* of the message in buf */

#endif
