/* SPDX-License-Identifier: BSD-3-Clause */
/* Carries a STARTTLS dialogue over a non-blocking socket. Knows no event, address or deadline. */
#ifndef PDANE_PROBE_STARTTLS_H
#define PDANE_PROBE_STARTTLS_H

#include "daemon/starttls.h"

/*
 * Goes on as far as the socket lets it. READ, SEND: what the socket is to be waited for. TLS:
 * nothing more had come when the dialogue ended, and nothing of the handshake was read. FAILED: a
 * few words in why.
 */
enum pdane_starttls_state pdane_starttls_step(struct pdane_starttls *s, int fd, char *why,
                                              size_t cap);

#endif
