/* SPDX-License-Identifier: BSD-3-Clause */
/* p11-daned: options, configuration, socket, privileges; then the event loop. */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/config.h"
#include "common/limits.h"
#include "common/log.h"
#include "daemon/daemon.h"
#include "daemon/notify.h"
#include "daemon/privileges.h"
#include "daemon/sandbox.h"
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

/* What the daemon has been given before it reads from the network. */
struct start {
        int fd;                      /* listening */
        char *socket;                /* its path, when we made it */
        char *state_dir, *certs_dir; /* the configuration's, which the daemon takes */
        char *metrics_file;
};

static void
clear_start(struct start *s)
{
        free(s->socket);
        free(s->state_dir);
        free(s->certs_dir);
        free(s->metrics_file);
}

static int
get_socket(const struct pdane_config *cfg, struct start *s, char **ret_error)
{
        int r = pdane_server_inherit(&s->fd, ret_error);
        if (r != 0)
                return r < 0 ? r : 0;
        s->socket = strdup(cfg->socket);
        return s->socket ? pdane_server_listen(cfg->socket, &s->fd, ret_error) : -ENOMEM;
}

/* Clients, probes and DNS questions at their limits need more than the 1024 that a shell gives.
 * With fewer, accepting pauses and lookups fail: no reason not to start. */
static void
raise_descriptors(void)
{
        struct rlimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= PDANE_DESCRIPTORS)
                return;
        limit.rlim_cur = limit.rlim_max < PDANE_DESCRIPTORS ? limit.rlim_max : PDANE_DESCRIPTORS;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
                pdane_log(PDANE_LOG_WARNING, "event=few-descriptors errno=%d", errno);
}

/* Small pieces of memory that were freed are not put off until there are so many of them that
 * tidying up takes milliseconds, while clients wait. */
static void
keep_tidy(void)
{
#ifdef M_MXFAST
        (void)mallopt(M_MXFAST, 0);
#endif
}

static int
prepare(const struct pdane_config *cfg, struct start *s, char **ret_error)
{
        const struct pdane_own_directory dirs[] = {{cfg->state_dir, 0750}, {cfg->certs_dir, 0755}};
        s->state_dir = strdup(cfg->state_dir);
        s->certs_dir = strdup(cfg->certs_dir);
        s->metrics_file = strdup(cfg->metrics_file);
        if (!s->state_dir || !s->certs_dir || !s->metrics_file)
                return -ENOMEM;
        int r = pdane_notify_open();
        if (r < 0)
                pdane_log(PDANE_LOG_WARNING, "event=notify-failed errno=%d", -r);
        r = get_socket(cfg, s, ret_error);
        if (r == 0)
                r = pdane_privileges_drop(cfg->user, dirs, sizeof dirs / sizeof *dirs, ret_error);
        return r;
}

static int
enter_sandbox(const struct start *s, bool wanted, char **ret_error)
{
        const struct pdane_sandbox sandbox = {.state_dir = s->state_dir,
                                              .certs_dir = s->certs_dir,
                                              .metrics_file = s->metrics_file,
                                              .socket = s->socket};
        struct pdane_sandbox_force force = {false, false};
        int r = wanted ? pdane_sandbox_enter(&sandbox, &force, ret_error) : 0;
        if (r == 0)
                pdane_log(force.calls ? PDANE_LOG_INFO : PDANE_LOG_WARNING,
                          "event=sandbox system-calls=%s files=%s", force.calls ? "limited" : "any",
                          force.files ? "limited" : "any");
        return r;
}

static int
serve(struct pdane_config *cfg, const char *config_path)
{
        struct pdane_daemon *d = NULL;
        struct start s = {.fd = -1};
        char *error = NULL;
        bool sandbox = cfg->sandbox;
        int r = prepare(cfg, &s, &error);
        if (r < 0) {
                if (s.fd >= 0)
                        close(s.fd);
                pdane_config_free(cfg);
        } else {
                r = pdane_daemon_new(cfg, config_path, s.fd, &d, &error);
        }
        if (r == 0)
                r = enter_sandbox(&s, sandbox, &error);
        if (r == 0)
                r = pdane_daemon_run(d);
        pdane_daemon_free(d);
        /* Best effort: without the right to, the next start finds it stale and replaces it. */
        if (s.socket && s.fd >= 0)
                unlink(s.socket);
        clear_start(&s);
        pdane_notify_close();
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
                bool is_there = access(o.config, F_OK) == 0 || errno != ENOENT;
                printf("%s: ok%s\n", o.config, is_there ? "" : " (not there: the defaults)");
                pdane_config_free(cfg);
                return 0;
        }
        signal(SIGPIPE, SIG_IGN);
        keep_tidy();
        raise_descriptors();
        pdane_log_set_level(cfg->log_level);
        return serve(cfg, o.config);
}
