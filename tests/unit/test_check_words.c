/* SPDX-License-Identifier: BSD-3-Clause */
/* Bogus answers by RFC 8914's names, from what libunbound says of them. */
#include "test.h"

#include "cli/check.h"

static void
extended_errors(void **state)
{
        static const struct {
                const char *why;
                unsigned code;
        } cases[] = {
                {"validation failure <a. A IN>: signature expired from 192.0.2.1 for key a. while "
                 "building chain of trust",
                 7},
                {"validation failure <a. A IN>: signature before inception date from 192.0.2.1", 8},
                {"validation failure <a. A IN>: no keys have a DS with algorithm ECDSAP256SHA256",
                 9},
                {"validation failure <a. A IN>: No DNSKEY record for key a.", 9},
                {"validation failure <a. A IN>: no signatures from 192.0.2.1", 10},
                {"validation failure <a. A IN>: nodata proof failed from 192.0.2.1", 12},
                {"validation failure <a. A IN>: ECDSA signature verification failed", 6},
                {"", 6},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct pdane_part_dns d = {.verdict = PDANE_DNS_BOGUS};
                unsigned code = 0;

                snprintf(d.why, sizeof(d.why), "%s", cases[i].why);
                assert_non_null(pdane_cli_extended_error(&d, &code));
                assert_int_equal(code, cases[i].code);
                d.verdict = PDANE_DNS_UNREACHABLE;
                assert_null(pdane_cli_extended_error(&d, &code));
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(extended_errors)};

        return cmocka_run_group_tests(tests, NULL, NULL);
}
