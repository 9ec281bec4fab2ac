/* SPDX-License-Identifier: BSD-3-Clause */
/* The words for each verdict, outcome and reason. Knows nothing of what leads to them. */
#include "trust/verdict.h"

const char *
pdane_dns_verdict_string(enum pdane_dns_verdict v)
{
        switch (v) {
        case PDANE_DNS_SECURE:
                return "secure";
        case PDANE_DNS_NO_RECORDS:
                return "no-records";
        case PDANE_DNS_INSECURE:
                return "insecure";
        case PDANE_DNS_BOGUS:
                return "bogus";
        case PDANE_DNS_TIMEOUT:
                return "timeout";
        case PDANE_DNS_UNREACHABLE:
                return "unreachable";
        case PDANE_DNS_UNKNOWN:
                break;
        }
        return "unknown";
}

const char *
pdane_outcome_string(enum pdane_outcome o)
{
        switch (o) {
        case PDANE_OUTCOME_ACCEPTED:
                return "accepted";
        case PDANE_OUTCOME_INSECURE:
                return "insecure";
        case PDANE_OUTCOME_NO_RECORDS:
                return "no-records";
        case PDANE_OUTCOME_BOGUS:
                return "bogus";
        case PDANE_OUTCOME_DNS_TIMEOUT:
                return "dns-timeout";
        case PDANE_OUTCOME_DNS_UNREACHABLE:
                return "dns-unreachable";
        case PDANE_OUTCOME_SERVER_UNREACHABLE:
                return "server-unreachable";
        case PDANE_OUTCOME_SERVER_TIMEOUT:
                return "server-timeout";
        case PDANE_OUTCOME_REFUSED:
                return "refused";
        case PDANE_OUTCOME_UNKNOWN:
                break;
        }
        return "unknown";
}

const char *
pdane_reason_string(enum pdane_reason r)
{
        switch (r) {
        case PDANE_REASON_ACCEPTED:
                return "accepted";
        case PDANE_REASON_UNUSABLE:
                return "unusable";
        case PDANE_REASON_NO_MATCH:
                return "no-match";
        case PDANE_REASON_NAME_MISMATCH:
                return "name-mismatch";
        case PDANE_REASON_CHAIN_ERROR:
                return "chain-error";
        case PDANE_REASON_MALFORMED:
                return "malformed";
        case PDANE_REASON_TOO_LARGE:
                return "too-large";
        case PDANE_REASON_NOT_V3:
                return "not-v3";
        case PDANE_REASON_RESERVED_DN:
                return "reserved-dn";
        case PDANE_REASON_IP_NAME:
                return "ip-name";
        case PDANE_REASON_NO_NAMES:
                return "no-names";
        case PDANE_REASON_NOT_COVERED:
                return "not-covered";
        case PDANE_REASON_EXPIRED_EVIDENCE:
                return "expired-evidence";
        case PDANE_REASON_PUBLIC_CA:
                return "public-ca";
        case PDANE_REASON_FOREIGN_KEY_ID:
                return "foreign-key-id";
        case PDANE_REASON_UNSUPPORTED:
                return "unsupported";
        case PDANE_REASON_UNKNOWN:
                break;
        }
        return "unknown";
}
