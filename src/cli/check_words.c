/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers of DNS records, and certificates, in words. */
#include <openssl/bio.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "cli/check.h"

const char *
pdane_cli_record_usage(uint32_t usage)
{
        static const char *const words[] = {
                "PKIX-TA, a public CA",
                "PKIX-EE, the server's certificate, with a public CA",
                "DANE-TA, a CA of the owner's choice",
                "DANE-EE, the server's certificate itself",
        };

        return usage < 4 ? words[usage] : "unknown usage";
}

const char *
pdane_cli_record_selector(uint32_t selector)
{
        static const char *const words[] = {"the whole certificate", "its public key"};

        return selector < 2 ? words[selector] : "unknown selector";
}

const char *
pdane_cli_record_matching(uint32_t matching)
{
        static const char *const words[] = {"in full", "by SHA-256", "by SHA-512"};

        return matching < 3 ? words[matching] : "unknown matching type";
}

const char *
pdane_cli_record_unusable(const struct pdane_part_record *t)
{
        if (t->usable)
                return "";
        if (t->usage < 2)
                return "usages 0 and 1 never add trust";
        if (t->usage > 3)
                return "the usage is not known";
        if (t->selector > 1)
                return "the selector is not known";
        if (t->matching > 2)
                return "the matching type is not known";
        return "its data has not the length that the matching type makes";
}

const char *
pdane_cli_dns_type(uint32_t type)
{
        switch (type) {
        case 1:
                return "A";
        case 28:
                return "AAAA";
        case 52:
                return "TLSA";
        default:
                return "?";
        }
}

/* libunbound tells callers of its library the words alone; its own server gives these codes for
 * them. */
const char *
pdane_cli_extended_error(const struct pdane_part_dns *d, unsigned *ret_code)
{
        static const struct {
                const char *words;
                unsigned code;
                const char *name;
        } errors[] = {
                {"signature expired", 7, "Signature Expired"},
                {"signature before inception", 8, "Signature Not Yet Valid"},
                {"no keys have a DS", 9, "DNSKEY Missing"},
                {"DNSKEY rrset", 9, "DNSKEY Missing"},
                {"DNSKEY record", 9, "DNSKEY Missing"},
                {"no signatures", 10, "RRSIGs Missing"},
                {"proof", 12, "NSEC Missing"},
                {"", 6, "DNSSEC Bogus"},
        };
        size_t i = 0;

        if (d->verdict != PDANE_DNS_BOGUS)
                return NULL;
        while (!strstr(d->why, errors[i].words))
                i++;
        *ret_code = errors[i].code;
        return errors[i].name;
}

char *
pdane_cli_subject(const X509 *x, char buf[PDANE_CLI_SUBJECT_MAX])
{
        BIO *bio = BIO_new(BIO_s_mem());
        int n = 0;

        buf[0] = '\0';
        if (bio) {
                /* RFC 2253's form has control characters and bytes past ASCII escaped. */
                X509_NAME_print_ex(bio, X509_get_subject_name(x), 0, XN_FLAG_RFC2253);
                n = BIO_read(bio, buf, (int)PDANE_CLI_SUBJECT_MAX - 1);
        }
        if (n > 0)
                buf[n] = '\0';
        else
                snprintf(buf, PDANE_CLI_SUBJECT_MAX, "(empty subject)");
        BIO_free(bio);
        return buf;
}
