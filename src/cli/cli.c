/* SPDX-License-Identifier: BSD-3-Clause */
/* How every subcommand complains. */
#include "cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/pem.h"
#include "cli/text.h"

int
pdane_cli_complain(const struct pdane_cli_command *c, const char *format, ...)
{
        va_list ap;

        fprintf(stderr, "p11-dane %s: ", c->name);
        va_start(ap, format);
        vfprintf(stderr, format, ap);
        va_end(ap);
        fputc('\n', stderr);
        return PDANE_CLI_USAGE;
}

int
pdane_cli_usage(const struct pdane_cli_command *c, const char *format, ...)
{
        va_list ap;

        fprintf(stderr, "p11-dane %s: ", c->name);
        va_start(ap, format);
        vfprintf(stderr, format, ap);
        va_end(ap);
        fprintf(stderr, "; see p11-dane %s --help\n", c->name);
        return PDANE_CLI_USAGE;
}

int
pdane_cli_help(const struct pdane_cli_command *c)
{
        fputs(c->help, stdout);
        return PDANE_CLI_OK;
}

int
pdane_cli_fail(const struct pdane_cli_command *c, int r)
{
        fprintf(stderr, "p11-dane %s: %s\n", c->name, strerror(-r));
        return PDANE_CLI_SOFTWARE;
}

int
pdane_cli_read_certs(const struct pdane_cli_command *c, const char *path,
                     struct pdane_cli_certs *ret)
{
        char error[PDANE_CLI_ERROR_MAX], shown[PDANE_CLI_SHOWN_MAX];
        int r = pdane_cli_certs_read(path, ret, error);

        if (r == -ENOMEM)
                return pdane_cli_fail(c, r);
        if (r < 0)
                return pdane_cli_complain(c, "%s: %s", pdane_cli_show(path, shown, sizeof(shown)),
                                          error);
        return 0;
}

int
pdane_cli_bad_option(const struct pdane_cli_command *c, int code, char *const *argv)
{
        char shown[PDANE_CLI_SHOWN_MAX];
        const char *word = pdane_cli_show(argv[optind - 1], shown, sizeof(shown));

        if (code == ':')
                return pdane_cli_usage(c, "%s: a value is missing", word);
        return pdane_cli_usage(c, "%s: no such option, or one that takes no value", word);
}

int
pdane_cli_simple_parse(const struct pdane_cli_command *c, struct pdane_cli_simple_options *ret,
                       int argc, char **argv, int words)
{
        static const struct option table[] = {
                {"json", no_argument, NULL, 'j'},
                {"help", no_argument, NULL, 'h'},
                {NULL, 0, NULL, 0},
        };
        struct pdane_cli_simple_options o = {.word = NULL};
        char shown[PDANE_CLI_SHOWN_MAX];
        int code;

        while ((code = getopt_long(argc, argv, ":", table, NULL)) != -1) {
                if (code == 'j')
                        o.json = true;
                else if (code == 'h')
                        o.help = true;
                else
                        return pdane_cli_bad_option(c, code, argv);
        }
        if (!o.help && argc - optind > words)
                return pdane_cli_usage(c, "\"%s\": unexpected",
                                       pdane_cli_show(argv[optind + words], shown, sizeof(shown)));
        o.word = optind < argc ? argv[optind] : NULL;
        *ret = o;
        return 0;
}

int64_t
pdane_cli_now_ms(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
