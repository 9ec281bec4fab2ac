/* SPDX-License-Identifier: BSD-3-Clause */
/* The daemon's core with a published table, and a client's view of it. */
#ifndef PDANE_PUBLISH_FIXTURE_H
#define PDANE_PUBLISH_FIXTURE_H

#include "core_fixture.h"
#include "daemon/publish.h"
#include "daemon/question.h"
#include "published.h"

#define ME 1001

struct publish {
        struct pdane_publisher *publisher;
        struct pdane_question_env env;
        struct pdane_published client;
};

extern struct publish pub;

int publish_setup(void **state);
int publish_teardown(void **state);

void publish_settle(void); /* the event loop comes to rest, with beats in time */
bool publish_open(void);   /* whether the client sees the table open */
void publish_hint(uid_t uid, const char *host);

/* Asks the daemon; what came of it at once. */
struct publish_answer {
        bool at_once, nothing;
        uint32_t remember_s;
};
struct publish_answer publish_ask(const struct pdane_question *q);

/* The client's whole way: what the table says, or an answer whose word on names is kept. */
bool publish_says_no(const struct pdane_question *q);
struct publish_answer publish_ask_and_note(const struct pdane_question *q);

/* A DER Name of that common name, NULL for an empty one. Lives until the next 64 calls. */
struct pdane_bytes publish_dn(const char *cn);
/* One for issuer CN cn and that serial; NSS's. */
struct pdane_question publish_question(const char *cn, uint8_t serial);

#endif
