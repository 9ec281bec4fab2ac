/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * p11-dane tlsa: the record to publish for a certificate, on standard output and nothing else
 * there; what clients will not like about it on standard error.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/pem.h"
#include "cli/text.h"
#include "cli/tlsa_warn.h"

#define NSUPDATE_TTL 3600 /* nsupdate wants one */
#define TTL_MAX INT64_C(2147483647)

struct options {
        int64_t usage, selector, matching, port, ttl, now;
        const char *protocol;
        bool nsupdate, help;
        struct pdane_name host;
        const char *path;
};

static const char help[] =
        "usage: p11-dane tlsa [OPTION]... HOST CERT.pem\n"
        "\n"
        "Prints the TLSA record that vouches for the first certificate in CERT.pem (- is standard\n"
        "input) at HOST, in the form of a zone file. Warns on standard error of what clients will\n"
        "refuse. For usage 2 the certificate is the CA's. HOST may be \"*.NAME\".\n"
        "\n"
        "  --usage N         3 DANE-EE (default), 2 DANE-TA; 0 and 1 never add trust\n"
        "  --selector N      1 the key (default), 0 the whole certificate\n"
        "  --matching N      1 SHA-256 (default), 2 SHA-512, 0 in full\n"
        "  --port N          443 if not given\n"
        "  --protocol NAME   tcp (default), udp or sctp\n"
        "  --ttl N           seconds; without it the zone's own, and 3600 for nsupdate\n"
        "  --nsupdate        a script for nsupdate instead\n"
        "  --time EPOCH      seconds since 1970 instead of now, for the warnings\n"
        "  --help            print this\n"
        "\n"
        "Exit status: 0, with or without warnings; 64 bad usage or input that cannot be read.\n";

/* ---- options ---- */

static int
set_number(const struct pdane_cli_command *self, const char *name, int64_t low, int64_t high,
           int64_t *ret)
{
        char shown[PDANE_CLI_SHOWN_MAX];

        if (pdane_cli_number(optarg, low, high, ret))
                return 0;
        return pdane_cli_usage(self, "--%s \"%s\": not a number from %" PRId64 " to %" PRId64, name,
                               pdane_cli_show(optarg, shown, sizeof(shown)), low, high);
}

static int
set_protocol(const struct pdane_cli_command *self, struct options *o)
{
        char shown[PDANE_CLI_SHOWN_MAX];

        o->protocol = optarg;
        if (strcmp(optarg, "tcp") == 0 || strcmp(optarg, "udp") == 0 || strcmp(optarg, "sctp") == 0)
                return 0;
        return pdane_cli_usage(self, "--protocol \"%s\": not tcp, udp or sctp",
                               pdane_cli_show(optarg, shown, sizeof(shown)));
}

static int
take_option(const struct pdane_cli_command *self, struct options *o, int code, char **argv)
{
        switch (code) {
        case 'u':
                return set_number(self, "usage", 0, 3, &o->usage);
        case 's':
                return set_number(self, "selector", 0, 1, &o->selector);
        case 'm':
                return set_number(self, "matching", 0, 2, &o->matching);
        case 'p':
                return set_number(self, "port", 1, 65535, &o->port);
        case 'l':
                return set_number(self, "ttl", 0, TTL_MAX, &o->ttl);
        case 't':
                return set_number(self, "time", 0, INT64_C(253402300799), &o->now);
        case 'P':
                return set_protocol(self, o);
        case 'n':
                o->nsupdate = true;
                return 0;
        case 'h':
                o->help = true;
                return 0;
        default:
                return pdane_cli_bad_option(self, code, argv);
        }
}

/* Characters of the owner name, without the trailing dot. */
static size_t
owner_len(const struct options *o)
{
        int n = snprintf(NULL, 0, "_%" PRId64 "._%s.%s", o->port, o->protocol, o->host.text);

        return o->host.wildcard ? 2 + strlen(o->host.text) : (size_t)n;
}

static int
check_options(const struct pdane_cli_command *self, struct options *o, int argc, char **argv)
{
        char shown[PDANE_CLI_SHOWN_MAX];
        const char *host;

        if (o->help)
                return 0;
        if (argc - optind != 2)
                return pdane_cli_usage(self, "%d arguments instead of HOST and CERT.pem",
                                       argc - optind);
        host = argv[optind];
        o->path = argv[optind + 1];
        pdane_cli_show(host, shown, sizeof(shown));
        if (pdane_name_parse(host, strlen(host), &o->host) < 0)
                return pdane_cli_usage(self, "\"%s\": not a host name", shown);
        if (owner_len(o) > PDANE_NAME_MAX)
                return pdane_cli_usage(self, "\"%s\": the record's name would be too long", shown);
        return 0;
}

static int
parse_options(const struct pdane_cli_command *self, struct options *o, int argc, char **argv)
{
        static const struct option table[] = {
                {"usage", required_argument, NULL, 'u'},
                {"selector", required_argument, NULL, 's'},
                {"matching", required_argument, NULL, 'm'},
                {"port", required_argument, NULL, 'p'},
                {"protocol", required_argument, NULL, 'P'},
                {"ttl", required_argument, NULL, 'l'},
                {"nsupdate", no_argument, NULL, 'n'},
                {"time", required_argument, NULL, 't'},
                {"help", no_argument, NULL, 'h'},
                {NULL, 0, NULL, 0},
        };
        int code, status = 0;

        while (status == 0 && !o->help && (code = getopt_long(argc, argv, ":", table, NULL)) != -1)
                status = take_option(self, o, code, argv);
        return status ? status : check_options(self, o, argc, argv);
}

/* ---- the record ---- */

/* The certificate or its key in DER, from OpenSSL. */
static int
select_part(X509 *x, int64_t selector, unsigned char **ret)
{
        return selector == 0 ? i2d_X509(x, ret) : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), ret);
}

/* data must take PDANE_TLSA_DATA_MAX bytes. 0, -EMSGSIZE or -EIO. */
static int
record_fill(const struct options *o, X509 *x, struct pdane_tlsa *t)
{
        unsigned char *der = NULL;
        int len = select_part(x, o->selector, &der), r = 0;
        unsigned n = (unsigned)len;

        if (len <= 0) {
                r = -EIO;
        } else if (o->matching != 0) {
                if (!EVP_Digest(der, n, t->data, &n, o->matching == 1 ? EVP_sha256() : EVP_sha512(),
                                NULL))
                        r = -EIO;
        } else if (n > PDANE_TLSA_DATA_MAX) {
                r = -EMSGSIZE;
        } else {
                memcpy(t->data, der, n);
        }
        OPENSSL_free(der);
        t->usage = (uint8_t)o->usage;
        t->selector = (uint8_t)o->selector;
        t->matching = (uint8_t)o->matching;
        t->len = n;
        return r;
}

static void
print_record(const struct options *o, const struct pdane_tlsa *t)
{
        int64_t ttl = o->nsupdate && o->ttl < 0 ? NSUPDATE_TTL : o->ttl;

        if (o->nsupdate)
                fputs("update add ", stdout);
        if (o->host.wildcard)
                printf("*.%s.", o->host.text);
        else
                printf("_%" PRId64 "._%s.%s.", o->port, o->protocol, o->host.text);
        if (ttl >= 0)
                printf(" %" PRId64, ttl);
        printf(" IN TLSA %u %u %u ", t->usage, t->selector, t->matching);
        for (size_t i = 0; i < t->len; i++)
                printf("%02x", t->data[i]);
        fputs(o->nsupdate ? "\nsend\n" : "\n", stdout);
}

static int
publish(const struct pdane_cli_command *self, const struct options *o, X509 *x)
{
        struct pdane_tlsa t = {.data = malloc(PDANE_TLSA_DATA_MAX)};
        const struct pdane_cli_warning w = {
                .command = self, .host = &o->host, .cert = x, .record = &t, .now = o->now};
        int r = t.data ? record_fill(o, x, &t) : -ENOMEM;

        if (r == 0)
                r = pdane_cli_tlsa_warn(&w);
        if (r == 0)
                print_record(o, &t);
        free(t.data);
        if (r == -EMSGSIZE)
                return pdane_cli_complain(self, "larger than %u bytes: use --matching 1",
                                          PDANE_TLSA_DATA_MAX);
        return r < 0 ? pdane_cli_fail(self, r) : PDANE_CLI_OK;
}

static int
publish_file(const struct pdane_cli_command *self, const struct options *o)
{
        struct pdane_cli_certs certs;
        int status = pdane_cli_read_certs(self, o->path, &certs);

        if (status)
                return status;
        status = publish(self, o, certs.certs[0]);
        pdane_cli_certs_clear(&certs);
        return status;
}

static int
run(const struct pdane_cli_command *self, int argc, char **argv)
{
        struct options o = {.usage = 3,
                            .selector = 1,
                            .matching = 1,
                            .port = 443,
                            .protocol = "tcp",
                            .ttl = -1,
                            .now = (int64_t)time(NULL)};
        int status = parse_options(self, &o, argc, argv);

        if (status)
                return status;
        return o.help ? pdane_cli_help(self) : publish_file(self, &o);
}

const struct pdane_cli_command pdane_cli_tlsa = {
        .name = "tlsa",
        .summary = "the TLSA record to publish for a certificate",
        .help = help,
        .run = run,
};
