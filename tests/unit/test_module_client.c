/* SPDX-License-Identifier: BSD-3-Clause */
/* Searches as the clients make them. */
#include "test_module_client.h"

#include <stdio.h>
#include <string.h>

#include "slot.h"

void
template_add(struct template *t, CK_ATTRIBUTE_TYPE type, struct pdane_bytes b)
{
        CK_ATTRIBUTE *a = &t->t[t->n++];

        a->type = type;
        memcpy(&a->pValue, &b.data, sizeof(b.data));
        a->ulValueLen = b.len;
}

static struct pdane_bytes
class_bytes(CK_OBJECT_CLASS class)
{
        static const CK_OBJECT_CLASS classes[] = {CKO_CERTIFICATE, PDANE_CKO_TRUST,
                                                  PDANE_CKO_NSS_TRUST, CKO_PRIVATE_KEY};
        for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
                if (classes[i] == class)
                        return (struct pdane_bytes){(const uint8_t *)&classes[i], sizeof(class)};
        }
        fail();
        return (struct pdane_bytes){0};
}

static const CK_BBOOL yes = CK_TRUE;
static const CK_ULONG x509 = CKC_X_509;

struct template nss_template(CK_OBJECT_CLASS class)
{
        struct template t = {.n = 0};

        template_add(&t, CKA_TOKEN, (struct pdane_bytes){&yes, sizeof(yes)});
        template_add(&t, CKA_CLASS, class_bytes(class));
        return t;
}

struct template nss_by_number(CK_OBJECT_CLASS class, struct pdane_bytes issuer,
                              struct pdane_bytes serial)
{
        struct template t = nss_template(class);

        template_add(&t, CKA_ISSUER, issuer);
        template_add(&t, CKA_SERIAL_NUMBER, serial);
        return t;
}

struct template gnutls_template(void)
{
        struct template t = {.n = 0};

        template_add(&t, CKA_CLASS, class_bytes(CKO_CERTIFICATE));
        template_add(&t, CKA_TRUSTED, (struct pdane_bytes){&yes, sizeof(yes)});
        template_add(&t, CKA_CERTIFICATE_TYPE,
                     (struct pdane_bytes){(const uint8_t *)&x509, sizeof(x509)});
        return t;
}

struct template gnutls_by_subject(struct pdane_bytes subject)
{
        struct template t = gnutls_template();

        template_add(&t, CKA_SUBJECT, subject);
        return t;
}

struct template gnutls_by_number(struct pdane_bytes issuer, struct pdane_bytes serial)
{
        struct template t = gnutls_template();

        template_add(&t, CKA_SERIAL_NUMBER, serial);
        template_add(&t, CKA_ISSUER, issuer);
        return t;
}

CK_SESSION_HANDLE
open_session(CK_FUNCTION_LIST *p11)
{
        CK_SESSION_HANDLE s;

        assert_int_equal(p11->C_OpenSession(PDANE_SLOT_ID, CKF_SERIAL_SESSION, NULL, NULL, &s),
                         CKR_OK);
        return s;
}

CK_ULONG
find(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE s, struct template t, CK_OBJECT_HANDLE *found)
{
        CK_ULONG n;

        assert_int_equal(p11->C_FindObjectsInit(s, t.t, t.n), CKR_OK);
        assert_int_equal(p11->C_FindObjects(s, found, 8, &n), CKR_OK);
        assert_int_equal(p11->C_FindObjectsFinal(s), CKR_OK);
        return n;
}

CK_ULONG
find_alone(CK_FUNCTION_LIST *p11, struct template t, CK_OBJECT_HANDLE *found)
{
        CK_SESSION_HANDLE s = open_session(p11);
        CK_ULONG n = find(p11, s, t, found);

        assert_int_equal(p11->C_CloseSession(s), CKR_OK);
        return n;
}

void
client_begin(CK_FUNCTION_LIST *p11, struct fake *f,
             void (*serve)(struct fake *, int, const struct pdane_question *),
             struct pdane_item item)
{
        fake_start(f, serve);
        f->answer = (struct pdane_answer){.remember_s = 60, .n_items = 1, .items = {item}};
        assert_int_equal(p11->C_Initialize(NULL), CKR_OK);
}

void
client_begin_again(struct fake *f, void (*serve)(struct fake *, int, const struct pdane_question *),
                   struct pdane_item item)
{
        char path[sizeof(f->path)], directory[sizeof(f->directory)];

        memcpy(path, f->path, sizeof(path));
        memcpy(directory, f->directory, sizeof(directory));
        fake_start(f, serve);
        f->answer = (struct pdane_answer){.remember_s = 60, .n_items = 1, .items = {item}};
        assert_int_equal(rename(f->directory, directory), 0);
        memcpy(f->path, path, sizeof(path));
        memcpy(f->directory, directory, sizeof(directory));
}

void
client_end(CK_FUNCTION_LIST *p11, struct fake *f)
{
        assert_int_equal(p11->C_Finalize(NULL), CKR_OK);
        fake_stop(f);
}
