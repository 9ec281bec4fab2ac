/* SPDX-License-Identifier: BSD-3-Clause */
/* Many searches and many sessions. */
#include "pkcs11_fill.h"

#include "common/wire.h"
#include "fake_channel.h"
#include "pkcs11/module_limits.h"

#define SEARCHES_MAX 400u
#define BYTES_MAX ((size_t)4 << 20)

static struct {
        size_t searches, bytes; /* that are left */
        bool sessions;
} work;

static const uint8_t dn[] = {0x30, 0x00};

struct certificate {
        uint8_t serial[4]; /* as DER INTEGER */
        size_t value_len;
};

void
pkcs11_fill_begin(void)
{
        work.searches = 2 * (size_t)SEARCHES_MAX;
        work.bytes = BYTES_MAX;
        work.sessions = true;
}

/* A conversation that goes well and ends with that answer. */
static struct fuzz_input
script_of(const struct pdane_answer *a)
{
        static uint8_t script[PDANE_WIRE_MAX_REPLY];
        size_t head = 7, n = 0; /* socket, connect, peer, send, wait; the length */

        FUZZ_CHECK(pdane_answer_encode(a, script + head, sizeof script - head, &n) == 0 &&
                   n < 0xfffd);
        memset(script, 0, head);
        script[5] = (uint8_t)(n >> 8);
        script[6] = (uint8_t)n;
        return (struct fuzz_input){script, head + n};
}

static struct fuzz_input
answer_with(const struct certificate *c)
{
        static const uint8_t value[PDANE_CERT_MAX], digest[32] = {1};
        const struct pdane_bytes name = {dn, sizeof dn};
        struct pdane_answer a = {.remember_s = 60, .n_items = 1};

        a.items[0] = (struct pdane_item){
                .flags = PDANE_ITEM_CERTIFICATE | PDANE_ITEM_LEGACY_SHA1,
                .trust = PDANE_TRUST_PEER,
                .expires_s = 3600,
                .value = {value, c->value_len},
                .subject = name,
                .issuer = name,
                .serial = {c->serial, sizeof c->serial},
                .spki = {digest, 2},
                .id = {digest, 1},
                .label = {(const uint8_t *)"x", 1},
                .sha1 = {digest, 20},
                .sha256 = {digest, 32},
        };
        return script_of(&a);
}

static void
check_found(const CK_FUNCTION_LIST *list, CK_SESSION_HANDLE session, const struct certificate *c,
            bool known)
{
        CK_OBJECT_HANDLE found[2];
        CK_ULONG n = 0;
        uint8_t serial[sizeof c->serial];
        CK_ATTRIBUTE a = {CKA_SERIAL_NUMBER, serial, sizeof serial};

        FUZZ_CHECK(list->C_FindObjects(session, found, 2, &n) == CKR_OK && n <= known);
        FUZZ_CHECK(list->C_FindObjectsFinal(session) == CKR_OK);
        if (n == 0)
                return;
        FUZZ_CHECK(list->C_GetAttributeValue(session, found[0], &a, 1) == CKR_OK &&
                   a.ulValueLen == sizeof serial && memcmp(serial, c->serial, sizeof serial) == 0);
}

void
pkcs11_fill_searches(const CK_FUNCTION_LIST *list, CK_SESSION_HANDLE session, struct fuzz_input *in)
{
        static const CK_OBJECT_CLASS classes[] = {CKO_CERTIFICATE, PDANE_CKO_TRUST};
        const struct pdane_answer nothing = {.remember_s = 60};
        unsigned first = fuzz_u8(in), n = fuzz_u16(in) % SEARCHES_MAX, how = fuzz_u8(in);
        size_t len = fuzz_u16(in) % PDANE_CERT_MAX + 1u;
        CK_OBJECT_CLASS class = classes[how & 1];
        bool known = how & 2;

        for (unsigned i = 0; i < n && work.searches > 0 && work.bytes > len; i++) {
                unsigned number = first + i;
                struct certificate c = {
                        {2, 2, (uint8_t)((how & 2 ? 0x40 : 0x20) | number >> 8), (uint8_t)number},
                        len};
                CK_ATTRIBUTE t[] = {{CKA_CLASS, &class, sizeof class},
                                    {CKA_ISSUER, (void *)(uintptr_t)dn, sizeof dn},
                                    {CKA_SERIAL_NUMBER, c.serial, sizeof c.serial}};

                fake_channel_script(known ? answer_with(&c) : script_of(&nothing));
                if (list->C_FindObjectsInit(session, t, 3) != CKR_OK)
                        return;
                check_found(list, session, &c, known);
                work.searches--;
                work.bytes -= known ? len : 0;
        }
}

void
pkcs11_fill_sessions(const CK_FUNCTION_LIST *list)
{
        CK_SESSION_HANDLE session;
        CK_RV rv = CKR_OK;
        unsigned n = 0;

        if (!work.sessions)
                return;
        work.sessions = false;
        while (rv == CKR_OK && n++ <= PDANE_SESSIONS_MAX)
                rv = list->C_OpenSession(1, CKF_SERIAL_SESSION, NULL, NULL, &session);
        FUZZ_CHECK(rv != CKR_OK);
}
