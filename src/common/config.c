/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration file: one table of keys, read by inih. */
#include "common/config.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/config_value.h"
#include "common/log.h"

#define LINE_MAX_CHARS 4096 /* where inih lets it be set */

struct reading {
        struct pdane_config *c;
        const char *path;
        FILE *file;
        char *line;
        size_t line_cap;
        unsigned line_no, error_line;
        uint32_t seen; /* a bit for each row of keys[] */
        int result;    /* 0 until the first error */
        char *error;
};

__attribute__((format(printf, 3, 4))) static int
fail(struct reading *rd, int result, const char *format, ...)
{
        if (rd->result < 0)
                return rd->result; /* the first error is the one to tell */
        char what[256];
        va_list ap;
        va_start(ap, format);
        vsnprintf(what, sizeof what, format, ap);
        va_end(ap);
        rd->result = result;
        rd->error_line = rd->line_no;
        if (asprintf(&rd->error, "%s:%u: %s", rd->path, rd->line_no, what) < 0) {
                rd->error = NULL;
                rd->result = -ENOMEM;
        }
        return rd->result;
}

/* ---- keys ---- */

#define SETTER(name, call)                                                                         \
        static int set_##name(struct reading *rd, const char *text, const char **ret_wanted)       \
        {                                                                                          \
                struct pdane_config *c = rd->c;                                                    \
                return call;                                                                       \
        }

SETTER(socket, pdane_value_path(text, false, &c->socket, ret_wanted))
SETTER(log_level, pdane_value_log_level(text, &c->log_level, ret_wanted))
SETTER(user, pdane_value_user(text, &c->user, ret_wanted))
SETTER(state_dir, pdane_value_path(text, false, &c->state_dir, ret_wanted))
SETTER(metrics_file, pdane_value_path(text, true, &c->metrics_file, ret_wanted))
SETTER(sandbox, pdane_value_bool(text, &c->sandbox, ret_wanted))
SETTER(unbound_conf, pdane_value_path(text, true, &c->unbound_conf, ret_wanted))
SETTER(trust_anchor_file, pdane_value_path(text, true, &c->trust_anchor_file, ret_wanted))
SETTER(forward, pdane_value_forward(text, c, ret_wanted))
SETTER(tlsa_ahead, pdane_value_bool(text, &c->tlsa_ahead, ret_wanted))
SETTER(ports, pdane_value_ports(text, c->ports, &c->n_ports, ret_wanted))
SETTER(deadline, pdane_value_ms(text, &c->deadline_ms, ret_wanted))
SETTER(name_deadline, pdane_value_ms(text, &c->name_deadline_ms, ret_wanted))
SETTER(hint_deadline, pdane_value_ms(text, &c->hint_deadline_ms, ret_wanted))
SETTER(min_ttl, pdane_value_min_ttl(text, c->max_ttl_s, &c->min_ttl_s, ret_wanted))
SETTER(max_ttl, pdane_value_max_ttl(text, c->min_ttl_s, &c->max_ttl_s, ret_wanted))
SETTER(legacy_sha1, pdane_value_bool(text, &c->legacy_sha1, ret_wanted))
SETTER(certs_dir, pdane_value_path(text, true, &c->certs_dir, ret_wanted))
SETTER(allow_domains, pdane_value_strings(text, &c->allow_domains, ret_wanted))
SETTER(deny_domains, pdane_value_strings(text, &c->deny_domains, ret_wanted))
SETTER(deny_programs, pdane_value_strings(text, &c->deny_programs, ret_wanted))
SETTER(allow_loopback, pdane_value_bool(text, &c->allow_loopback, ret_wanted))

static int
add_watch(void *arg, const char *item)
{
        struct reading *rd = arg;
        struct pdane_config *c = rd->c;
        if (c->n_watch == PDANE_WATCH_MAX)
                return -E2BIG;
        char *copy = strdup(item);
        if (!copy)
                return -ENOMEM;
        c->watch_lines[c->n_watch] = rd->line_no;
        c->watch[c->n_watch++] = copy;
        return 0;
}

static int
set_watch(struct reading *rd, const char *text, const char **ret_wanted)
{
        int r = pdane_value_list(text, add_watch, rd);
        if (r == -E2BIG) {
                *ret_wanted = "at most 1024 names";
                return -EINVAL;
        }
        return r;
}

static const struct key {
        const char *section, *name;
        int (*set)(struct reading *rd, const char *text, const char **ret_wanted);
        bool repeats; /* may be given several times, each adding to the list */
} keys[] = {
        {"daemon", "socket", set_socket, false},
        {"daemon", "log-level", set_log_level, false},
        {"daemon", "user", set_user, false},
        {"daemon", "state-dir", set_state_dir, false},
        {"daemon", "metrics-file", set_metrics_file, false},
        {"daemon", "sandbox", set_sandbox, false},
        {"dns", "unbound-conf", set_unbound_conf, false},
        {"dns", "trust-anchor-file", set_trust_anchor_file, false},
        {"dns", "forward", set_forward, false},
        {"dns", "tlsa-ahead", set_tlsa_ahead, false},
        {"lookup", "ports", set_ports, false},
        {"lookup", "deadline-ms", set_deadline, false},
        {"lookup", "name-deadline-ms", set_name_deadline, false},
        {"lookup", "hint-deadline-ms", set_hint_deadline, false},
        {"lookup", "watch", set_watch, true},
        {"lookup", "allow-loopback", set_allow_loopback, false},
        {"policy", "allow-domains", set_allow_domains, true},
        {"policy", "deny-domains", set_deny_domains, true},
        {"policy", "deny-programs", set_deny_programs, true},
        {"policy", "min-ttl", set_min_ttl, false},
        {"policy", "max-ttl", set_max_ttl, false},
        {"policy", "legacy-sha1", set_legacy_sha1, false},
        {"openssl", "directory", set_certs_dir, false},
};
#define N_KEYS (sizeof keys / sizeof *keys)
_Static_assert(N_KEYS <= 32, "struct reading.seen has a bit for each key");

static const struct key *
find_key(const char *section, const char *name)
{
        for (size_t i = 0; i < N_KEYS; i++)
                if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0)
                        return &keys[i];
        return NULL;
}

static void
apply(struct reading *rd, const char *section, const char *name, const char *value)
{
        char s[64], n[64], v[128];
        const char *phrase = "something else";
        pdane_log_escape(section, strlen(section), s, sizeof s);
        pdane_log_escape(name, strlen(name), n, sizeof n);
        pdane_log_escape(value, strlen(value), v, sizeof v);

        const struct key *k = find_key(section, name);
        if (!k) {
                fail(rd, -EINVAL, "unknown key \"%s\" in section [%s]", n, s);
                return;
        }
        uint32_t bit = UINT32_C(1) << (k - keys);
        if (rd->seen & bit && !k->repeats) {
                fail(rd, -EINVAL, "[%s] %s is set twice", s, n);
                return;
        }
        rd->seen |= bit;
        int r = k->set(rd, value, &phrase);
        if (r == -EINVAL)
                fail(rd, r, "[%s] %s: \"%s\" is not right: expected %s", s, n, v, phrase);
        else if (r < 0)
                fail(rd, r, "[%s] %s: %s", s, n, strerror(-r));
}

/* inih's handler: nonzero means go on. */
static int
on_value(void *user, const char *section, const char *name, const char *value)
{
        struct reading *rd = user;
        if (rd->result == 0)
                apply(rd, section, name, value);
        return rd->result == 0;
}

/*
 * inih's reader, like fgets. inih itself would cut a long line in two and take the rest for another
 * key; and it would not see a NUL: both are told as errors.
 */
static char *
read_line(char *str, int num, void *stream)
{
        struct reading *rd = stream;
        if (rd->result < 0)
                return NULL;
        ssize_t len = getline(&rd->line, &rd->line_cap, rd->file);
        if (len < 0) {
                if (ferror(rd->file))
                        fail(rd, -EIO, "cannot be read");
                return NULL;
        }
        rd->line_no++;
        if (len >= num)
                fail(rd, -EINVAL, "the line is longer than %d characters", num - 2);
        else if (memchr(rd->line, '\0', (size_t)len))
                fail(rd, -EINVAL, "the line holds a NUL character");
        if (rd->result < 0)
                return NULL;
        memcpy(str, rd->line, (size_t)len + 1);
        return str;
}

/* ---- whole ---- */

static struct pdane_config *
new_default(void)
{
        struct pdane_config *c = calloc(1, sizeof *c);
        if (!c)
                return NULL;
        c->socket = strdup("/run/p11-dane/socket");
        c->log_level = PDANE_LOG_INFO;
        c->user = strdup("p11-dane");
        c->state_dir = strdup("/var/lib/p11-dane");
        c->metrics_file = strdup("");
        c->sandbox = true;
        c->unbound_conf = strdup("");
        c->trust_anchor_file = strdup("");
        c->forward = PDANE_FORWARD_AUTO;
        c->forward_to = strdup("");
        c->tlsa_ahead = true;
        c->ports[0] = 443;
        c->n_ports = 1;
        c->deadline_ms = 4000;
        c->name_deadline_ms = 1500;
        c->hint_deadline_ms = 250;
        c->allow_domains = calloc(1, sizeof(char *));
        c->deny_domains = calloc(1, sizeof(char *));
        c->deny_programs = calloc(1, sizeof(char *));
        c->min_ttl_s = PDANE_EVIDENCE_FLOOR_S;
        c->max_ttl_s = PDANE_EVIDENCE_CAP_S;
        c->legacy_sha1 = true;
        c->certs_dir = strdup("/run/p11-dane/certs");
        c->watch = calloc(PDANE_WATCH_MAX, sizeof *c->watch);
        c->watch_lines = calloc(PDANE_WATCH_MAX, sizeof *c->watch_lines);
        if (!c->socket || !c->user || !c->state_dir || !c->metrics_file || !c->unbound_conf || !c->trust_anchor_file ||
            !c->forward_to || !c->allow_domains || !c->deny_domains || !c->deny_programs ||
            !c->certs_dir || !c->watch || !c->watch_lines) {
                pdane_config_free(c);
                return NULL;
        }
        return c;
}

static void
free_strings(char **list)
{
        for (char **at = list; at && *at; at++)
                free(*at);
        free(list);
}

void
pdane_config_free(struct pdane_config *c)
{
        if (!c)
                return;
        for (size_t i = 0; i < c->n_watch; i++)
                free(c->watch[i]);
        free(c->watch);
        free(c->watch_lines);
        free(c->socket);
        free(c->user);
        free(c->state_dir);
        free(c->metrics_file);
        free(c->unbound_conf);
        free(c->trust_anchor_file);
        free(c->forward_to);
        free(c->certs_dir);
        free_strings(c->allow_domains);
        free_strings(c->deny_domains);
        free_strings(c->deny_programs);
        free(c);
}

static int
whole_file_error(char **ret_error, const char *path, int r)
{
        if (asprintf(ret_error, "%s: %s", path, strerror(-r)) < 0)
                *ret_error = NULL;
        return r;
}

/* A missing file is not an error and leaves *ret NULL. Only a regular file will do: a FIFO would
 * block the start. */
static int
open_file(const char *path, FILE **ret)
{
        struct stat st;
        FILE *f = fopen(path, "re");
        if (!f)
                return errno == ENOENT ? 0 : -errno;
        if (fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode)) {
                fclose(f);
                return -EINVAL;
        }
        *ret = f;
        return 0;
}

static void
parse(struct reading *rd)
{
#ifdef PDANE_INIH_MAX_LINE
        ini_use_stack = 0;
        ini_initial_alloc = LINE_MAX_CHARS;
        ini_max_line = LINE_MAX_CHARS;
#endif
        int at = ini_parse_stream(read_line, rd, on_value, rd);
        /* inih gives the first line at fault, ours among them: an earlier one than ours is about
         * form. */
        if (at > 0 && (rd->result == 0 || (unsigned)at < rd->error_line)) {
                free(rd->error);
                rd->error = NULL;
                rd->result = 0;
                rd->line_no = (unsigned)at;
                fail(rd, -EINVAL, "neither [section] nor key=value");
        }
        if (at < 0)
                fail(rd, -ENOMEM, "out of memory");
}

int
pdane_config_load(const char *path, struct pdane_config **ret, char **ret_error)
{
        struct reading rd = {.path = path};
        int r = open_file(path, &rd.file);
        if (r < 0)
                return whole_file_error(ret_error, path, r);
        rd.c = new_default();
        if (!rd.c)
                rd.result = whole_file_error(ret_error, path, -ENOMEM);
        else if (rd.file)
                parse(&rd);
        if (rd.file)
                fclose(rd.file);
        free(rd.line);
        if (rd.result < 0) {
                pdane_config_free(rd.c);
                if (rd.error)
                        *ret_error = rd.error;
                return rd.result;
        }
        *ret = rd.c;
        return 0;
}
