/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One TLS client handshake on a non-blocking socket, to see the server's certificates. Verifies
 * nothing; knows no events, addresses or deadlines.
 */
#ifndef PDANE_PROBE_TLS_H
#define PDANE_PROBE_TLS_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/probe.h"
#include "trust/match.h"

#define PDANE_HANDSHAKE_BYTES_MAX 262144u /* received from a server in one handshake */
#define PDANE_CERT_LIST_MAX 131072u       /* bytes of one Certificate message */

struct pdane_tls_shared; /* settings for all handshakes */
struct pdane_tls;        /* one handshake */

enum pdane_tls_state {
        PDANE_TLS_FAILED = 0,
        PDANE_TLS_WANT_READ,
        PDANE_TLS_WANT_WRITE,
        PDANE_TLS_DONE, /* the server proved that it has the leaf's private key */
};

int pdane_tls_shared_new(struct pdane_tls_shared **ret);
void pdane_tls_shared_free(struct pdane_tls_shared *s); /* NULL-safe; no handshake may be left */

/* Borrows fd, a connected non-blocking stream socket. host is the SNI; port chooses ALPN. */
int pdane_tls_new(struct pdane_tls_shared *s, int fd, const char *host, uint16_t port,
                  enum pdane_key_family family, struct pdane_tls **ret);
void pdane_tls_free(struct pdane_tls *t); /* says goodbye if the handshake was done. NULL-safe. */

/* Goes on as far as the socket lets it. FAILED: a few words in why. */
enum pdane_tls_state pdane_tls_step(struct pdane_tls *t, char *why, size_t cap);

/*
 * After DONE: the server's certificates in the order sent, the first PDANE_CHAIN_MAX. It ends
 * before one that cannot be taken. 0; -EBADMSG (no usable leaf); -ENOMEM. *ret is then untouched.
 */
int pdane_tls_chain(const struct pdane_tls *t, struct pdane_chain *ret);

#endif
