/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What each kind of client makes of a certificate that DNS vouches for: what it is handed, and what
 * it checks by itself. Between judge.c and the command line's
 * warnings; pure.
 */
#ifndef PDANE_JUDGE_CLIENT_H
#define PDANE_JUDGE_CLIENT_H

#include "trust/judge.h"

struct pdane_judge_case {
        const struct pdane_cert *leaf;
        const struct pdane_cert *authority; /* what DNS vouches for; NULL: the leaf itself */
        bool leaf_too;                      /* with an authority: the leaf itself as well */
        const struct pdane_name *host;      /* what is connected to */
        int64_t now;
};

/* For a case that pdane_decide accepted. */
void pdane_judge_client(enum pdane_judge_kind kind, const struct pdane_judge_case *c,
                        struct pdane_judge_client *ret);

/*
 * One of the things that clients check by themselves, whatever they were handed: true, with the
 * reason, when this kind of client objects. In the order of importance; never past the end.
 */
#define PDANE_JUDGE_CHECKS 10u
#define PDANE_JUDGE_CHECK_CA 1u /* of these, the one about CA:TRUE */
bool pdane_judge_client_objects(size_t check, enum pdane_judge_kind kind,
                                const struct pdane_judge_case *c, char *reason);

/* Does it verify what a key like this authority's signed? Of use to nobody who is told of the leaf.
 */
bool pdane_judge_client_objects_to_ca(enum pdane_judge_kind kind, const struct pdane_cert *ca,
                                      char *reason);

/* Is there anything that this kind of client can be handed, and why not? The other half of it. */
void pdane_judge_client_offered(enum pdane_judge_kind kind, const struct pdane_judge_case *c,
                                struct pdane_judge_client *ret);

/* Writes a reason of at most PDANE_JUDGE_TEXT_MAX characters. Returns true: there is one. */
bool pdane_judge_say(char *reason, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
