/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * p11-dane verify: the verdict on a chain from files, with no daemon and no network. Reads the
 * question; pdane_judge answers it.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/offline.h"
#include "cli/pem.h"
#include "cli/text.h"
#include "cli/verify_text.h"

#define HOSTS_MAX (PDANE_CERT_NAMES_MAX + 1u) /* all names of a certificate, and the host */

struct options {
        struct pdane_name hosts[HOSTS_MAX];
        size_t n_hosts;
        struct pdane_tlsa_set *tlsa; /* owned */
        int64_t now;
        bool json, help;
        const char *path;
};

static const char help[] =
        "usage: p11-dane verify --host HOST [--host NAME]... --tlsa \"U S M HEX\"...\n"
        "                       [--time EPOCH] [--json] CHAIN.pem\n"
        "\n"
        "Says what DANE (RFC 7671) makes of the certificates in CHAIN.pem (the server's first; -\n"
        "is standard input), and what each kind of client would do with them, if the TLSA\n"
        "records given were what DNSSEC-signed DNS has for HOST. No daemon, no network; the\n"
        "system's trust store does not matter.\n"
        "\n"
        "  --host HOST       what a client connects to. Further ones stand for names of the\n"
        "                    certificate that have the same secure records; \"*.NAME\" for "
        "records\n"
        "                    that DNS synthesises below NAME. A name of the certificate that\n"
        "                    is not given has none, and then clients are not told of it at all\n"
        "  --tlsa RECORD     usage, selector, matching type and hexadecimal data; may be repeated\n"
        "  --time EPOCH      seconds since 1970 instead of now\n"
        "  --json            keys dane, depth, record (counted from 0), clients, names\n"
        "  --help            print this\n"
        "\n"
        "All certificates count for DANE; of what the daemon would see, the first 10.\n"
        "\n"
        "Exit status: 0 DANE matches and every kind of client accepts; 1 DANE matches but some\n"
        "refuse; 2 no DANE match; 64 bad usage or input that cannot be read.\n";

static int
add_host(const struct pdane_cli_command *self, struct options *o, const char *text)
{
        char shown[PDANE_CLI_SHOWN_MAX];

        pdane_cli_show(text, shown, sizeof(shown));
        if (o->n_hosts >= HOSTS_MAX)
                return pdane_cli_usage(self, "--host \"%s\": more than %u", shown, HOSTS_MAX);
        if (pdane_name_parse(text, strlen(text), &o->hosts[o->n_hosts]) < 0)
                return pdane_cli_usage(self, "--host \"%s\": not a host name", shown);
        if (o->n_hosts == 0 && o->hosts[0].wildcard)
                return pdane_cli_usage(self,
                                       "--host \"%s\": the first is what a client connects to, "
                                       "and no wildcard",
                                       shown);
        o->n_hosts++;
        return 0;
}

static int
add_record(const struct pdane_cli_command *self, struct options *o, const char *text)
{
        char shown[PDANE_CLI_SHOWN_MAX / 4];
        size_t number = pdane_tlsa_set_count(o->tlsa) + 1;
        int r = pdane_tlsa_set_add_text(o->tlsa, text);

        pdane_cli_show(text, shown, sizeof(shown));
        switch (r) {
        case 0:
                return 0;
        case -ENOMEM:
                return pdane_cli_fail(self, r);
        case -E2BIG:
                return pdane_cli_usage(self, "--tlsa \"%s\" (record %zu): more than %u records",
                                       shown, number, PDANE_TLSA_MAX);
        case -EMSGSIZE:
                return pdane_cli_usage(self, "--tlsa \"%s\" (record %zu): more than %u bytes",
                                       shown, number, PDANE_TLSA_DATA_MAX);
        default:
                return pdane_cli_usage(self,
                                       "--tlsa \"%s\" (record %zu): not \"USAGE SELECTOR MATCHING "
                                       "HEX\"",
                                       shown, number);
        }
}

static int
set_time(const struct pdane_cli_command *self, struct options *o, const char *text)
{
        char shown[PDANE_CLI_SHOWN_MAX];

        /* 9999-12-31, the last day of X.509 */
        if (pdane_cli_number(text, 0, INT64_C(253402300799), &o->now))
                return 0;
        return pdane_cli_usage(self, "--time \"%s\": not seconds since 1970",
                               pdane_cli_show(text, shown, sizeof(shown)));
}

static int
take_option(const struct pdane_cli_command *self, struct options *o, int code, char **argv)
{
        switch (code) {
        case 'H':
                return add_host(self, o, optarg);
        case 'T':
                return add_record(self, o, optarg);
        case 't':
                return set_time(self, o, optarg);
        case 'j':
                o->json = true;
                return 0;
        case 'h':
                o->help = true;
                return 0;
        default:
                return pdane_cli_bad_option(self, code, argv);
        }
}

static int
check_options(const struct pdane_cli_command *self, struct options *o, int argc, char **argv)
{
        char shown[PDANE_CLI_SHOWN_MAX];

        if (o->help)
                return 0;
        if (o->n_hosts == 0)
                return pdane_cli_usage(self, "--host is missing");
        if (pdane_tlsa_set_count(o->tlsa) == 0)
                return pdane_cli_usage(self, "--tlsa is missing");
        if (optind == argc)
                return pdane_cli_usage(self, "CHAIN.pem is missing");
        if (optind + 1 < argc)
                return pdane_cli_usage(self, "\"%s\": one file is enough",
                                       pdane_cli_show(argv[optind + 1], shown, sizeof(shown)));
        o->path = argv[optind];
        return 0;
}

static int
parse_options(const struct pdane_cli_command *self, struct options *o, int argc, char **argv)
{
        static const struct option table[] = {
                {"host", required_argument, NULL, 'H'}, {"tlsa", required_argument, NULL, 'T'},
                {"time", required_argument, NULL, 't'}, {"json", no_argument, NULL, 'j'},
                {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0},
        };
        int code, status = 0;

        while (status == 0 && !o->help && (code = getopt_long(argc, argv, ":", table, NULL)) != -1)
                status = take_option(self, o, code, argv);
        return status ? status : check_options(self, o, argc, argv);
}

static int
status_of(const struct pdane_judgement *j)
{
        if (j->dane.reason != PDANE_REASON_ACCEPTED)
                return PDANE_CLI_NO_MATCH;
        return pdane_judgement_unanimous(j) ? PDANE_CLI_OK : PDANE_CLI_SOME_REFUSE;
}

static int
judge(const struct pdane_cli_command *self, const struct options *o,
      const struct pdane_cli_certs *certs)
{
        const struct pdane_judge_question q = {
                .certs = certs->certs,
                .n_certs = certs->n,
                .hosts = o->hosts,
                .n_hosts = o->n_hosts,
                .tlsa = o->tlsa,
                .now = o->now,
                .policy = &pdane_cli_offline_policy,
        };
        struct pdane_judgement j;
        int status, r = pdane_judge(&q, &j);

        if (r < 0)
                return pdane_cli_fail(self, r);
        if (o->json)
                pdane_cli_verify_json(&j);
        else
                pdane_cli_verify_text(&q, &j);
        status = status_of(&j);
        pdane_judgement_clear(&j);
        return status;
}

static int
judge_file(const struct pdane_cli_command *self, const struct options *o)
{
        struct pdane_cli_certs certs;
        int status = pdane_cli_read_certs(self, o->path, &certs);

        if (status)
                return status;
        status = judge(self, o, &certs);
        pdane_cli_certs_clear(&certs);
        return status;
}

static int
run(const struct pdane_cli_command *self, int argc, char **argv)
{
        struct options *o = calloc(1, sizeof(*o));
        int status, r = o ? pdane_tlsa_set_new(&o->tlsa) : -ENOMEM;

        if (r < 0) {
                free(o);
                return pdane_cli_fail(self, r);
        }
        o->now = (int64_t)time(NULL);
        status = parse_options(self, o, argc, argv);
        if (status == 0)
                status = o->help ? pdane_cli_help(self) : judge_file(self, o);
        pdane_tlsa_set_free(o->tlsa);
        free(o);
        return status;
}

const struct pdane_cli_command pdane_cli_verify = {
        .name = "verify",
        .summary = "what a chain and its TLSA records come to, offline",
        .help = help,
        .run = run,
};
