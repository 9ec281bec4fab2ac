/* SPDX-License-Identifier: BSD-3-Clause */
/* The RDATA of one record of a message, without compression. Pure. */
#ifndef PDANE_RESOLVER_RDATA_H
#define PDANE_RESOLVER_RDATA_H

#include <arpa/nameser.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PDANE_SOA_NUMBERS 20u /* octets of SOA RDATA after its two names */

/* Octets that rr's RDATA takes at most once its names are uncompressed. */
size_t pdane_rdata_room(const ns_rr *rr);

/*
 * Copies it to out, which has pdane_rdata_room octets. Octets written, or -EBADMSG: names or
 * addresses that do not fit the RDATA exactly.
 */
ssize_t pdane_rdata_expand(const ns_msg *m, const ns_rr *rr, uint8_t *out);

#endif
