/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scene of fuzz_server.c: clients of several users, and what each has said, heard and brought
 * up. The replies are held to that in server_replies.c.
 */
#ifndef PDANE_FUZZ_SERVER_SCENE_H
#define PDANE_FUZZ_SERVER_SCENE_H

#include "core_fixture.h"
#include "daemon/control.h"
#include "daemon/counters.h"
#include "daemon/server.h"
#include "daemon/status.h"
#include "daemon/sysstore.h"

#define SLOTS 12u
#define USERS 3u

extern const uid_t server_uids[USERS]; /* the first is root */
/* What may be asked for; the first are hosts. */
#define NAMES 10u
#define HOSTS 4u
extern const char *const server_names[NAMES];

struct slot {
        int fd; /* the client's end, -1: none */
        unsigned user;
        size_t sent;       /* messages */
        uint8_t type;      /* of the first, as far as it is one of these */
        bool good, waits;  /* it is in order; it wants to be told */
        bool any, pending; /* something came; PENDING */
        bool final, over;  /* the last message has come; the end of the connection */
        bool shut;         /* it does not listen, or said that it has nothing more to say */
};

struct server_scene {
        struct slot slots[SLOTS];
        struct pdane_question_env env;
        struct pdane_control_env control;
        struct pdane_status status;
        struct pdane_sysstore *sysstore;
        struct pdane_resolver *resolver;
        struct pdane_counters counters;
        struct pdane_server *server;
        int listener, accepting[SLOTS];
        unsigned accepting_user[SLOTS], n_accepting, user;
        bool mentioned[USERS][HOSTS];
        bool vouched; /* at any time */
        bool faults;
        uint8_t dn[2][64];
        size_t dn_len[2];
};

extern struct server_scene scene;

void server_mention(unsigned user, unsigned host); /* HOSTS: nobody's */
void server_drain(struct slot *s);                 /* reads and judges all that has come */

#endif
