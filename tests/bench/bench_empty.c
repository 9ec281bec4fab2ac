/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The least that a PKCS#11 module with one token can be: it has the flags of ours, takes no lock,
 * keeps nothing and finds nothing. What a client takes with it more than without is the client's
 * own work for one more token.
 */
#include <stddef.h>
#include <string.h>

#include "cryptoki.h"

#define SLOT 1u
#define SESSION 1u

static const char name[] = "empty";

static void
put_text(unsigned char *to, size_t width)
{
        memset(to, ' ', width);
        memcpy(to, name, sizeof(name) - 1);
}

static CK_RV
nothing(void *unused)
{
        (void)unused;
        return CKR_OK;
}

static CK_RV
get_info(CK_INFO *info)
{
        *info = (CK_INFO){.cryptokiVersion = {2, 40}};
        put_text(info->manufacturerID, sizeof(info->manufacturerID));
        put_text(info->libraryDescription, sizeof(info->libraryDescription));
        return CKR_OK;
}

static CK_RV
get_slot_list(CK_BBOOL token_present, CK_SLOT_ID *list, CK_ULONG *n)
{
        (void)token_present;
        if (list && *n < 1)
                return CKR_BUFFER_TOO_SMALL;
        if (list)
                list[0] = SLOT;
        *n = 1;
        return CKR_OK;
}

static CK_RV
get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
        (void)slot;
        *info = (CK_SLOT_INFO){.flags = CKF_TOKEN_PRESENT};
        put_text(info->slotDescription, sizeof(info->slotDescription));
        put_text(info->manufacturerID, sizeof(info->manufacturerID));
        return CKR_OK;
}

static CK_RV
get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
        (void)slot;
        *info = (CK_TOKEN_INFO){.flags = CKF_TOKEN_INITIALIZED | CKF_WRITE_PROTECTED,
                                .ulMaxSessionCount = 1024};
        put_text(info->label, sizeof(info->label));
        put_text(info->manufacturerID, sizeof(info->manufacturerID));
        put_text(info->model, sizeof(info->model));
        put_text(info->serialNumber, sizeof(info->serialNumber));
        return CKR_OK;
}

/* NOLINTBEGIN(readability-non-const-parameter): the types are PKCS#11's. */
static CK_RV
get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *n)
{
        (void)slot;
        (void)list;
        *n = 0;
        return CKR_OK;
}

static CK_RV
open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
             CK_SESSION_HANDLE *session)
{
        (void)slot;
        (void)flags;
        (void)application;
        (void)notify;
        *session = SESSION;
        return CKR_OK;
}

static CK_RV
one_session(CK_SESSION_HANDLE session)
{
        (void)session;
        return CKR_OK;
}

static CK_RV
close_all_sessions(CK_SLOT_ID slot)
{
        (void)slot;
        return CKR_OK;
}

static CK_RV
get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO *info)
{
        (void)session;
        *info = (CK_SESSION_INFO){
                .slotID = SLOT, .state = CKS_RO_PUBLIC_SESSION, .flags = CKF_SERIAL_SESSION};
        return CKR_OK;
}

static CK_RV
get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t, CK_ULONG n)
{
        (void)session;
        (void)object;
        (void)t;
        (void)n;
        return CKR_OBJECT_HANDLE_INVALID;
}

static CK_RV
find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *t, CK_ULONG n)
{
        (void)session;
        (void)t;
        (void)n;
        return CKR_OK;
}

static CK_RV
find_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *n)
{
        (void)session;
        (void)objects;
        (void)max;
        *n = 0;
        return CKR_OK;
}
/* NOLINTEND(readability-non-const-parameter) */

__attribute__((visibility("default"))) CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **list)
{
        /* What is not here is called by nobody who looks for certificates. */
        static CK_FUNCTION_LIST functions = {
                .version = {2, 40},
                .C_Initialize = nothing,
                .C_Finalize = nothing,
                .C_GetInfo = get_info,
                .C_GetFunctionList = C_GetFunctionList,
                .C_GetSlotList = get_slot_list,
                .C_GetSlotInfo = get_slot_info,
                .C_GetTokenInfo = get_token_info,
                .C_GetMechanismList = get_mechanism_list,
                .C_OpenSession = open_session,
                .C_CloseSession = one_session,
                .C_CloseAllSessions = close_all_sessions,
                .C_GetSessionInfo = get_session_info,
                .C_GetAttributeValue = get_attribute_value,
                .C_FindObjectsInit = find_objects_init,
                .C_FindObjects = find_objects,
                .C_FindObjectsFinal = one_session,
        };

        *list = &functions;
        return CKR_OK;
}
