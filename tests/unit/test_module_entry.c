/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "module_limits.h"
#include "slot.h"
#include "test_module_client.h"

static CK_FUNCTION_LIST *p11;

static int
start(void **state)
{
        (void)state;
        setenv("P11_DANE_SOCKET", "/nonexistent/p11-dane/socket", 1);
        return C_GetFunctionList(&p11) == CKR_OK && p11->C_Initialize(NULL) == CKR_OK ? 0 : -1;
}

static int
stop(void **state)
{
        (void)state;
        return p11->C_Finalize(NULL) == CKR_OK ? 0 : -1;
}

static void
test_function_list(void **state)
{
        CK_FUNCTION_LIST *list = NULL;
        void *const *functions;
        size_t first = offsetof(CK_FUNCTION_LIST, C_Initialize);

        (void)state;
        assert_int_equal(C_GetFunctionList(NULL), CKR_ARGUMENTS_BAD);
        assert_int_equal(C_GetFunctionList(&list), CKR_OK);
        assert_int_equal(list->version.major, 2);
        assert_int_equal(list->version.minor, 40);
        assert_ptr_equal(list->C_GetFunctionList, C_GetFunctionList);
        functions = (void *const *)(const void *)((const char *)list + first);
        for (size_t i = 0; i < (sizeof(*list) - first) / sizeof(void *); i++)
                assert_non_null(functions[i]);
}

static CK_RV
mutex_create(void **m)
{
        (void)m;
        return CKR_GENERAL_ERROR;
}

static CK_RV
mutex_use(void *m)
{
        (void)m;
        return CKR_GENERAL_ERROR;
}

static CK_RV
initialize(CK_FLAGS flags, bool mutexes, void *pReserved)
{
        CK_C_INITIALIZE_ARGS args = {.flags = flags, .pReserved = pReserved};
        CK_RV rv;

        if (mutexes) {
                args.CreateMutex = mutex_create;
                args.DestroyMutex = args.LockMutex = args.UnlockMutex = mutex_use;
        }
        rv = p11->C_Initialize(&args);
        if (rv == CKR_OK)
                assert_int_equal(p11->C_Finalize(NULL), CKR_OK);
        return rv;
}

static void
test_initialize(void **state)
{
        CK_C_INITIALIZE_ARGS half = {.CreateMutex = mutex_create, .flags = CKF_OS_LOCKING_OK};
        char text[] = "configuration";

        (void)state;
        assert_int_equal(C_GetFunctionList(&p11), CKR_OK);
        assert_int_equal(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
        /* p11-kit, NSS, GnuTLS. */
        assert_int_equal(initialize(0, false, NULL), CKR_OK);
        assert_int_equal(initialize(CKF_OS_LOCKING_OK, true, NULL), CKR_OK);
        assert_int_equal(
                initialize(CKF_OS_LOCKING_OK | CKF_LIBRARY_CANT_CREATE_OS_THREADS, true, text),
                CKR_OK);
        assert_int_equal(
                initialize(CKF_OS_LOCKING_OK | CKF_LIBRARY_CANT_CREATE_OS_THREADS, false, NULL),
                CKR_OK);
        assert_int_equal(initialize(0, true, NULL), CKR_CANT_LOCK);
        assert_int_equal(p11->C_Initialize(&half), CKR_ARGUMENTS_BAD);
        assert_int_equal(p11->C_Initialize(NULL), CKR_OK);
        assert_int_equal(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
        assert_int_equal(p11->C_Finalize(p11), CKR_ARGUMENTS_BAD);
        assert_int_equal(p11->C_Finalize(NULL), CKR_OK);
}

static void
test_not_initialized(void **state)
{
        CK_SESSION_HANDLE s;
        CK_ULONG n = 0;
        CK_INFO info;

        (void)state;
        assert_int_equal(C_GetFunctionList(&p11), CKR_OK);
        assert_int_equal(p11->C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
        assert_int_equal(p11->C_GetSlotList(CK_TRUE, NULL, &n), CKR_CRYPTOKI_NOT_INITIALIZED);
        assert_int_equal(p11->C_OpenSession(PDANE_SLOT_ID, CKF_SERIAL_SESSION, NULL, NULL, &s),
                         CKR_CRYPTOKI_NOT_INITIALIZED);
        assert_int_equal(p11->C_FindObjectsInit(1, NULL, 0), CKR_CRYPTOKI_NOT_INITIALIZED);
        assert_int_equal(p11->C_FindObjects(1, NULL, 0, &n), CKR_CRYPTOKI_NOT_INITIALIZED);
        assert_int_equal(p11->C_FindObjectsFinal(1), CKR_CRYPTOKI_NOT_INITIALIZED);
        assert_int_equal(p11->C_GetAttributeValue(1, 1, NULL, 0), CKR_CRYPTOKI_NOT_INITIALIZED);
        assert_int_equal(p11->C_CloseSession(1), CKR_CRYPTOKI_NOT_INITIALIZED);
        assert_int_equal(p11->C_CloseAllSessions(PDANE_SLOT_ID), CKR_CRYPTOKI_NOT_INITIALIZED);
}

static void
test_slot_calls(void **state)
{
        CK_SLOT_ID slots[2];
        CK_ULONG n = 0;
        CK_INFO info;
        CK_SLOT_INFO slot;
        CK_TOKEN_INFO token;
        CK_MECHANISM_INFO mechanism;

        (void)state;
        assert_int_equal(p11->C_GetInfo(NULL), CKR_ARGUMENTS_BAD);
        assert_int_equal(p11->C_GetInfo(&info), CKR_OK);
        assert_int_equal(p11->C_GetSlotList(CK_TRUE, NULL, NULL), CKR_ARGUMENTS_BAD);
        assert_int_equal(p11->C_GetSlotList(CK_TRUE, slots, &n), CKR_BUFFER_TOO_SMALL);
        assert_int_equal(n, 1);
        assert_int_equal(p11->C_GetSlotList(CK_FALSE, slots, &n), CKR_OK);
        assert_int_equal(slots[0], PDANE_SLOT_ID);
        assert_int_equal(p11->C_GetSlotInfo(PDANE_SLOT_ID, &slot), CKR_OK);
        assert_int_equal(p11->C_GetSlotInfo(PDANE_SLOT_ID, NULL), CKR_ARGUMENTS_BAD);
        assert_int_equal(p11->C_GetSlotInfo(PDANE_SLOT_ID + 1, &slot), CKR_SLOT_ID_INVALID);
        assert_int_equal(p11->C_GetTokenInfo(PDANE_SLOT_ID, &token), CKR_OK);
        assert_int_equal(p11->C_GetTokenInfo(PDANE_SLOT_ID, NULL), CKR_ARGUMENTS_BAD);
        assert_int_equal(p11->C_GetTokenInfo(0, &token), CKR_SLOT_ID_INVALID);
        n = 5;
        assert_int_equal(p11->C_GetMechanismList(PDANE_SLOT_ID, NULL, &n), CKR_OK);
        assert_int_equal(n, 0);
        assert_int_equal(p11->C_GetMechanismList(PDANE_SLOT_ID, NULL, NULL), CKR_ARGUMENTS_BAD);
        assert_int_equal(p11->C_GetMechanismList(7, NULL, &n), CKR_SLOT_ID_INVALID);
        assert_int_equal(p11->C_GetMechanismInfo(PDANE_SLOT_ID, CKM_SHA256, &mechanism),
                         CKR_MECHANISM_INVALID);
        assert_int_equal(p11->C_GetMechanismInfo(PDANE_SLOT_ID, CKM_SHA256, NULL),
                         CKR_ARGUMENTS_BAD);
}

static void
test_session_calls(void **state)
{
        CK_SESSION_HANDLE s, more;
        CK_SESSION_INFO info;

        (void)state;
        assert_int_equal(p11->C_OpenSession(PDANE_SLOT_ID, CKF_SERIAL_SESSION, NULL, NULL, NULL),
                         CKR_ARGUMENTS_BAD);
        assert_int_equal(p11->C_OpenSession(9, CKF_SERIAL_SESSION, NULL, NULL, &s),
                         CKR_SLOT_ID_INVALID);
        assert_int_equal(p11->C_OpenSession(PDANE_SLOT_ID, 0, NULL, NULL, &s),
                         CKR_SESSION_PARALLEL_NOT_SUPPORTED);
        assert_int_equal(p11->C_OpenSession(PDANE_SLOT_ID, CKF_SERIAL_SESSION | CKF_RW_SESSION,
                                            NULL, NULL, &s),
                         CKR_TOKEN_WRITE_PROTECTED);
        s = open_session(p11);
        assert_int_equal(p11->C_GetSessionInfo(s, NULL), CKR_ARGUMENTS_BAD);
        assert_int_equal(p11->C_GetSessionInfo(s + 1, &info), CKR_SESSION_HANDLE_INVALID);
        assert_int_equal(p11->C_GetSessionInfo(s, &info), CKR_OK);
        assert_int_equal(info.slotID, PDANE_SLOT_ID);
        assert_int_equal(info.state, CKS_RO_PUBLIC_SESSION);
        assert_int_equal(info.flags, CKF_SERIAL_SESSION);
        for (unsigned i = 1; i < PDANE_SESSIONS_MAX; i++)
                (void)open_session(p11);
        assert_int_equal(p11->C_OpenSession(PDANE_SLOT_ID, CKF_SERIAL_SESSION, NULL, NULL, &more),
                         CKR_SESSION_COUNT);
        assert_int_equal(p11->C_CloseAllSessions(4), CKR_SLOT_ID_INVALID);
        assert_int_equal(p11->C_CloseSession(s), CKR_OK);
        assert_int_equal(p11->C_CloseSession(s), CKR_SESSION_HANDLE_INVALID);
        assert_int_equal(p11->C_CloseAllSessions(PDANE_SLOT_ID), CKR_OK);
        assert_int_equal(p11->C_CloseSession(s + 1), CKR_SESSION_HANDLE_INVALID);
}

static void
test_search_calls(void **state)
{
        CK_SESSION_HANDLE s = open_session(p11);
        CK_ATTRIBUTE unreadable = {CKA_SUBJECT, NULL, 4}, strange = {0x87654321UL, NULL, 0};
        CK_OBJECT_HANDLE h;
        CK_ULONG n;

        (void)state;
        assert_int_equal(p11->C_FindObjectsInit(s, NULL, 1), CKR_ARGUMENTS_BAD);
        assert_int_equal(p11->C_FindObjectsInit(s, &unreadable, 1), CKR_ARGUMENTS_BAD);
        assert_int_equal(p11->C_FindObjectsInit(s + 1, NULL, 0), CKR_SESSION_HANDLE_INVALID);
        assert_int_equal(p11->C_FindObjects(s, &h, 1, &n), CKR_OPERATION_NOT_INITIALIZED);
        assert_int_equal(p11->C_FindObjectsFinal(s), CKR_OPERATION_NOT_INITIALIZED);
        assert_int_equal(p11->C_FindObjectsInit(s, &strange, 1), CKR_OK);
        assert_int_equal(p11->C_FindObjectsInit(s, NULL, 0), CKR_OPERATION_ACTIVE);
        assert_int_equal(p11->C_FindObjects(s, NULL, 1, &n), CKR_ARGUMENTS_BAD);
        assert_int_equal(p11->C_FindObjects(s, &h, 1, NULL), CKR_ARGUMENTS_BAD);
        assert_int_equal(p11->C_FindObjects(s + 1, &h, 1, &n), CKR_SESSION_HANDLE_INVALID);
        assert_int_equal(p11->C_FindObjects(s, &h, 1, &n), CKR_OK);
        assert_int_equal(n, 0);
        assert_int_equal(p11->C_FindObjectsFinal(s + 1), CKR_SESSION_HANDLE_INVALID);
        assert_int_equal(p11->C_FindObjectsFinal(s), CKR_OK);
        assert_int_equal(p11->C_GetAttributeValue(s + 1, 1, &strange, 1),
                         CKR_SESSION_HANDLE_INVALID);
        assert_int_equal(p11->C_GetAttributeValue(s, 1, NULL, 1), CKR_ARGUMENTS_BAD);
        assert_int_equal(p11->C_GetAttributeValue(s, 1, &strange, 1), CKR_OBJECT_HANDLE_INVALID);
        assert_int_equal(p11->C_CloseSession(s), CKR_OK);
}

static void
test_unsupported(void **state)
{
        CK_SESSION_HANDLE s = open_session(p11);
        CK_SLOT_ID slot;
        unsigned char byte = 0;

        (void)state;
        assert_int_equal(p11->C_Login(s, 1, NULL, 0), CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(p11->C_CreateObject(s, NULL, 0, NULL), CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(p11->C_DestroyObject(s, 1), CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(p11->C_SetAttributeValue(s, 1, NULL, 0), CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(p11->C_InitToken(PDANE_SLOT_ID, NULL, 0, NULL),
                         CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(p11->C_GenerateRandom(s, &byte, 1), CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(p11->C_WaitForSlotEvent(0, &slot, NULL), CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(p11->C_GetFunctionStatus(s), CKR_FUNCTION_NOT_PARALLEL);
        assert_int_equal(p11->C_CancelFunction(s), CKR_FUNCTION_NOT_PARALLEL);
        assert_int_equal(p11->C_CloseSession(s), CKR_OK);
}

static void
test_errno_is_kept(void **state)
{
        struct pdane_item item = sample_item(1, 0, PDANE_TRUST_NONE);
        CK_SESSION_HANDLE s = open_session(p11);
        struct template t = gnutls_by_subject(item.subject);

        (void)state;
        errno = 77;
        /* connect() fails in here. */
        assert_int_equal(p11->C_FindObjectsInit(s, t.t, t.n), CKR_OK);
        assert_int_equal(errno, 77);
        assert_int_equal(p11->C_FindObjectsFinal(s), CKR_OK);
        assert_int_equal(errno, 77);
        assert_int_equal(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
        assert_int_equal(errno, 77);
        assert_int_equal(p11->C_CloseSession(s), CKR_OK);
        assert_int_equal(errno, 77);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_function_list),
                cmocka_unit_test(test_initialize),
                cmocka_unit_test(test_not_initialized),
                cmocka_unit_test_setup_teardown(test_slot_calls, start, stop),
                cmocka_unit_test_setup_teardown(test_session_calls, start, stop),
                cmocka_unit_test_setup_teardown(test_search_calls, start, stop),
                cmocka_unit_test_setup_teardown(test_unsupported, start, stop),
                cmocka_unit_test_setup_teardown(test_errno_is_kept, start, stop),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
