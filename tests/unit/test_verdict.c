/* SPDX-License-Identifier: BSD-3-Clause */
/* The words are stable, different from each other, and "unknown" for everything else. */
#include "test.h"
#include "trust/verdict.h"

#define LAST_DNS PDANE_DNS_UNREACHABLE
#define LAST_OUTCOME PDANE_OUTCOME_REFUSED
#define LAST_REASON PDANE_REASON_FOREIGN_KEY_ID

static const char *
dns(int v)
{
        return pdane_dns_verdict_string((enum pdane_dns_verdict)v);
}

static const char *
outcome(int v)
{
        return pdane_outcome_string((enum pdane_outcome)v);
}

static const char *
reason(int v)
{
        return pdane_reason_string((enum pdane_reason)v);
}

static void
check_words(const char *(*word)(int), int last)
{
        assert_string_equal(word(0), "unknown");
        assert_string_equal(word(last + 1), "unknown");
        assert_string_equal(word(-1), "unknown");
        for (int i = 0; i <= last; i++) {
                assert_true(strlen(word(i)) > 0);
                assert_int_equal(strspn(word(i), "abcdefghijklmnopqrstuvwxyz0123456789-"),
                                 strlen(word(i)));
                for (int j = 0; j < i; j++)
                        assert_string_not_equal(word(i), word(j));
        }
}

static void
words_differ(void **state)
{
        (void)state;
        check_words(dns, LAST_DNS);
        check_words(outcome, LAST_OUTCOME);
        check_words(reason, LAST_REASON);
}

/* Logs, JSON and the lab's tables rest on these. */
static void
words_are_stable(void **state)
{
        (void)state;
        assert_string_equal(dns(PDANE_DNS_SECURE), "secure");
        assert_string_equal(dns(PDANE_DNS_NO_RECORDS), "no-records");
        assert_string_equal(outcome(PDANE_OUTCOME_ACCEPTED), "accepted");
        assert_string_equal(outcome(PDANE_OUTCOME_DNS_TIMEOUT), "dns-timeout");
        assert_string_equal(reason(PDANE_REASON_ACCEPTED), "accepted");
        assert_string_equal(reason(PDANE_REASON_NOT_COVERED), "not-covered");
        assert_string_equal(reason(PDANE_REASON_RESERVED_DN), "reserved-dn");
        assert_string_equal(reason(PDANE_REASON_FOREIGN_KEY_ID), "foreign-key-id");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(words_differ),
                cmocka_unit_test(words_are_stable),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
