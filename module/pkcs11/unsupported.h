/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PKCS#11 calls that a read-only token without keys does not have: one function per signature,
 * so that each is called through a pointer of its own type. All answer CKR_FUNCTION_NOT_SUPPORTED
 * and touch nothing.
 */
#ifndef PDANE_UNSUPPORTED_H
#define PDANE_UNSUPPORTED_H

#include "cryptoki.h"

CK_RV pdane_unsupported_session(CK_SESSION_HANDLE session);
CK_RV pdane_unsupported_data(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG len);
CK_RV pdane_unsupported_output(CK_SESSION_HANDLE session, unsigned char *out, CK_ULONG *out_len);
CK_RV pdane_unsupported_transform(CK_SESSION_HANDLE session, unsigned char *in, CK_ULONG in_len,
                                  unsigned char *out, CK_ULONG *out_len);
CK_RV pdane_unsupported_two_data(CK_SESSION_HANDLE session, unsigned char *a, CK_ULONG a_len,
                                 unsigned char *b, CK_ULONG b_len);
CK_RV pdane_unsupported_with_key(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                 CK_OBJECT_HANDLE key);
CK_RV pdane_unsupported_digest_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism);
CK_RV pdane_unsupported_object(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object);
CK_RV pdane_unsupported_set_state(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG len,
                                  CK_OBJECT_HANDLE encryption, CK_OBJECT_HANDLE authentication);
CK_RV pdane_unsupported_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin,
                              CK_ULONG len);
CK_RV pdane_unsupported_create(CK_SESSION_HANDLE session, CK_ATTRIBUTE *t, CK_ULONG n,
                               CK_OBJECT_HANDLE *ret);
CK_RV pdane_unsupported_copy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t,
                             CK_ULONG n, CK_OBJECT_HANDLE *ret);
CK_RV pdane_unsupported_size(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG *ret);
CK_RV pdane_unsupported_set(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t,
                            CK_ULONG n);
CK_RV pdane_unsupported_generate(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                 CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret);
CK_RV pdane_unsupported_generate_pair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                      CK_ATTRIBUTE *a, CK_ULONG a_n, CK_ATTRIBUTE *b, CK_ULONG b_n,
                                      CK_OBJECT_HANDLE *ret_a, CK_OBJECT_HANDLE *ret_b);
CK_RV pdane_unsupported_wrap(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE a,
                             CK_OBJECT_HANDLE b, unsigned char *out, CK_ULONG *out_len);
CK_RV pdane_unsupported_unwrap(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                               CK_OBJECT_HANDLE key, unsigned char *in, CK_ULONG in_len,
                               CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret);
CK_RV pdane_unsupported_derive(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                               CK_OBJECT_HANDLE key, CK_ATTRIBUTE *t, CK_ULONG n,
                               CK_OBJECT_HANDLE *ret);
CK_RV pdane_unsupported_init_token(CK_SLOT_ID slot, unsigned char *pin, CK_ULONG len,
                                   unsigned char *label);
CK_RV pdane_unsupported_wait_slot(CK_FLAGS flags, CK_SLOT_ID *slot, void *unused);

/* Of times when calls could run in the background: CKR_FUNCTION_NOT_PARALLEL, as the standard has
 * it. */
CK_RV pdane_unsupported_parallel(CK_SESSION_HANDLE session);

#endif
