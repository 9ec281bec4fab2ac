/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for src/daemon/resolver.c: answers from a script, through the event loop, without any DNS. */
#ifndef PDANE_FAKE_RESOLVER_H
#define PDANE_FAKE_RESOLVER_H

#include "daemon/resolver.h"

struct event_base;

void fake_resolver_reset(struct event_base *base); /* forgets the script and the counts */

/* What name/type is answered with. rdata is copied; NULL for none. A name that was not set is answered NO_RECORDS. */
void fake_resolver_set(const char *name, uint16_t type, enum pdane_dns_verdict verdict, int64_t not_after,
                       bool synthesised, const void *rdata, size_t len);
/* Another record beside that one, of up to 64 bytes, until it is set anew. */
void fake_resolver_add(const char *name, uint16_t type, const void *rdata, size_t len);
/* The same for every name that ends in suffix and was not set itself. */
void fake_resolver_set_suffix(const char *suffix, uint16_t type, enum pdane_dns_verdict verdict, int64_t not_after,
                              bool synthesised, const void *rdata, size_t len);
/* Answers to name/type came by way of an alias. */
void fake_resolver_set_final(const char *name, uint16_t type, const char *final_name);
/* How long that alias holds; otherwise for ever. */
void fake_resolver_set_alias_until(const char *name, uint16_t type, int64_t not_after, int64_t signed_until);
/* The labels field of its signature, or of the first alias's. */
void fake_resolver_set_labels(const char *name, uint16_t type, unsigned labels);
/* When the signatures end; otherwise they never do. */
void fake_resolver_set_signed(const char *name, uint16_t type, int64_t signed_until);
void fake_resolver_set_not_after(const char *name, uint16_t type, int64_t not_after);
/* Leaves name/type unanswered until fake_resolver_release. */
void fake_resolver_hold(const char *name, uint16_t type);
void fake_resolver_release(void);

unsigned fake_resolver_count(const char *name, uint16_t type); /* how often it was asked */
unsigned fake_resolver_foreseen(const char *name, uint16_t type); /* how often it was foreseen */
uid_t fake_resolver_asker(const char *name, uint16_t type);    /* for whom the last time */
unsigned fake_resolver_open(void);                             /* queries neither answered nor cancelled */
struct pdane_resolver *fake_resolver(void);

#endif
