/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PKCS#11 calls: check arguments, take the lock, let a layer do it, translate its error. Every
 * call leaves errno as it was, for programs that look at it later.
 */
#include <errno.h>

#include "cryptoki.h"
#include "error.h"
#include "module.h"
#include "object.h"
#include "search.h"
#include "slot.h"
#include "unsupported.h"

/* One call under way: how errno was, and the lock if it is held. */
struct call {
        int saved_errno;
        struct pdane_module *m;
};

static void
leave(struct call *c)
{
        pdane_module_leave(&c->m);
        errno = c->saved_errno;
}

#define CALL __attribute__((cleanup(leave), unused)) struct call call = {errno, NULL}

/* Starts a call on the one slot. */
static int
enter_slot(struct call *c, CK_SLOT_ID slot)
{
        int r = pdane_module_enter(&c->m);

        if (r < 0)
                return r;
        return slot == PDANE_SLOT_ID ? 0 : -ENODEV;
}

/* Starts a call in a session. */
static int
enter_session(struct call *c, CK_SESSION_HANDLE session)
{
        int r = pdane_module_enter(&c->m);

        if (r < 0)
                return r;
        return pdane_session_check(&c->m->sessions, session);
}

/*
 * What a client says of its threads. Ours are never started and our lock is the system's, so all
 * that cannot be granted is "use my mutexes and nothing else". pReserved is not looked at: p11-kit
 * and NSS pass configuration text there.
 */
static int
check_initialize(const CK_C_INITIALIZE_ARGS *args)
{
        bool any, all;

        if (!args)
                return 0;
        any = args->CreateMutex || args->DestroyMutex || args->LockMutex || args->UnlockMutex;
        all = args->CreateMutex && args->DestroyMutex && args->LockMutex && args->UnlockMutex;
        if (any && !all)
                return -EINVAL;
        if (any && !(args->flags & CKF_OS_LOCKING_OK))
                return -ENOLCK;
        return 0;
}

static CK_RV
initialize(void *init_args)
{
        CALL;
        int r = check_initialize(init_args);

        return pdane_error_ckr(r < 0 ? r : pdane_module_start());
}

static CK_RV
finalize(void *unused)
{
        CALL;

        return pdane_error_ckr(unused ? -EINVAL : pdane_module_stop());
}

static CK_RV
get_info(CK_INFO *info)
{
        CALL;
        int r = pdane_module_enter(&call.m);

        if (r == 0 && !info)
                r = -EINVAL;
        if (r == 0)
                pdane_slot_library_info(info);
        return pdane_error_ckr(r);
}

static CK_RV
get_slot_list(CK_BBOOL token_present, CK_SLOT_ID *list, CK_ULONG *n)
{
        CALL;
        int r = pdane_module_enter(&call.m);

        (void)token_present;
        if (r == 0)
                r = n ? pdane_slot_list(list, n) : -EINVAL;
        return pdane_error_ckr(r);
}

static CK_RV
get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
        CALL;
        int r = enter_slot(&call, slot);

        if (r == 0 && !info)
                r = -EINVAL;
        if (r == 0)
                pdane_slot_info(info);
        return pdane_error_ckr(r);
}

static CK_RV
get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
        CALL;
        int r = enter_slot(&call, slot);

        if (r == 0 && !info)
                r = -EINVAL;
        if (r == 0)
                pdane_slot_token_info(call.m->sessions.n, info);
        return pdane_error_ckr(r);
}

/* NOLINTBEGIN(readability-non-const-parameter): the type is PKCS#11's. */
static CK_RV
get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *n)
{
        CALL;
        int r = enter_slot(&call, slot);

        (void)list;
        if (r == 0 && !n)
                r = -EINVAL;
        if (r == 0)
                *n = 0;
        return pdane_error_ckr(r);
}
/* NOLINTEND(readability-non-const-parameter) */

static CK_RV
get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
        CALL;
        int r = enter_slot(&call, slot);

        (void)type;
        if (r == 0)
                r = info ? -ENOTTY : -EINVAL;
        return pdane_error_ckr(r);
}

static CK_RV
open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
             CK_SESSION_HANDLE *session)
{
        CALL;
        int r = enter_slot(&call, slot);

        (void)application;
        (void)notify;
        if (r == 0 && !session)
                r = -EINVAL;
        if (r == 0 && !(flags & CKF_SERIAL_SESSION))
                r = -EPROTOTYPE;
        if (r == 0 && (flags & CKF_RW_SESSION))
                r = -EROFS;
        if (r == 0)
                r = pdane_session_open(&call.m->sessions, session);
        return pdane_error_ckr(r);
}

static CK_RV
close_session(CK_SESSION_HANDLE session)
{
        CALL;
        int r = pdane_module_enter(&call.m);

        if (r == 0)
                r = pdane_session_close(&call.m->sessions, session);
        return pdane_error_ckr(r);
}

static CK_RV
close_all_sessions(CK_SLOT_ID slot)
{
        CALL;
        int r = enter_slot(&call, slot);

        if (r == 0)
                pdane_session_table_clear(&call.m->sessions);
        return pdane_error_ckr(r);
}

static CK_RV
get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO *info)
{
        CALL;
        int r = enter_session(&call, session);

        if (r == 0 && !info)
                r = -EINVAL;
        if (r == 0)
                *info = (CK_SESSION_INFO){.slotID = PDANE_SLOT_ID,
                                          .state = CKS_RO_PUBLIC_SESSION,
                                          .flags = CKF_SERIAL_SESSION};
        return pdane_error_ckr(r);
}

static int
read_object(const struct pdane_object *o, CK_ATTRIBUTE *t, CK_ULONG n)
{
        struct pdane_item item = pdane_held_item(o->held);

        return pdane_object_read(o->class, &item, t, n);
}

static CK_RV
get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE *t, CK_ULONG n)
{
        CALL;
        const struct pdane_object *o;
        int r = enter_session(&call, session);

        if (r == 0 && !t && n > 0)
                r = -EINVAL;
        if (r == 0) {
                o = pdane_object_table_get(&call.m->objects, handle);
                r = o ? read_object(o, t, n) : -ENOENT;
        }
        return pdane_error_ckr(r);
}

static CK_RV
find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *t, CK_ULONG n)
{
        CALL;

        return pdane_error_ckr(pdane_search_start(session, t, n));
}

static CK_RV
find_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *n)
{
        CALL;
        int r = enter_session(&call, session);

        if (r == 0 && (!n || (!objects && max > 0)))
                r = -EINVAL;
        if (r == 0)
                r = pdane_session_next(&call.m->sessions, session, objects, max, n);
        return pdane_error_ckr(r);
}

static CK_RV
find_objects_final(CK_SESSION_HANDLE session)
{
        CALL;
        int r = pdane_module_enter(&call.m);

        if (r == 0)
                r = pdane_session_end(&call.m->sessions, session);
        return pdane_error_ckr(r);
}

static const CK_FUNCTION_LIST functions = {
        .version = {2, 40},
        .C_Initialize = initialize,
        .C_Finalize = finalize,
        .C_GetInfo = get_info,
        .C_GetFunctionList = C_GetFunctionList,
        .C_GetSlotList = get_slot_list,
        .C_GetSlotInfo = get_slot_info,
        .C_GetTokenInfo = get_token_info,
        .C_GetMechanismList = get_mechanism_list,
        .C_GetMechanismInfo = get_mechanism_info,
        .C_InitToken = pdane_unsupported_init_token,
        .C_InitPIN = pdane_unsupported_data,
        .C_SetPIN = pdane_unsupported_two_data,
        .C_OpenSession = open_session,
        .C_CloseSession = close_session,
        .C_CloseAllSessions = close_all_sessions,
        .C_GetSessionInfo = get_session_info,
        .C_GetOperationState = pdane_unsupported_output,
        .C_SetOperationState = pdane_unsupported_set_state,
        .C_Login = pdane_unsupported_login,
        .C_Logout = pdane_unsupported_session,
        .C_CreateObject = pdane_unsupported_create,
        .C_CopyObject = pdane_unsupported_copy,
        .C_DestroyObject = pdane_unsupported_object,
        .C_GetObjectSize = pdane_unsupported_size,
        .C_GetAttributeValue = get_attribute_value,
        .C_SetAttributeValue = pdane_unsupported_set,
        .C_FindObjectsInit = find_objects_init,
        .C_FindObjects = find_objects,
        .C_FindObjectsFinal = find_objects_final,
        .C_EncryptInit = pdane_unsupported_with_key,
        .C_Encrypt = pdane_unsupported_transform,
        .C_EncryptUpdate = pdane_unsupported_transform,
        .C_EncryptFinal = pdane_unsupported_output,
        .C_DecryptInit = pdane_unsupported_with_key,
        .C_Decrypt = pdane_unsupported_transform,
        .C_DecryptUpdate = pdane_unsupported_transform,
        .C_DecryptFinal = pdane_unsupported_output,
        .C_DigestInit = pdane_unsupported_digest_init,
        .C_Digest = pdane_unsupported_transform,
        .C_DigestUpdate = pdane_unsupported_data,
        .C_DigestKey = pdane_unsupported_object,
        .C_DigestFinal = pdane_unsupported_output,
        .C_SignInit = pdane_unsupported_with_key,
        .C_Sign = pdane_unsupported_transform,
        .C_SignUpdate = pdane_unsupported_data,
        .C_SignFinal = pdane_unsupported_output,
        .C_SignRecoverInit = pdane_unsupported_with_key,
        .C_SignRecover = pdane_unsupported_transform,
        .C_VerifyInit = pdane_unsupported_with_key,
        .C_Verify = pdane_unsupported_two_data,
        .C_VerifyUpdate = pdane_unsupported_data,
        .C_VerifyFinal = pdane_unsupported_data,
        .C_VerifyRecoverInit = pdane_unsupported_with_key,
        .C_VerifyRecover = pdane_unsupported_transform,
        .C_DigestEncryptUpdate = pdane_unsupported_transform,
        .C_DecryptDigestUpdate = pdane_unsupported_transform,
        .C_SignEncryptUpdate = pdane_unsupported_transform,
        .C_DecryptVerifyUpdate = pdane_unsupported_transform,
        .C_GenerateKey = pdane_unsupported_generate,
        .C_GenerateKeyPair = pdane_unsupported_generate_pair,
        .C_WrapKey = pdane_unsupported_wrap,
        .C_UnwrapKey = pdane_unsupported_unwrap,
        .C_DeriveKey = pdane_unsupported_derive,
        .C_SeedRandom = pdane_unsupported_data,
        .C_GenerateRandom = pdane_unsupported_data,
        .C_GetFunctionStatus = pdane_unsupported_parallel,
        .C_CancelFunction = pdane_unsupported_parallel,
        .C_WaitForSlotEvent = pdane_unsupported_wait_slot,
};

__attribute__((visibility("default"))) CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **list)
{
        if (!list)
                return CKR_ARGUMENTS_BAD;
        /* The type is not const, the list is: no client writes to it, and nobody else shall. */
        *list = (CK_FUNCTION_LIST *)(uintptr_t)&functions;
        return CKR_OK;
}
