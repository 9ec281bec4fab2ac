/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which addresses a probe may connect to. Addresses come from whoever owns a zone, and a probe must
 * not be a way into this machine or a way to disturb its link. Pure.
 */
#ifndef PDANE_PROBE_ADDRESS_H
#define PDANE_PROBE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Loopback and link-local are allowed on request, the others never. Unknown families are refused.
 */
bool pdane_address_allowed(const struct sockaddr *sa, bool allow_loopback);

#endif
