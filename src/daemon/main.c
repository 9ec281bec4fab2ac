/* SPDX-License-Identifier: BSD-3-Clause */
/* p11-daned: options, configuration, socket, privileges; then the event loop. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config.h"
#include "common/log.h"
#include "daemon/daemon.h"
#include "daemon/privileges.h"
#include "daemon/server.h"

struct options {
        const char *config;
        bool check_config;
};

static void
usage(FILE *to)
{
        fputs("usage: p11-daned [--config FILE] [--foreground] [--check-config]\n"
              "\n"
              "  --config FILE    read FILE instead of " PDANE_CONFIG_FILE "\n"
              "  --foreground     stay in the foreground: it always does; accepted for scripts\n"
              "  --check-config   read the configuration, say what is wrong with it, and exit 0 or "
              "1\n"
              "  --version        print the version\n"
              "  --help           print this\n",
              to);
}

/* Exits by itself for --help, --version and bad usage. */
static struct options
parse_options(int argc, char **argv)
{
        static const struct option table[] = {
                {"config", required_argument, NULL, 'c'}, {"foreground", no_argument, NULL, 'f'},
                {"check-config", no_argument, NULL, 'k'}, {"version", no_argument, NULL, 'V'},
                {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
        };
        struct options o = {.config = PDANE_CONFIG_FILE};
        int c;
        while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
                switch (c) {
                case 'c':
                        o.config = optarg;
                        break;
                case 'f':
                        break;
                case 'k':
                        o.check_config = true;
                        break;
                case 'V':
                        puts("p11-daned " PDANE_VERSION);
                        exit(0);
                case 'h':
                        usage(stdout);
                        exit(0);
                default:
                        usage(stderr);
                        exit(64);
                }
        }
        if (optind != argc) {
                fprintf(stderr, "p11-daned: unexpected argument \"%s\"\n", argv[optind]);
                usage(stderr);
                exit(64);
        }
        return o;
}

static int
complain(char *error, int r)
{
        fprintf(stderr, "p11-daned: %s\n", error ? error : strerror(-r));
        free(error);
        return 1;
}

static int
serve(struct pdane_config *cfg, const char *config_path)
{
        struct pdane_daemon *d = NULL;
        char *error = NULL;
        int fd = -1;
        char *socket_path = strdup(cfg->socket);
        int r = socket_path ? pdane_server_listen(cfg->socket, &fd, &error) : -ENOMEM;
        if (r < 0) {
                free(socket_path);
                pdane_config_free(cfg);
                return complain(error, r);
        }
        const struct pdane_own_directory dirs[] = {{cfg->state_dir, 0750}, {cfg->certs_dir, 0755}};
        r = pdane_privileges_drop(cfg->user, dirs, sizeof dirs / sizeof *dirs, &error);
        if (r < 0) {
                close(fd);
                pdane_config_free(cfg);
        } else {
                r = pdane_daemon_new(cfg, config_path, fd, &d, &error);
        }
        if (r == 0)
                r = pdane_daemon_run(d);
        pdane_daemon_free(d);
        /* Best effort: without the right to, the next start finds it stale and replaces it. */
        unlink(socket_path);
        free(socket_path);
        return r < 0 ? complain(error, r) : 0;
}

int
main(int argc, char **argv)
{
        struct options o = parse_options(argc, argv);
        struct pdane_config *cfg = NULL;
        char *error = NULL;
        int r = pdane_config_load(o.config, &cfg, &error);
        if (r == 0)
                r = pdane_daemon_check_config(cfg, o.config, &error);
        if (r < 0) {
                pdane_config_free(cfg);
                return complain(error, r);
        }
        if (o.check_config) {
                printf("%s: ok\n", o.config);
                pdane_config_free(cfg);
                return 0;
        }
        signal(SIGPIPE, SIG_IGN);
        pdane_log_set_level(cfg->log_level);
        return serve(cfg, o.config);
}
