/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The name-constrained anchor (design section 3): a CA certificate with the subject and key of a
 * certificate that DNS vouches for, good for exactly the covered names and no longer than the
 * evidence. Random octets stand where its signature would: nobody checks it, and so no key is made.
 */
#ifndef PDANE_ANCHOR_H
#define PDANE_ANCHOR_H

#include "trust/cert.h"

/*
 * signer: whose subject, SPKI and subject key id are copied. names: what it may sign for; each
 * becomes a permitted dNSName (for a wildcard *.P it is ".P", below P and not P itself; see
 * anchor.c), and ".name" is excluded unless a permitted name lies below it. All IP addresses are
 * excluded. Self-issued, no authority key id, random positive serial, basicConstraints CA, keyUsage
 * keyCertSign, EKU serverAuth, nameConstraints critical. Validity: not_before .. not_after, seconds
 * since 1970.
 *
 * 0 and a new certificate (caller unrefs); -EINVAL for no names or not_after <= not_before;
 * -EMSGSIZE; -ENOMEM; -EIO when OpenSSL fails.
 */
int pdane_anchor_new(const struct pdane_cert *signer, const struct pdane_name *names,
                     size_t n_names, int64_t not_before, int64_t not_after,
                     struct pdane_cert **ret);

/*
 * True when an anchor for these names permits them and nothing else. Not so with a wildcard (any
 * depth below P is permitted) nor when one name lies below another (then all below the upper one
 * is).
 */
bool pdane_anchor_exact(const struct pdane_name *names, size_t n_names);

#endif
