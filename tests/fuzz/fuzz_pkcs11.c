/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sequence of PKCS#11 calls, with a daemon that answers from the input (fake_channel.h) and
 * memory that may fail (faults.h), in a process that forks and has other threads
 * (pkcs11_process.h). First byte: which verifier's libraries are mapped; then the faults' three;
 * then calls. While one waits for the daemon others may follow. However it goes, what is found was
 * meant by the template, was said by the daemon, and has the length that it says.
 */
#include "fuzz.h"

#include <errno.h>

#include "fake_channel.h"
#include "faults.h"
#include "pkcs11/client_kind.h"
#include "pkcs11/cryptoki.h"
#include "pkcs11_facts.h"
#include "pkcs11_fill.h"
#include "pkcs11_process.h"
#include "pkcs11_search.h"

#define TEMPLATE_MAX 64u
#define ATTRIBUTES_MAX 70u /* some more than are read */
#define SESSIONS 4u
#define FOUND_MAX 16u

struct pdane_mapped __wrap_pdane_mapped_scan(void);

static CK_FUNCTION_LIST *list;
static struct pdane_mapped mapped;
static CK_SESSION_HANDLE sessions[SESSIONS];
static struct fuzz_input whole; /* everything that anybody says is in it */
static bool asked_for_trust;
static struct fuzz_input calls;   /* that are left */
static unsigned depth;            /* calls while one waits */
static uint64_t others_ms;        /* that these took */
static CK_SESSION_HANDLE waiting; /* the session of the one that waits */

static const CK_ATTRIBUTE_TYPE types[] = {
        CKA_CLASS,
        CKA_ISSUER,
        CKA_SERIAL_NUMBER,
        CKA_SUBJECT,
        CKA_VALUE,
        CKA_TRUSTED,
        CKA_TOKEN,
        CKA_CERTIFICATE_TYPE,
        CKA_CERTIFICATE_CATEGORY,
        CKA_LABEL,
        CKA_ID,
        CKA_PRIVATE,
        CKA_MODIFIABLE,
        CKA_PUBLIC_KEY_INFO,
        PDANE_CKA_TRUST_SERVER_AUTH,
        PDANE_CKA_HASH_OF_CERTIFICATE,
        PDANE_CKA_NAME_HASH_ALGORITHM,
        PDANE_CKA_NSS_TRUST_SERVER_AUTH,
        PDANE_CKA_NSS_TRUST_STEP_UP,
        PDANE_CKA_NSS_CERT_SHA1,
        CKA_APPLICATION,
};
#define TYPES (sizeof types / sizeof *types)

static const CK_ULONG numbers[] = {
        CKO_CERTIFICATE, PDANE_CKO_TRUST, PDANE_CKO_NSS_TRUST, CKC_X_509, 0, 2};
static const CK_BBOOL booleans[] = {CK_TRUE, CK_FALSE};
/* What the seeds' items hold, so that a template can mean them. */
static const uint8_t dn[] = "\x30\x17\x31\x15\x30\x13\x06\x03\x55\x04\x03\x0c\x0chost.example";
static const uint8_t serial[] = "\x02\x01\x05";
static const uint8_t value[] = "\x30\x03\x02\x01\x01";

struct pdane_mapped
__wrap_pdane_mapped_scan(void)
{
        return mapped;
}

/* Steps of one call fail, and of those that are made while it waits. */
static void
faults_on(void)
{
        if (depth == 0)
                fuzz_faults_start();
}

static void
faults_off(void)
{
        if (depth == 0)
                (void)fuzz_faults_stop();
}

/* ---- templates ---- */

static void
read_attribute(struct fuzz_input *in, CK_ATTRIBUTE *a)
{
        uint8_t kind = fuzz_u8(in);
        struct fuzz_input own;

        a->type = types[kind % TYPES];
        kind = fuzz_u8(in);
        switch (kind >> 5) {
        case 0:
                a->pValue = (void *)(uintptr_t)&numbers[kind % 6];
                a->ulValueLen = sizeof numbers[0];
                return;
        case 1:
                a->pValue = (void *)(uintptr_t)&booleans[kind % 2];
                a->ulValueLen = 1;
                return;
        case 2:
                a->pValue = (void *)(uintptr_t)dn;
                a->ulValueLen = sizeof dn - 1;
                return;
        case 3: /* as DER INTEGER, or as content octets */
                a->pValue = (void *)(uintptr_t)(serial + (kind & 1 ? 2 : 0));
                a->ulValueLen = kind & 1 ? 1 : 3;
                return;
        case 4:
                a->pValue = (void *)(uintptr_t)value;
                a->ulValueLen = sizeof value - 1;
                return;
        case 5:
                a->pValue = NULL;
                a->ulValueLen = kind & 1;
                return;
        default:
                own = fuzz_blob(in);
                a->pValue = (void *)(uintptr_t)own.data;
                a->ulValueLen = own.len;
                return;
        }
}

static const CK_ATTRIBUTE *
find(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type)
{
        for (CK_ULONG i = 0; i < n; i++)
                if (t[i].type == type && t[i].pValue && t[i].ulValueLen > 0)
                        return &t[i];
        return NULL;
}

static CK_ULONG
class_of(const CK_ATTRIBUTE *t, CK_ULONG n)
{
        const CK_ATTRIBUTE *a = find(t, n, CKA_CLASS);
        CK_ULONG class = (CK_ULONG)-1;

        if (a && a->ulValueLen == sizeof class)
                memcpy(&class, a->pValue, sizeof class);
        return class;
}

/* Design section 5: one certificate is meant, or nothing is found. */
static bool
means_one(const CK_ATTRIBUTE *t, CK_ULONG n)
{
        return find(t, n, CKA_SUBJECT) || find(t, n, CKA_VALUE) ||
               (find(t, n, CKA_ISSUER) && find(t, n, CKA_SERIAL_NUMBER));
}

/* ---- objects ---- */

/* Asked for its length, with room for it, with too little room: the same answer each time. */
static CK_ULONG
read_whole(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
           uint8_t *buffer, size_t cap)
{
        CK_ATTRIBUTE a = {.type = type};
        CK_RV rv = list->C_GetAttributeValue(session, object, &a, 1);
        CK_ULONG n = a.ulValueLen;

        if (rv != CKR_OK) {
                FUZZ_CHECK(n == PDANE_NO_LENGTH && rv == CKR_ATTRIBUTE_TYPE_INVALID);
                return n;
        }
        FUZZ_CHECK(n < cap);
        buffer[n] = 0x5a;
        a.pValue = buffer;
        FUZZ_CHECK(list->C_GetAttributeValue(session, object, &a, 1) == CKR_OK &&
                   a.ulValueLen == n && buffer[n] == 0x5a);
        if (n > 0) {
                a.ulValueLen = n - 1;
                FUZZ_CHECK(list->C_GetAttributeValue(session, object, &a, 1) ==
                                   CKR_BUFFER_TOO_SMALL &&
                           a.ulValueLen == PDANE_NO_LENGTH);
        }
        return n;
}

static bool
same_serial(const CK_ATTRIBUTE *a, const uint8_t *have, CK_ULONG n)
{
        const uint8_t *want = a->pValue;

        if (a->ulValueLen == n && memcmp(want, have, n) == 0)
                return true;
        return n > 2 && a->ulValueLen == n - 2 && memcmp(want, have + 2, n - 2) == 0;
}

/* It is what the template means, and what the daemon said. */
static void
check_object(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *t, CK_ULONG n)
{
        static const CK_ATTRIBUTE_TYPE said[] = {CKA_ISSUER, CKA_SERIAL_NUMBER,   CKA_SUBJECT,
                                                 CKA_VALUE,  CKA_PUBLIC_KEY_INFO, CKA_ID};
        static uint8_t buffer[1 << 16];

        for (CK_ULONG i = 0; i < n; i++) {
                CK_ULONG have = read_whole(session, object, t[i].type, buffer, sizeof buffer);

                FUZZ_CHECK(have != PDANE_NO_LENGTH);
                if (t[i].type == CKA_SERIAL_NUMBER)
                        FUZZ_CHECK(same_serial(&t[i], buffer, have));
                else
                        FUZZ_CHECK(t[i].ulValueLen == have &&
                                   (have == 0 || memcmp(t[i].pValue, buffer, have) == 0));
        }
        for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
                CK_ULONG have = read_whole(session, object, said[i], buffer, sizeof buffer);

                if (have != PDANE_NO_LENGTH)
                        FUZZ_CHECK(memmem(whole.data, whole.len, buffer, have));
        }
        for (size_t i = 0; i < TYPES; i++)
                (void)read_whole(session, object, types[i], buffer, sizeof buffer);
}

static void
check_found(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *t, CK_ULONG n, bool closed)
{
        CK_OBJECT_HANDLE found[FOUND_MAX];
        CK_ULONG class = class_of(t, n), count = 0;

        FUZZ_CHECK(list->C_FindObjects(session, found, FOUND_MAX, &count) == CKR_OK);
        FUZZ_CHECK(count < FOUND_MAX);
        FUZZ_CHECK(count == 0 || means_one(t, n));
        FUZZ_CHECK(count == 0 || class == CKO_CERTIFICATE || class == PDANE_CKO_TRUST ||
                   class == PDANE_CKO_NSS_TRUST);
        if (class == PDANE_CKO_NSS_TRUST && closed)
                FUZZ_CHECK(count == 0);
        for (CK_ULONG i = 0; i < count; i++)
                check_object(session, found[i], t, n);
        FUZZ_CHECK(list->C_FindObjects(session, found, FOUND_MAX, &count) == CKR_OK && count == 0);
}

static void
search(struct fuzz_input *in, CK_SESSION_HANDLE session)
{
        CK_ATTRIBUTE t[ATTRIBUTES_MAX];
        CK_ULONG n = fuzz_pick(in, ATTRIBUTES_MAX);
        bool check = fuzz_u8(in) & 1, closed = asked_for_trust;
        uint64_t start = fake_channel_now_ms(), others = others_ms;
        CK_OBJECT_HANDLE found[1];
        CK_RV rv;

        for (CK_ULONG i = 0; i < n; i++)
                read_attribute(in, &t[i]);
        fake_channel_script(fuzz_blob(in));
        faults_on();
        if (depth == 0)
                waiting = session;
        rv = list->C_FindObjectsInit(session, n || !check ? t : NULL, n);
        faults_off();
        FUZZ_CHECK(depth == 0 || session != waiting || rv != CKR_OK);
        FUZZ_CHECK(fake_channel_now_ms() - start - (others_ms - others) <= 11000);
        FUZZ_CHECK(fake_channel_requests() == 0 || (means_one(t, n) && n <= TEMPLATE_MAX));
        if (class_of(t, n) == PDANE_CKO_TRUST && n <= TEMPLATE_MAX && rv == CKR_OK)
                asked_for_trust = true;
        if (rv != CKR_OK)
                return;
        FUZZ_CHECK(list->C_FindObjectsInit(session, NULL, 0) == CKR_OPERATION_ACTIVE);
        if (!check)
                return;
        check_found(session, t, n, closed);
        FUZZ_CHECK(list->C_FindObjectsFinal(session) == CKR_OK);
        FUZZ_CHECK(list->C_FindObjects(session, found, 1, &n) == CKR_OPERATION_NOT_INITIALIZED &&
                   list->C_FindObjectsFinal(session) == CKR_OPERATION_NOT_INITIALIZED);
}

/* ---- the other calls ---- */

static void
initialize(struct fuzz_input *in)
{
        uint8_t how = fuzz_u8(in);
        CK_C_INITIALIZE_ARGS args = {.flags = how & 3};

        if (how & 8)
                args.CreateMutex = (CK_CREATEMUTEX)(uintptr_t)abort;
        if (how & 16) {
                args.DestroyMutex = args.LockMutex = args.UnlockMutex =
                        (CK_DESTROYMUTEX)(uintptr_t)abort;
        }
        faults_on();
        (void)list->C_Initialize(how & 4 ? &args : NULL);
        faults_off();
}

/* Any handle, several attributes at once. */
static void
read_any(struct fuzz_input *in, CK_SESSION_HANDLE session)
{
        uint8_t room[64];
        CK_ATTRIBUTE t[4];
        CK_ULONG n = fuzz_pick(in, 5);
        CK_OBJECT_HANDLE object = fuzz_u8(in);

        for (CK_ULONG i = 0; i < n; i++)
                t[i] = (CK_ATTRIBUTE){types[fuzz_pick(in, TYPES)], room, fuzz_u8(in) % sizeof room};
        (void)list->C_GetAttributeValue(session, object, t, n);
        (void)list->C_GetAttributeValue(session, object, NULL, n);
}

static void
open_session(struct fuzz_input *in, CK_SESSION_HANDLE *ret)
{
        static const CK_FLAGS flags[] = {CKF_SERIAL_SESSION, CKF_SERIAL_SESSION | CKF_RW_SESSION,
                                         CKF_RW_SESSION, 0};
        uint8_t how = fuzz_u8(in);

        faults_on();
        (void)list->C_OpenSession(how & 8 ? 0 : 1, flags[how & 3], NULL, NULL,
                                  how & 4 ? NULL : ret);
        faults_off();
}

/* Nothing of the parent's is the child's. */
static void
fork_now(struct fuzz_input *in)
{
        uint8_t how = fuzz_u8(in);
        CK_SESSION_INFO info;

        pkcs11_process_fork(how & 1);
        FUZZ_CHECK(list->C_GetSessionInfo(sessions[0], &info) == CKR_CRYPTOKI_NOT_INITIALIZED &&
                   list->C_Finalize(NULL) == CKR_CRYPTOKI_NOT_INITIALIZED);
        if (how & 2)
                return;
        FUZZ_CHECK(list->C_Initialize(NULL) == CKR_OK);
        for (unsigned i = 0; i < SESSIONS; i++)
                FUZZ_CHECK(list->C_GetSessionInfo(sessions[i], &info) ==
                           CKR_SESSION_HANDLE_INVALID);
}

/* What belongs to a session and its search. */
static void
call_session(struct fuzz_input *in, unsigned op, CK_SESSION_HANDLE *session)
{
        CK_OBJECT_HANDLE found[2];
        CK_ULONG n;

        switch (op) {
        case 2:
                open_session(in, session);
                break;
        case 3:
                (void)list->C_CloseSession(*session);
                break;
        case 4:
                (void)list->C_CloseAllSessions(1);
                break;
        case 5:
                (void)list->C_FindObjects(*session, found, fuzz_u8(in) % 3, &n);
                (void)list->C_FindObjects(*session, NULL, 1, NULL);
                break;
        case 6:
                (void)list->C_FindObjectsFinal(*session);
                break;
        case 9:
                read_any(in, *session);
                break;
        default:
                search(in, *session);
                break;
        }
}

/* What belongs to the process; not while one waits. */
static void
call_process(struct fuzz_input *in, unsigned op, CK_SESSION_HANDLE session)
{
        CK_INFO info;

        switch (op) {
        case 10:
                fake_channel_pass_ms((uint64_t)fuzz_u16(in) * 16);
                break;
        case 14:
                fork_now(in);
                break;
        case 15:
                pkcs11_fill_searches(list, session, in);
                break;
        case 16:
                pkcs11_fill_sessions(list);
                break;
        case 17:
                pkcs11_process_starts(fuzz_u8(in) & 1);
                break;
        case 18:
                pkcs11_process_stops();
                FUZZ_CHECK(list->C_GetInfo(&info) == CKR_CRYPTOKI_NOT_INITIALIZED);
                break;
        case 19:
                pkcs11_process_age();
                break;
        default:
                fake_channel_place(fuzz_u8(in));
                break;
        }
}

static void
call(struct fuzz_input *in)
{
        unsigned op = fuzz_pick(in, 21), at = fuzz_pick(in, SESSIONS);

        if (op == 0)
                initialize(in);
        else if (op == 1)
                (void)list->C_Finalize(at == 3 ? list : NULL);
        else if (op == 7)
                pkcs11_facts_ask(list, in, sessions[at]);
        else if (op == 8)
                pkcs11_facts_refused(list, sessions[at]);
        else if (op != 10 && op < 14)
                call_session(in, op, &sessions[at]);
        else if (depth == 0)
                call_process(in, op, sessions[at]);
}

/* Another thread. */
static void
meanwhile(void)
{
        uint64_t start = fake_channel_now_ms();

        if (depth > 0)
                return;
        depth++;
        call(&calls);
        depth--;
        others_ms += fake_channel_now_ms() - start;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        uint8_t libraries;
        int eighth = fake_channel_free();

        calls = whole = (struct fuzz_input){data, len};
        libraries = fuzz_u8(&calls);
        mapped = (struct pdane_mapped){
                .xul = libraries & 1, .ssl3 = libraries & 2, .nss3 = libraries & 4};
        fuzz_faults_read(&calls);
        memset(sessions, 0, sizeof sessions);
        pkcs11_search_forget();
        pkcs11_process_begin();
        pkcs11_fill_begin();
        fake_channel_place(0);
        fake_channel_meanwhile(meanwhile);
        asked_for_trust = false;
        FUZZ_CHECK(C_GetFunctionList(NULL) == CKR_ARGUMENTS_BAD &&
                   C_GetFunctionList(&list) == CKR_OK);
        if (!(libraries & 8))
                (void)list->C_Initialize(NULL);
        errno = ETXTBSY;
        for (unsigned n = 0; calls.len > 0 && n < 100; n++) {
                call(&calls);
                FUZZ_CHECK(errno == ETXTBSY);
        }
        (void)list->C_Finalize(NULL);
        pkcs11_process_end();
        FUZZ_CHECK(fake_channel_free() == eighth);
        return 0;
}
