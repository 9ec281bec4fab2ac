/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the subcommands share: how they are called, how they complain, what they exit with. Each is
 * one file that knows nothing of the others.
 */
#ifndef PDANE_CLI_H
#define PDANE_CLI_H

#include <stdbool.h>
#include <stdint.h>

enum pdane_cli_status {
        PDANE_CLI_OK = 0,
        PDANE_CLI_SOME_REFUSE = 1, /* check, verify: some kind of client refuses */
        PDANE_CLI_NO_MATCH = 2,    /* verify: no DANE match; check: every kind of client refuses */
        PDANE_CLI_UNKNOWN = 3,     /* it cannot be told: no daemon, no answer */
        PDANE_CLI_USAGE = 64,      /* bad usage, or input that cannot be read */
        PDANE_CLI_SOFTWARE = 70,   /* out of memory, or OpenSSL failed */
        PDANE_CLI_OUTPUT = 74,     /* standard output, or the file asked for, could not be written */
};

struct pdane_cli_command {
        const char *name;
        const char *summary; /* one line for the list of commands */
        const char *help;    /* for --help, with a newline at the end */
        int (*run)(const struct pdane_cli_command *self, int argc, char **argv); /* exit status */
};

extern const struct pdane_cli_command pdane_cli_check, pdane_cli_status, pdane_cli_list,
        pdane_cli_flush, pdane_cli_watch, pdane_cli_verify, pdane_cli_tlsa;

/* "p11-dane NAME: ..." and a newline on standard error. Returns PDANE_CLI_USAGE. Values that come
 * from outside are escaped by the caller. */
int pdane_cli_complain(const struct pdane_cli_command *c, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* The same with a hint at --help, for what is wrong with the command itself. */
int pdane_cli_usage(const struct pdane_cli_command *c, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* What getopt_long returned ':' or '?' for, with a leading colon in its short options. */
int pdane_cli_bad_option(const struct pdane_cli_command *c, int code, char *const *argv);

/* What is all that some commands take: --json, --help, and perhaps one word. */
struct pdane_cli_simple_options {
        bool json, help;
        const char *word; /* NULL: none */
};
/* 0, or an exit status after a message. words: how many may be given, 0 or 1. */
int pdane_cli_simple_parse(const struct pdane_cli_command *c, struct pdane_cli_simple_options *ret,
                           int argc, char **argv, int words);

struct pdane_cli_certs;
/* The certificates in a file (pem.h). 0, or an exit status after a message. */
int pdane_cli_read_certs(const struct pdane_cli_command *c, const char *path,
                         struct pdane_cli_certs *ret);

/* Prints help on standard output. Returns PDANE_CLI_OK. */
int pdane_cli_help(const struct pdane_cli_command *c);

/* "out of memory", or whatever errno value -r is. Returns PDANE_CLI_SOFTWARE. */
int pdane_cli_fail(const struct pdane_cli_command *c, int r);

/* Milliseconds of a clock that nobody sets, for deadlines. */
int64_t pdane_cli_now_ms(void);

#endif
