/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for src/daemon/probe.c: presents a scripted chain for a host, through the event loop.
 */
#ifndef PDANE_FAKE_PROBER_H
#define PDANE_FAKE_PROBER_H

#include "daemon/probe.h"

struct event_base;

void fake_prober_reset(struct event_base *base);
/* What any server presents from now on, leaf first; referenced. n 0: no server answers. */
void fake_prober_set(struct pdane_cert *const *certs, size_t n);
/* What is presented to a client that wants the other key family; otherwise it is the same again. */
void fake_prober_set_other(struct pdane_cert *cert);
/* What a server at another address presents, to one who wants all or did not take the first one's. */
void fake_prober_set_second(struct pdane_cert *cert);
void fake_prober_hold(bool hold); /* probes started from now on wait for fake_prober_release */
void fake_prober_release(void);
unsigned fake_prober_count(void);
const char *fake_prober_last_host(void);
enum pdane_key_family fake_prober_last_family(void);
struct pdane_prober *fake_prober(void);

#endif
