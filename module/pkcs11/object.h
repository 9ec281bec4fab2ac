/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An item as a PKCS#11 object of one of three classes: which attributes it has, what they hold, and
 * whether a template matches. Pure: no state, no I/O, any thread.
 */
#ifndef PDANE_OBJECT_H
#define PDANE_OBJECT_H

#include "common/wire.h"
#include "cryptoki.h"

/*
 * Whether any object of the class could match the template: the class is one of ours, has every
 * attribute asked for, and those that are the same for all its objects have the value asked for.
 */
bool pdane_object_may_match(CK_OBJECT_CLASS class, const CK_ATTRIBUTE *t, CK_ULONG n);

/*
 * Whether the item is an object of the class and each of the n attributes equals the object's.
 * Serial numbers match as DER INTEGER and as content octets; an attribute the object lacks does not
 * match; PDANE_ITEM_EXACT is obeyed.
 */
bool pdane_object_matches(CK_OBJECT_CLASS class, const struct pdane_item *item,
                          const CK_ATTRIBUTE *t, CK_ULONG n);

/*
 * C_GetAttributeValue for one object: fills each attribute that can be filled. 0; -ENODATA when the
 * object lacks one of them; -ENOBUFS when a buffer is too small. Those have the length
 * PDANE_NO_LENGTH then.
 */
int pdane_object_read(CK_OBJECT_CLASS class, const struct pdane_item *item, CK_ATTRIBUTE *t,
                      CK_ULONG n);

#endif
