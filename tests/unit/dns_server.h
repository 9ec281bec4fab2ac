/* SPDX-License-Identifier: BSD-3-Clause */
/* A DNS server on loopback, UDP and TCP, on the test's own event loop. */
#ifndef PDANE_TEST_DNS_SERVER_H
#define PDANE_TEST_DNS_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

struct event_base;
struct dns_server;

/* Makes the reply to name/type (name in lower case, no trailing dot) from packet_begin on. False:
 * none is sent. */
typedef bool (*dns_server_cb)(void *arg, const char *name, uint16_t type, struct packet *reply);

/* Whatever fails ends the test program. */
struct dns_server *dns_server_new(struct event_base *base, dns_server_cb cb, void *arg);
void dns_server_free(struct dns_server *s); /* NULL-safe */

uint16_t dns_server_port(const struct dns_server *s);
unsigned dns_server_tcp_queries(const struct dns_server *s);

#endif
