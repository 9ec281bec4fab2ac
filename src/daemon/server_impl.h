/* SPDX-License-Identifier: BSD-3-Clause */
/* Between server.c, where connections come and go, and server_request.c, which deals with what they
 * ask: what a connection is. */
#ifndef PDANE_SERVER_IMPL_H
#define PDANE_SERVER_IMPL_H

#include <sys/queue.h>
#include <sys/socket.h>

#include "daemon/outbox.h"
#include "daemon/ration.h"
#include "daemon/server.h"
#include "daemon/tally.h"

/* One whose request is there when it comes, and is answered at once, is in no list and has no
 * events. */
struct pdane_peer {
        struct pdane_server *server;
        int fd;
        struct ucred cred;
        bool listed;
        struct event *readable, *idle; /* NULL unless listed */
        struct pdane_waiting *waiting;
        bool wants_table;
        /* A request of the command line's: what is under way, and what is on its way. */
        struct pdane_control_work *work;
        struct pdane_outbox *outbox;
        bool ended; /* there is nothing more to come: it goes once the outbox is empty */
        LIST_ENTRY(pdane_peer) entries;
};

struct pdane_server {
        int fd;
        const struct pdane_question_env *env;
        struct pdane_control_env *control;
        struct event *acceptable, *resume;
        size_t n_peers;
        struct pdane_tally tally;   /* of peers */
        struct pdane_tally_user users[PDANE_PEERS_MAX];
        struct pdane_ration ration; /* of hints */
        LIST_HEAD(, pdane_peer) peers;
        uint8_t request[PDANE_WIRE_MAX_REQUEST + 1]; /* one past: longer requests show */
        uint8_t reply[PDANE_WIRE_MAX_REPLY];
};

/* n bytes of server->request came from p; 0 or less: it has gone. Returns whether p stays. */
bool pdane_peer_take(struct pdane_peer *p, ssize_t n);
void pdane_peer_log_bad(const struct pdane_peer *p, const char *what, int error);

/* Ends the connection and whatever it waits for. */
void pdane_peer_free(struct pdane_peer *p);

#endif
