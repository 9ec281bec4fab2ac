/* SPDX-License-Identifier: BSD-3-Clause */
/* What the module says of itself, and all that it does not do. */
#include "pkcs11_facts.h"

void
pkcs11_facts_ask(const CK_FUNCTION_LIST *list, struct fuzz_input *in, CK_SESSION_HANDLE session)
{
        CK_SLOT_ID slot = fuzz_u8(in) & 1, slots[2] = {77, 77};
        CK_ULONG n = fuzz_u8(in) % 3;
        CK_SLOT_INFO slot_info;
        CK_TOKEN_INFO token_info;
        CK_SESSION_INFO session_info;
        CK_MECHANISM_INFO mechanism_info;
        CK_INFO info;

        (void)list->C_GetInfo(&info);
        (void)list->C_GetSlotInfo(slot, &slot_info);
        (void)list->C_GetTokenInfo(slot, &token_info);
        (void)list->C_GetSessionInfo(session, &session_info);
        (void)list->C_GetMechanismInfo(slot, CKM_RSA_PKCS, &mechanism_info);
        if (list->C_GetSlotList(CK_TRUE, slots, &n) == CKR_OK)
                FUZZ_CHECK(n == 1 && slots[1] == 77);
        n = 5;
        if (list->C_GetMechanismList(slot, NULL, &n) == CKR_OK)
                FUZZ_CHECK(n == 0);
        (void)list->C_GetInfo(NULL);
        (void)list->C_GetSlotInfo(slot, NULL);
        (void)list->C_GetTokenInfo(slot, NULL);
        (void)list->C_GetSessionInfo(session, NULL);
        (void)list->C_GetMechanismInfo(slot, 0, NULL);
        (void)list->C_GetMechanismList(slot, NULL, NULL);
        (void)list->C_GetSlotList(CK_FALSE, NULL, NULL);
        (void)list->C_GetSlotList(CK_FALSE, NULL, &n);
}

/* Whatever it is, it is not done. */
#define REFUSED(call) FUZZ_CHECK(list->call == CKR_FUNCTION_NOT_SUPPORTED)

static void
ask_for_keys(const CK_FUNCTION_LIST *list, CK_SESSION_HANDLE session)
{
        CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
        CK_OBJECT_HANDLE key = 1;
        CK_ULONG n = 0;

        REFUSED(C_EncryptInit(session, &mechanism, 1));
        REFUSED(C_DigestInit(session, &mechanism));
        REFUSED(C_DigestKey(session, 1));
        REFUSED(C_Sign(session, NULL, 0, NULL, &n));
        REFUSED(C_SignFinal(session, NULL, NULL));
        REFUSED(C_Verify(session, NULL, 0, NULL, 0));
        REFUSED(C_VerifyUpdate(session, NULL, 0));
        REFUSED(C_GenerateKey(session, &mechanism, NULL, 0, &key));
        REFUSED(C_GenerateKeyPair(session, &mechanism, NULL, 0, NULL, 0, &key, &key));
        REFUSED(C_WrapKey(session, &mechanism, 1, 1, NULL, &n));
        REFUSED(C_UnwrapKey(session, &mechanism, 1, NULL, 0, NULL, 0, &key));
        REFUSED(C_DeriveKey(session, &mechanism, 1, NULL, 0, NULL));
        FUZZ_CHECK(key == 1 && n == 0);
}

void
pkcs11_facts_refused(const CK_FUNCTION_LIST *list, CK_SESSION_HANDLE session)
{
        CK_OBJECT_HANDLE object = 0;
        CK_ULONG n = 0;
        CK_SLOT_ID slot = 77;

        REFUSED(C_Login(session, CKU_USER, NULL, 0));
        REFUSED(C_Logout(session));
        REFUSED(C_InitToken(1, NULL, 0, NULL));
        REFUSED(C_SetPIN(session, NULL, 0, NULL, 0));
        REFUSED(C_SetOperationState(session, NULL, 0, 0, 0));
        REFUSED(C_CreateObject(session, NULL, 0, &object));
        REFUSED(C_CopyObject(session, 1, NULL, 0, &object));
        REFUSED(C_DestroyObject(session, 1));
        REFUSED(C_GetObjectSize(session, 1, &n));
        REFUSED(C_SetAttributeValue(session, 1, NULL, 0));
        REFUSED(C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL));
        FUZZ_CHECK(list->C_GetFunctionStatus(session) == CKR_FUNCTION_NOT_PARALLEL);
        FUZZ_CHECK(object == 0 && n == 0 && slot == 77);
        ask_for_keys(list, session);
}
