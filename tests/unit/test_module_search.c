/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is told what: each kind of verifier, each class, each form of question. */
#include "search.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "module.h"
#include "test_module_client.h"

#define FULL (PDANE_ITEM_CERTIFICATE | PDANE_ITEM_TRUSTED | PDANE_ITEM_LEGACY_SHA1)

static CK_FUNCTION_LIST *p11;
static CK_OBJECT_HANDLE found[8];

static int
set_up(void **state)
{
        (void)state;
        return C_GetFunctionList(&p11) == CKR_OK ? 0 : -1;
}

static void *
map(const char *name)
{
        char path[512];
        void *library;

        snprintf(path, sizeof(path), "%s/%s", PDANE_TEST_MAPPED, name);
        library = dlopen(path, RTLD_NOW);
        assert_non_null(library);
        return library;
}

static CK_ULONG
server_auth(CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type)
{
        CK_SESSION_HANDLE s = open_session(p11);
        CK_ULONG value = 99;
        CK_ATTRIBUTE a = {type, &value, sizeof(value)};

        assert_int_equal(p11->C_GetAttributeValue(s, handle, &a, 1), CKR_OK);
        assert_int_equal(p11->C_CloseSession(s), CKR_OK);
        return value;
}

/* How many objects of that class NSS finds for the item's issuer and serial; they are in found. */
static CK_ULONG
nss_finds(CK_OBJECT_CLASS class, const struct pdane_item *item)
{
        return find_alone(p11, nss_by_number(class, item->issuer, item->serial), found);
}

static void
test_unknown_process_is_told_nothing(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        struct fake f;

        (void)state;
        client_begin(p11, &f, fake_serve_answer, item);
        assert_int_equal(nss_finds(CKO_CERTIFICATE, &item), 0);
        assert_int_equal(nss_finds(PDANE_CKO_NSS_TRUST, &item), 0);
        assert_int_equal(atomic_load(&f.connections), 0);
        client_end(p11, &f);
}

static void
test_gnutls_gets_one_anchor(void **state)
{
        struct pdane_item item = sample_item(1, FULL | PDANE_ITEM_AUTHORITY, PDANE_TRUST_NONE);
        struct template with_id = gnutls_by_subject(item.subject), other_id = with_id;
        struct pdane_item second = item;
        struct fake f;

        (void)state;
        client_begin(p11, &f, fake_serve_answer, item);
        second.value = second.spki;
        f.answer.items[f.answer.n_items++] = second;
        assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 1);
        assert_int_equal(f.client, PDANE_CLIENT_GNUTLS);
        /* Also by number without a type, which is how GnuTLS 3.8 looks for a date of distrust. */
        template_add(&with_id, CKA_ID, item.id);
        assert_int_equal(find_alone(p11, with_id, found), 1);
        template_add(&other_id, CKA_ID, item.spki);
        assert_int_equal(find_alone(p11, other_id, found), 0);
        assert_int_equal(find_alone(p11, gnutls_by_number(item.issuer, item.serial), found), 1);
        client_end(p11, &f);
}

static void
test_gnutls_exact_leaf(void **state)
{
        struct pdane_item item = sample_item(1, FULL | PDANE_ITEM_EXACT, PDANE_TRUST_NONE);
        struct template untyped = gnutls_by_number(item.issuer, item.serial);
        struct fake f;

        (void)state;
        client_begin(p11, &f, fake_serve_answer, item);
        assert_int_equal(find_alone(p11, gnutls_by_number(item.issuer, item.serial), found), 1);
        assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 0);
        untyped.t[2] = untyped.t[4];
        untyped.n = 4;
        assert_int_equal(find_alone(p11, untyped, found), 0);
        client_end(p11, &f);
}

static void
test_nss_both_serial_forms(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        struct pdane_bytes raw = sample_raw_serial(item);
        void *ssl3 = map("libssl3.so"), *nss3 = map("libnss3.so");
        struct fake f;

        (void)state;
        client_begin(p11, &f, fake_serve_answer, item);
        assert_int_equal(
                find_alone(p11, nss_by_number(PDANE_CKO_NSS_TRUST, item.issuer, raw), found), 1);
        assert_int_equal(f.client, PDANE_CLIENT_NSS);
        assert_int_equal(server_auth(found[0], PDANE_CKA_NSS_TRUST_SERVER_AUTH),
                         PDANE_CKT_NSS_TRUSTED);
        assert_int_equal(nss_finds(PDANE_CKO_NSS_TRUST, &item), 1);
        assert_int_equal(nss_finds(CKO_CERTIFICATE, &item), 1);
        /* One verification, one question. */
        assert_int_equal(atomic_load(&f.connections), 1);
        client_end(p11, &f);
        dlclose(nss3);
        dlclose(ssl3);
}

static void
test_no_sha1_unless_the_daemon_allows(void **state)
{
        struct pdane_item item = sample_item(1, PDANE_ITEM_CERTIFICATE, PDANE_TRUST_PEER);
        void *ssl3 = map("libssl3.so");
        struct fake f;

        (void)state;
        client_begin(p11, &f, fake_serve_answer, item);
        assert_int_equal(nss_finds(PDANE_CKO_NSS_TRUST, &item), 0);
        assert_int_equal(nss_finds(CKO_CERTIFICATE, &item), 1);
        client_end(p11, &f);
        dlclose(ssl3);
}

static void
test_chromium(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        struct template by_value = nss_template(CKO_CERTIFICATE), by_subject = by_value;
        void *nss3 = map("libnss3.so");
        struct fake f;

        (void)state;
        client_begin(p11, &f, fake_serve_answer, item);
        template_add(&by_value, CKA_VALUE, item.value);
        template_add(&by_subject, CKA_SUBJECT, item.subject);
        assert_int_equal(find_alone(p11, by_value, found), 1);
        assert_int_equal(f.client, PDANE_CLIENT_CHROMIUM);
        assert_int_equal(find_alone(p11, by_subject, found), 1);
        assert_int_equal(nss_finds(PDANE_CKO_NSS_TRUST, &item), 1);
        client_end(p11, &f);
        dlclose(nss3);
}

/* From here on this process has asked for CKO_TRUST. */
static void
test_firefox_and_no_sha1_beside_cko_trust(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_ANCHOR);
        void *xul = map("libxul.so"), *ssl3 = map("libssl3.so"), *nss3 = map("libnss3.so");
        struct fake f;

        (void)state;
        client_begin(p11, &f, fake_serve_answer, item);
        assert_int_equal(nss_finds(PDANE_CKO_NSS_TRUST, &item), 1);
        assert_int_equal(nss_finds(PDANE_CKO_TRUST, &item), 1);
        assert_int_equal(f.client, PDANE_CLIENT_MOZPKIX);
        assert_int_equal(server_auth(found[0], PDANE_CKA_TRUST_SERVER_AUTH), PDANE_CKT_ANCHOR);
        assert_int_equal(nss_finds(PDANE_CKO_NSS_TRUST, &item), 0);
        assert_int_equal(p11->C_Finalize(NULL), CKR_OK);
        assert_int_equal(p11->C_Initialize(NULL), CKR_OK);
        assert_int_equal(nss_finds(PDANE_CKO_NSS_TRUST, &item), 0);
        client_end(p11, &f);
        dlclose(nss3);
        dlclose(ssl3);
        dlclose(xul);
}

static void
test_enumerations_are_empty_without_a_word(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER);
        void *xul = map("libxul.so");
        struct template by_id = nss_template(CKO_CERTIFICATE);
        struct template none = {.n = 0};
        struct fake f;

        (void)state;
        client_begin(p11, &f, fake_serve_answer, item);
        template_add(&by_id, CKA_ID, item.id);
        assert_int_equal(find_alone(p11, none, found), 0);
        assert_int_equal(find_alone(p11, nss_template(CKO_CERTIFICATE), found), 0);
        assert_int_equal(find_alone(p11, nss_template(PDANE_CKO_TRUST), found), 0);
        assert_int_equal(find_alone(p11, nss_template(PDANE_CKO_NSS_TRUST), found), 0);
        assert_int_equal(find_alone(p11, gnutls_template(), found), 0);
        assert_int_equal(find_alone(p11, by_id, found), 0);
        assert_int_equal(nss_finds(CKO_PRIVATE_KEY, &item), 0);
        assert_int_equal(atomic_load(&f.connections), 0);
        /* What is known to the process is not listed either. */
        assert_int_equal(nss_finds(CKO_CERTIFICATE, &item), 1);
        assert_int_equal(find_alone(p11, nss_template(CKO_CERTIFICATE), found), 0);
        client_end(p11, &f);
        dlclose(xul);
}

static void
test_other_items_than_asked_for(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER),
                          other = sample_item(2, FULL, PDANE_TRUST_PEER);
        struct fake f;

        (void)state;
        client_begin(p11, &f, fake_serve_answer, other);
        assert_int_equal(find_alone(p11, gnutls_by_subject(item.subject), found), 0);
        assert_int_equal(find_alone(p11, gnutls_by_number(item.issuer, item.serial), found), 0);
        assert_int_equal(atomic_load(&f.questions), 2);
        client_end(p11, &f);
}

/* Whoever meets no daemon tries once for all questions, and each "no" holds as it would have. */
static void
test_nobody_listens(void **state)
{
        struct pdane_item item = sample_item(1, FULL, PDANE_TRUST_PEER),
                          other = sample_item(2, FULL, PDANE_TRUST_PEER);
        uint64_t before = pdane_clock_now_ms();
        struct pdane_module *m;
        struct fake f;

        (void)state;
        client_begin(p11, &f, fake_serve_answer, item);
        assert_int_equal(unlink(f.path), 0);
        assert_int_equal(find_alone(p11, gnutls_by_number(item.issuer, item.serial), found), 0);
        assert_int_equal(pdane_module_enter(&m), 0);
        assert_true(m->patience.until_ms >= before + PDANE_ABSENT_MS);
        assert_int_equal(m->memory.n, 1);
        m->patience.until_ms = UINT64_MAX; /* however long this takes */
        pdane_module_leave(&m);
        assert_int_equal(find_alone(p11, gnutls_by_number(other.issuer, other.serial), found), 0);
        assert_int_equal(pdane_module_enter(&m), 0);
        assert_int_equal(m->memory.n, 2);
        assert_int_equal(m->memory.entries[1]->n_items, 0);
        pdane_module_leave(&m);
        assert_int_equal(atomic_load(&f.connections), 0);
        client_end(p11, &f);
}

int
main(void)
{
        /* The order matters: once CKO_TRUST was asked for, CKO_NSS_TRUST is over. */
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_unknown_process_is_told_nothing),
                cmocka_unit_test(test_gnutls_gets_one_anchor),
                cmocka_unit_test(test_gnutls_exact_leaf),
                cmocka_unit_test(test_nss_both_serial_forms),
                cmocka_unit_test(test_no_sha1_unless_the_daemon_allows),
                cmocka_unit_test(test_chromium),
                cmocka_unit_test(test_firefox_and_no_sha1_beside_cko_trust),
                cmocka_unit_test(test_enumerations_are_empty_without_a_word),
                cmocka_unit_test(test_other_items_than_asked_for),
                cmocka_unit_test(test_nobody_listens),
        };

        return cmocka_run_group_tests(tests, set_up, NULL);
}
