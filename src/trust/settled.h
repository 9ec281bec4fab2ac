/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a server may have a certificate that TLSA records vouch for and that was not seen yet. */
#ifndef PDANE_SETTLED_H
#define PDANE_SETTLED_H

#include "trust/match.h"

/*
 * True when every usable record is of DANE-EE and names the leaf, or the leaf's key, of one of
 * these n chains: then no certificate with another key matches. A record of DANE-TA, or one that
 * none of these match, may mean another. Saves looking for it and adds no trust: matching is
 * OpenSSL's (match.h).
 */
bool pdane_tlsa_settled(const struct pdane_tlsa_set *set, const struct pdane_chain *chains,
                        size_t n);

#endif
