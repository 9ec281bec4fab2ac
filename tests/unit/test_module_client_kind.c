/* SPDX-License-Identifier: BSD-3-Clause */
#include "client_kind.h"

#include <dlfcn.h>

#include "test_module_fake.h"

static void
test_note(void **state)
{
        struct pdane_mapped m = {0};

        (void)state;
        pdane_mapped_note(&m, NULL);
        pdane_mapped_note(&m, "");
        pdane_mapped_note(&m, "/usr/lib/libssl.so.3");
        pdane_mapped_note(&m, "/usr/lib/libxul.so.debug");
        pdane_mapped_note(&m, "/opt/libxul.so/libfoo.so");
        pdane_mapped_note(&m, "/usr/lib/mylibnss3.so");
        assert_false(m.xul || m.ssl3 || m.nss3);
        pdane_mapped_note(&m, "/usr/lib/x86_64-linux-gnu/libnss3.so");
        assert_true(m.nss3 && !m.ssl3 && !m.xul);
        pdane_mapped_note(&m, "libssl3.so");
        assert_true(m.nss3 && m.ssl3 && !m.xul);
        pdane_mapped_note(&m, "/usr/lib/firefox-esr/libxul.so");
        assert_true(m.nss3 && m.ssl3 && m.xul);
}

static void
test_kinds(void **state)
{
        static const struct {
                struct pdane_mapped m;
                bool by_gnutls;
                int client; /* 0: none */
        } cases[] = {
                {{true, true, true}, false, PDANE_CLIENT_MOZPKIX},
                {{true, false, false}, false, PDANE_CLIENT_MOZPKIX},
                {{false, true, true}, false, PDANE_CLIENT_NSS},
                {{false, true, false}, false, PDANE_CLIENT_NSS},
                {{false, false, true}, false, PDANE_CLIENT_CHROMIUM},
                {{false, false, false}, false, 0},
                {{false, false, false}, true, PDANE_CLIENT_GNUTLS},
                {{true, true, true}, true, PDANE_CLIENT_GNUTLS},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                enum pdane_client client = PDANE_CLIENT_NSS;
                bool known = pdane_client_kind(&cases[i].m, cases[i].by_gnutls, &client);

                assert_int_equal(known, cases[i].client != 0);
                if (known)
                        assert_int_equal(client, cases[i].client);
        }
}

static void
test_scan(void **state)
{
        struct pdane_mapped m = pdane_mapped_scan();
        void *library;

        (void)state;
        assert_false(m.xul || m.ssl3 || m.nss3);
        library = dlopen(PDANE_TEST_MAPPED "/libnss3.so", RTLD_NOW);
        assert_non_null(library);
        m = pdane_mapped_scan();
        assert_true(m.nss3 && !m.xul && !m.ssl3);
        dlclose(library);
        assert_false(pdane_mapped_scan().nss3);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_note),
                cmocka_unit_test(test_kinds),
                cmocka_unit_test(test_scan),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
