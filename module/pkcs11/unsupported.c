/* SPDX-License-Identifier: BSD-3-Clause */
/* What a token without keys cannot do. No state. */
#include "unsupported.h"

/* NOLINTBEGIN(readability-non-const-parameter): the types are PKCS#11's. */

CK_RV
pdane_unsupported_session(CK_SESSION_HANDLE session)
{
        (void)session;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_data(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG len)
{
        (void)session;
        (void)data;
        (void)len;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_output(CK_SESSION_HANDLE session, unsigned char *out, CK_ULONG *out_len)
{
        (void)session;
        (void)out;
        (void)out_len;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_transform(CK_SESSION_HANDLE session, unsigned char *in, CK_ULONG in_len,
                            unsigned char *out, CK_ULONG *out_len)
{
        (void)session;
        (void)in;
        (void)in_len;
        (void)out;
        (void)out_len;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_two_data(CK_SESSION_HANDLE session, unsigned char *a, CK_ULONG a_len,
                           unsigned char *b, CK_ULONG b_len)
{
        (void)session;
        (void)a;
        (void)a_len;
        (void)b;
        (void)b_len;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_with_key(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
        (void)session;
        (void)mechanism;
        (void)key;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_digest_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism)
{
        (void)session;
        (void)mechanism;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_object(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
        (void)session;
        (void)object;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_set_state(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG len,
                            CK_OBJECT_HANDLE encryption, CK_OBJECT_HANDLE authentication)
{
        (void)session;
        (void)data;
        (void)len;
        (void)encryption;
        (void)authentication;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin,
                        CK_ULONG len)
{
        (void)session;
        (void)user;
        (void)pin;
        (void)len;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_create(CK_SESSION_HANDLE session, CK_ATTRIBUTE *t, CK_ULONG n,
                         CK_OBJECT_HANDLE *ret)
{
        (void)session;
        (void)t;
        (void)n;
        (void)ret;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_copy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t,
                       CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
        (void)session;
        (void)object;
        (void)t;
        (void)n;
        (void)ret;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_size(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG *ret)
{
        (void)session;
        (void)object;
        (void)ret;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_set(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t,
                      CK_ULONG n)
{
        (void)session;
        (void)object;
        (void)t;
        (void)n;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_generate(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *t,
                           CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
        (void)session;
        (void)mechanism;
        (void)t;
        (void)n;
        (void)ret;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_generate_pair(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *a,
                                CK_ULONG a_n, CK_ATTRIBUTE *b, CK_ULONG b_n,
                                CK_OBJECT_HANDLE *ret_a, CK_OBJECT_HANDLE *ret_b)
{
        (void)session;
        (void)mechanism;
        (void)a;
        (void)a_n;
        (void)b;
        (void)b_n;
        (void)ret_a;
        (void)ret_b;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_wrap(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE a,
                       CK_OBJECT_HANDLE b, unsigned char *out, CK_ULONG *out_len)
{
        (void)session;
        (void)mechanism;
        (void)a;
        (void)b;
        (void)out;
        (void)out_len;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_unwrap(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
                         unsigned char *in, CK_ULONG in_len, CK_ATTRIBUTE *t, CK_ULONG n,
                         CK_OBJECT_HANDLE *ret)
{
        (void)session;
        (void)mechanism;
        (void)key;
        (void)in;
        (void)in_len;
        (void)t;
        (void)n;
        (void)ret;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_derive(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
                         CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
        (void)session;
        (void)mechanism;
        (void)key;
        (void)t;
        (void)n;
        (void)ret;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_init_token(CK_SLOT_ID slot, unsigned char *pin, CK_ULONG len,
                             unsigned char *label)
{
        (void)slot;
        (void)pin;
        (void)len;
        (void)label;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_wait_slot(CK_FLAGS flags, CK_SLOT_ID *slot, void *unused)
{
        (void)flags;
        (void)slot;
        (void)unused;
        return CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV
pdane_unsupported_parallel(CK_SESSION_HANDLE session)
{
        (void)session;
        return CKR_FUNCTION_NOT_PARALLEL;
}

/* NOLINTEND(readability-non-const-parameter) */
