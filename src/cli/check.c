/* SPDX-License-Identifier: BSD-3-Clause */
/* p11-dane check: asks the daemon about a host and shows what it says. Decides nothing but the exit
 * status. */
#include "cli/check.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/check_graph.h"
#include "cli/cli.h"
#include "cli/daemon.h"
#include "cli/graph_file.h"
#include "cli/json.h"
#include "cli/text.h"
#include "trust/name.h"

struct options {
        bool json, fresh, help;
        const char *graph; /* the file; NULL: no picture */
        struct pdane_name host;
        uint16_t port;
};

static const char help[] =
        "usage: p11-dane check [--json] [--fresh] [--graph FILE] HOST[:PORT]\n"
        "\n"
        "Asks the daemon what it makes of HOST at PORT (443), and shows why: DNSSEC, the TLSA\n"
        "records one by one, the certificates that the server sends, each name and whether it is\n"
        "covered, what each kind of client does, and what the site's owner can do about it.\n"
        "\n"
        "  --json    for machines; the keys are described in p11-dane(1)\n"
        "  --fresh   look it up anew, even if something is known\n"
        "  --graph FILE\n"
        "            the chain of trust as a picture, too: .svg and .png by Graphviz, .dot without "
        "it\n"
        "  --help    print this\n"
        "\n"
        "P11_DANE_SOCKET names another socket of the daemon's.\n"
        "\n"
        "Exit status: 0 every kind of client accepts; 1 some do; 2 none does; 3 it cannot be\n"
        "told (no daemon, no answer from DNS or from the server); 64 bad usage; 74 the picture\n"
        "could not be made.\n";

/* ---- options ---- */

/* Splits HOST[:PORT]. Whatever has several colons or brackets is an address or nothing. */
static int
take_target(const struct pdane_cli_command *self, struct options *o, const char *text)
{
        char shown[PDANE_CLI_SHOWN_MAX];
        const char *colon = strchr(text, ':');
        size_t len = colon ? (size_t)(colon - text) : strlen(text);
        int64_t port = 443;

        pdane_cli_show(text, shown, sizeof(shown));
        if (strchr(text, '/'))
                return pdane_cli_usage(self, "\"%s\": a URL; its host name alone is wanted", shown);
        if (*text == '[' || (colon && strchr(colon + 1, ':')) || pdane_name_is_address(text, len))
                return pdane_cli_usage(self,
                                       "\"%s\": an address; DANE needs a name, which records can "
                                       "stand at",
                                       shown);
        if (colon && !pdane_cli_number(colon + 1, 1, UINT16_MAX, &port))
                return pdane_cli_usage(self, "\"%s\": no port (1 to 65535) after the colon", shown);
        if (pdane_host_parse(text, len, &o->host) < 0)
                return pdane_cli_usage(self, "\"%s\": not a host name of two labels or more",
                                       shown);
        o->port = (uint16_t)port;
        return 0;
}

static int
parse_options(const struct pdane_cli_command *self, struct options *o, int argc, char **argv)
{
        static const struct option table[] = {
                {"json", no_argument, NULL, 'j'},
                {"fresh", no_argument, NULL, 'f'},
                {"graph", required_argument, NULL, 'g'},
                {"help", no_argument, NULL, 'h'},
                {NULL, 0, NULL, 0},
        };
        char shown[PDANE_CLI_SHOWN_MAX];
        int code;

        while ((code = getopt_long(argc, argv, ":", table, NULL)) != -1) {
                if (code == 'j')
                        o->json = true;
                else if (code == 'f')
                        o->fresh = true;
                else if (code == 'g')
                        o->graph = optarg;
                else if (code == 'h')
                        o->help = true;
                else
                        return pdane_cli_bad_option(self, code, argv);
        }
        if (o->help)
                return 0;
        if (o->graph && !pdane_graph_form(o->graph))
                return pdane_cli_usage(self, "--graph: \"%s\": neither .dot nor .svg nor .png",
                                       pdane_cli_show(o->graph, shown, sizeof(shown)));
        if (optind + 1 != argc)
                return pdane_cli_usage(self,
                                       optind == argc ? "HOST is missing" : "one HOST is enough");
        return take_target(self, o, argv[optind]);
}

/* ---- progress ---- */

struct asking {
        struct pdane_cli_report *report;
        const char *host;
        bool progress; /* somebody watches */
        bool shown;
};

static void
clear_progress(struct asking *a)
{
        if (a->shown)
                fputs("\r\033[K", stderr);
        a->shown = false;
}

static void
show_progress(struct asking *a, uint32_t stage)
{
        if (!a->progress)
                return;
        clear_progress(a);
        fprintf(stderr, "%s: %s ...", a->host,
                stage == 1 ? "asking DNS" : "asking the server, and DNS for its other names");
        fflush(stderr);
        a->shown = true;
}

static int
on_part(void *arg, const struct pdane_part *p)
{
        struct asking *a = arg;

        if (p->kind == PDANE_PART_STAGE) {
                show_progress(a, p->stage.stage);
                return 0;
        }
        return pdane_cli_report_add(a->report, p);
}

/* ---- the picture ---- */

/* The tags of the root's keys are the daemon's status, not the host's. */
static int
on_status(void *arg, const struct pdane_part *p)
{
        char *tags = arg;

        if (p->kind == PDANE_PART_VALUE && strcmp(p->value.key, "root_key_tags") == 0)
                snprintf(tags, PDANE_REPORT_TEXT_MAX + 1, "%s", p->value.text);
        return 0;
}

/* 0, or an exit status after a message. */
static int
write_graph(const struct pdane_cli_command *self, const char *path,
            const struct pdane_cli_report *r)
{
        const struct pdane_control_request rq = {.type = PDANE_CONTROL_STATUS};
        char tags[PDANE_REPORT_TEXT_MAX + 1] = "", error[PDANE_GRAPH_ERROR_MAX];
        char shown[PDANE_CLI_SHOWN_MAX], *text = NULL;
        struct pdane_cli_conversation c = {.part = on_status, .arg = tags};
        size_t len = 0;
        FILE *f = open_memstream(&text, &len);
        int result;

        if (!f)
                return pdane_cli_fail(self, -ENOMEM);
        pdane_cli_converse(&rq, &c); /* without an answer the picture has no tags */
        pdane_cli_check_graph(r, tags, f);
        if (fclose(f) != 0) {
                free(text);
                return pdane_cli_fail(self, -ENOMEM);
        }
        result = pdane_graph_write(path, text, len, PDANE_GRAPH_PROGRAMS, PDANE_GRAPH_MS, error);
        free(text);
        if (result == 0)
                return 0;
        pdane_cli_complain(self, "%s: %s", pdane_cli_show(path, shown, sizeof(shown)), error);
        return PDANE_CLI_OUTPUT;
}

/* ---- the end ---- */

static int
status_of(const struct pdane_cli_report *r)
{
        unsigned accepting = 0;
        struct pdane_cli_verdict v;

        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++) {
                pdane_cli_report_judge(r, (enum pdane_judge_kind)k, &v);
                accepting += v.accepted;
        }
        if (accepting == PDANE_JUDGE_KINDS)
                return PDANE_CLI_OK;
        if (accepting > 0)
                return PDANE_CLI_SOME_REFUSE;
        return pdane_cli_report_is_unknown(r) ? PDANE_CLI_UNKNOWN : PDANE_CLI_NO_MATCH;
}

static int
fail(const struct pdane_cli_command *self, const struct options *o, const char *error)
{
        struct pdane_json to = {.to = stdout};

        pdane_cli_complain(self, "%s", error);
        if (o->json) {
                pdane_json_begin(&to, NULL, '{');
                pdane_json_string(&to, "host", o->host.text);
                pdane_json_number(&to, "port", o->port);
                pdane_json_string(&to, "error", error);
                pdane_json_number(&to, "exit_status", PDANE_CLI_UNKNOWN);
                pdane_json_end(&to, '}');
        }
        return PDANE_CLI_UNKNOWN;
}

static int
check(const struct pdane_cli_command *self, const struct options *o, struct pdane_cli_report *r)
{
        struct asking a = {.report = r, .host = o->host.text};
        struct pdane_cli_conversation c = {.part = on_part, .arg = &a};
        const struct pdane_control_request rq = {
                .type = PDANE_CONTROL_CHECK,
                .host = {(const uint8_t *)o->host.text, strlen(o->host.text)},
                .port = o->port,
                .flags = o->fresh ? PDANE_CHECK_FRESH : 0,
        };
        int result, status;

        a.progress = isatty(STDERR_FILENO) == 1;
        result = pdane_cli_converse(&rq, &c);
        clear_progress(&a);
        if (result < 0)
                return fail(self, o, *c.error ? c.error : strerror(-result));
        if (!r->has_context)
                return fail(self, o, "the daemon's reply is not complete");
        status = status_of(r);
        if (o->json)
                pdane_cli_check_json(r, status);
        else
                pdane_cli_check_text(r);
        result = o->graph ? write_graph(self, o->graph, r) : 0;
        return result != 0 ? result : status;
}

static int
run(const struct pdane_cli_command *self, int argc, char **argv)
{
        struct options o = {.port = 443};
        struct pdane_cli_report *r;
        int status = parse_options(self, &o, argc, argv);

        if (status != 0)
                return status;
        if (o.help)
                return pdane_cli_help(self);
        r = calloc(1, sizeof(*r));
        if (!r)
                return pdane_cli_fail(self, -ENOMEM);
        status = check(self, &o, r);
        pdane_cli_report_clear(r);
        free(r);
        return status;
}

const struct pdane_cli_command pdane_cli_check = {
        .name = "check",
        .summary = "what the daemon makes of a host, and why",
        .help = help,
        .run = run,
};
