/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traps of libunbound's event API that this file keeps from the others (1.17.1, the same in 1.13 to
 * 1.22):
 * - ub_resolve_event calls back from inside when the cache or local data answer.
 * - ub_cancel only marks a query; it stays in the machine until it ends.
 * - ub_ctx_delete calls back every query that is not cancelled, with SERVFAIL, while it frees.
 * - a packet is passed with an rcode as well, but holds something else then.
 * - the log is one FILE for the process, and deleting any context turns it off.
 * - what is asked within one callback is sent by timers of the same moment, in no order.
 */
#include "daemon/resolver_unbound.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unbound-event.h>
#include <unbound.h>
#include <unistd.h>

#include "common/log.h"

#define TEXT(x) #x
#define TEXT_OF(x) TEXT(x)
#define CLASS_IN 1
#define TYPE_A 1

enum kind {
        KIND_ASKED,
        KIND_WARMING, /* these two count apart */
        KIND_AHEAD,
};

struct pdane_ub_query {
        LIST_ENTRY(pdane_ub_query) entries;
        struct pdane_ub *ub;
        pdane_ub_cb cb; /* NULL: forgotten */
        void *arg;
        struct pdane_ub_query **handle; /* while pdane_ub_ask runs: where to say that it is over */
        int id;
        uid_t uid; /* whose share it takes */
        enum kind kind;
};

struct pdane_ub {
        struct event_base *base;
        struct ub_ctx *ctx;
        LIST_HEAD(, pdane_ub_query) queries;
        size_t count, warming, n_ahead;
        uid_t ahead[PDANE_UB_AHEAD_MAX]; /* for whom */
        struct pdane_dns_shares shares;
};

/* ---- log ---- */

static struct {
        FILE *stream; /* one for the process, never closed: libunbound keeps a pointer to it */
        char line[1024];
        size_t len;
        char first_error[1024]; /* since it was emptied: the later ones follow from it */
} ub_log;

/* "[TIME] libunbound[PID:THREAD] LEVEL: TEXT" */
static void
log_line(char *line)
{
        char escaped[sizeof ub_log.line];
        enum pdane_log_level level = PDANE_LOG_DEBUG;
        char *text = strstr(line, "libunbound[");
        text = text ? strstr(text, "] ") : NULL;
        text = text ? text + 2 : line;
        if (strncmp(text, "error: ", 7) == 0 && !ub_log.first_error[0])
                snprintf(ub_log.first_error, sizeof ub_log.first_error, "%s", text + 7);
        if (strncmp(text, "fatal error: ", 13) == 0)
                level = PDANE_LOG_ERROR;
        if (level > pdane_log_get_level())
                return;
        pdane_log(level, "event=libunbound text=%s",
                  pdane_log_escape(text, strlen(text), escaped, sizeof escaped));
}

static ssize_t
log_write(void *cookie, const char *data, size_t len)
{
        (void)cookie;
        for (size_t i = 0; i < len; i++) {
                if (data[i] != '\n') {
                        if (ub_log.len < sizeof ub_log.line - 1)
                                ub_log.line[ub_log.len++] = data[i];
                        continue;
                }
                ub_log.line[ub_log.len] = '\0';
                ub_log.len = 0;
                log_line(ub_log.line);
        }
        return (ssize_t)len;
}

static void
log_attach(struct ub_ctx *ctx)
{
        if (!ub_log.stream) {
                ub_log.stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = log_write});
                if (!ub_log.stream)
                        return;
                setvbuf(ub_log.stream, NULL, _IONBF, 0);
        }
        ub_ctx_debugout(ctx, ub_log.stream);
}

/* ---- options ---- */

struct option {
        const char *name, *value;
        bool required; /* otherwise a version that does not know it lacks what it turns off */
};

/* Where an unbound.conf may say otherwise. Memory is bounded to some 20 MB. */
static const struct option preferences[] = {
        {"qname-minimisation:", "yes", false},
        {"aggressive-nsec:", "yes", false},
        {"harden-glue:", "yes", false},
        {"harden-dnssec-stripped:", "yes", true},
        {"harden-below-nxdomain:", "yes", false},
        {"edns-buffer-size:", "1232", false},
        {"outgoing-range:", TEXT_OF(PDANE_DNS_SOCKETS), false},
        {"outgoing-num-tcp:", "16", false},
        {"msg-cache-size:", "4194304", false},
        {"rrset-cache-size:", "8388608", false},
        {"key-cache-size:", "2097152", false},
        {"neg-cache-size:", "1048576", false},
        {"prefetch-key:", "yes", false},
        {"val-log-level:", "2", false}, /* otherwise there is no why_bogus */
        {"do-not-query-localhost:", "yes", false},
};

/*
 * What an unbound.conf may not change: validation is done, with the real time, and an answer's TTLs
 * say how long it is good for. The sections that a denial or wildcard rests on come along.
 * domain-insecure, local-data and auth-zone stay the administrator's: libunbound calls what they
 * yield insecure, never secure.
 */
static const struct option invariants[] = {
        {"module-config:", "validator iterator", true},
        {"val-permissive-mode:", "no", true},
        {"val-override-date:", "", true},
        {"serve-expired:", "no", true},
        {"serve-original-ttl:", "no", false},
        {"cache-min-ttl:", "0", true},
        {"minimal-responses:", "no", true},
        {"use-syslog:", "no", true},
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

static int
fail(char **ret_error, int result, const char *what, const char *detail)
{
        if (asprintf(ret_error, "%s%s%s", what, *detail ? ": " : "", detail) < 0)
                *ret_error = NULL;
        return result;
}

static int
errno_of(int ub_error)
{
        switch (ub_error) {
        case UB_NOERROR:
                return 0;
        case UB_NOMEM:
                return -ENOMEM;
        case UB_SYNTAX:
                return -EINVAL;
        default:
                return -EIO;
        }
}

static int
set_options(struct ub_ctx *ctx, const struct option *list, size_t n, char **ret_error)
{
        for (size_t i = 0; i < n; i++) {
                int r = ub_ctx_set_option(ctx, list[i].name, list[i].value);
                if (r != UB_NOERROR && list[i].required)
                        return fail(ret_error, errno_of(r), "libunbound does not take the option",
                                    list[i].name);
        }
        return 0;
}

/* A "directory:" statement changes the process's working directory while the file is parsed. */
static int
read_conf(struct ub_ctx *ctx, const char *path, char **ret_error)
{
        if (*path == '\0')
                return 0;
        if (access(path, R_OK) < 0)
                return fail(ret_error, -errno, path, strerror(errno));
        int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        int r = ub_ctx_config(ctx, path);
        if (cwd >= 0) {
                if (fchdir(cwd) < 0)
                        r = r ? r : UB_READFILE;
                close(cwd);
        }
        if (r != UB_NOERROR)
                return fail(
                        ret_error, errno_of(r), path,
                        "libunbound does not accept this file (what it objects to stands in the "
                        "output above)");
        return 0;
}

static int
set_anchor(struct ub_ctx *ctx, const struct pdane_anchor *a, char **ret_error)
{
        int r = a->tracked ? ub_ctx_add_ta_autr(ctx, a->path) : ub_ctx_add_ta_file(ctx, a->path);
        return r == UB_NOERROR ? 0 : fail(ret_error, errno_of(r), a->path, ub_strerror(r));
}

/* Where distributions keep the bundle of public CAs, for DNS over TLS. */
static const char *
find_bundle(void)
{
        static const char *const bundles[] = {
                "/etc/ssl/certs/ca-certificates.crt",
                "/etc/pki/tls/certs/ca-bundle.crt",
                "/etc/ssl/ca-bundle.pem",
                "/etc/ssl/cert.pem",
        };
        for (size_t i = 0; i < COUNT(bundles); i++)
                if (access(bundles[i], R_OK) == 0)
                        return bundles[i];
        return NULL;
}

static int
set_tls(struct ub_ctx *ctx, char **ret_error)
{
        char *bundle = NULL;
        int r = ub_ctx_get_option(ctx, "tls-cert-bundle", &bundle);
        bool given = r == UB_NOERROR && bundle && *bundle;
        free(bundle);
        if (!given) {
                const char *found = find_bundle();
                if (!found)
                        return fail(ret_error, -ENOENT,
                                    "forward: no bundle of CA certificates found",
                                    "set tls-cert-bundle in unbound-conf");
                r = ub_ctx_set_option(ctx, "tls-cert-bundle:", found);
        }
        if (r == UB_NOERROR)
                r = ub_ctx_set_tls(ctx, 1);
        return r == UB_NOERROR ? 0 : fail(ret_error, errno_of(r), "forward", ub_strerror(r));
}

static int
add_forwarders(struct ub_ctx *ctx, const struct pdane_forwarders *f, char **ret_error)
{
        for (size_t i = 0; f && i < f->n; i++) {
                int r = ub_ctx_set_fwd(ctx, f->text[i]);
                if (r != UB_NOERROR)
                        return fail(ret_error, errno_of(r), f->text[i], ub_strerror(r));
        }
        return 0;
}

static int
reach_forwarders(struct ub_ctx *ctx, const struct pdane_forwarders *f, char **ret_error)
{
        if (!f || f->n == 0)
                return 0;
        if (f->loopback && ub_ctx_set_option(ctx, "do-not-query-localhost:", "no") != UB_NOERROR)
                return fail(ret_error, -EIO, "forward", "servers on this machine cannot be asked");
        return f->tls ? set_tls(ctx, ret_error) : 0;
}

/* The forwarders come before the file: of two forward-zones for the root the later one wins. */
static int
configure(struct ub_ctx *ctx, const struct pdane_ub_options *o, char **ret_error)
{
        int r = set_options(ctx, preferences, COUNT(preferences), ret_error);
        if (r == 0)
                r = add_forwarders(ctx, o->forwarders, ret_error);
        if (r == 0)
                r = read_conf(ctx, o->unbound_conf, ret_error);
        if (r == 0)
                r = reach_forwarders(ctx, o->forwarders, ret_error);
        if (r == 0)
                r = set_anchor(ctx, o->anchor, ret_error);
        if (r == 0)
                r = set_options(ctx, invariants, COUNT(invariants), ret_error);
        return r;
}

/* ---- queries ---- */

static void
ahead_end(struct pdane_ub *ub, uid_t uid)
{
        size_t i = 0;
        while (ub->ahead[i] != uid)
                i++;
        ub->ahead[i] = ub->ahead[--ub->n_ahead];
}

static void
query_end(struct pdane_ub_query *q)
{
        LIST_REMOVE(q, entries);
        if (q->kind == KIND_WARMING)
                q->ub->warming--;
        else if (q->kind == KIND_AHEAD)
                ahead_end(q->ub, q->uid);
        else
                q->ub->count--;
        pdane_dns_shares_give(&q->ub->shares, q->uid);
        if (q->handle)
                *q->handle = NULL;
        free(q);
}

static void
answered(void *arg, int rcode, const void *packet, int len, int security, const char *why)
{
        struct pdane_ub_query *q = arg;
        pdane_ub_cb cb = q->cb;
        void *cb_arg = q->arg;
        struct pdane_ub_reply reply = {.rcode = rcode, .why = ""};
        query_end(q);
        if (!cb)
                return;
        if (rcode == 0 && packet && len > 0) {
                reply.packet = packet;
                reply.len = (size_t)len;
                reply.why = why ? why : "";
                /* unbound-event.h: 0 insecure, 1 bogus, 2 secure. */
                if (security == 2)
                        reply.security = PDANE_UB_SECURE;
                else if (security == 1)
                        reply.security = PDANE_UB_BOGUS;
        } else if (rcode == 0) {
                reply.rcode = 2; /* SERVFAIL */
        }
        cb(cb_arg, &reply);
}

#ifdef PDANE_UB_CALLBACK_7
static void
event_cb(void *arg, int rcode, void *packet, int len, int security, char *why, int was_ratelimited)
{
        (void)was_ratelimited;
        answered(arg, rcode, packet, len, security, why);
}
#else
static void
event_cb(void *arg, int rcode, void *packet, int len, int security, char *why)
{
        answered(arg, rcode, packet, len, security, why);
}
#endif

/* Takes q. */
static int
resolve_take(struct pdane_ub_query *q, const char *name, uint16_t type, struct pdane_ub_query **ret)
{
        struct pdane_ub *ub = q->ub;
        struct pdane_ub_query *handle = q;
        int id = 0;
        /* cppcheck-suppress autoVariables ; taken back below */
        q->handle = &handle;
        LIST_INSERT_HEAD(&ub->queries, q, entries);
        log_attach(ub->ctx); /* another context's end turned it off */
        /* Sent in the order in which it is asked: keys that come before what they sign are not
         * asked for again. */
        event_base_update_cache_time(ub->base);
        int r = ub_resolve_event(ub->ctx, name, type, CLASS_IN, q, event_cb, &id);
        if (r != UB_NOERROR && handle) {
                query_end(handle);
                return errno_of(r);
        }
        if (handle) {
                handle->id = id;
                handle->handle = NULL;
        }
        *ret = handle;
        return 0;
}

int
pdane_ub_ask(struct pdane_ub *ub, const char *name, uint16_t type, struct pdane_ub_asker asker,
             pdane_ub_cb cb, void *arg, struct pdane_ub_query **ret)
{
        if (ub->count >= PDANE_UB_QUERIES_MAX)
                return -EBUSY;
        struct pdane_ub_query *q = calloc(1, sizeof *q);
        if (!q)
                return -ENOMEM;
        if (!pdane_dns_shares_take(&ub->shares, asker.uid, asker.goes_on)) {
                free(q);
                return -EBUSY;
        }
        *q = (struct pdane_ub_query){.ub = ub, .cb = cb, .arg = arg, .uid = asker.uid};
        ub->count++;
        return resolve_take(q, name, type, ret);
}

void
pdane_ub_warm(struct pdane_ub *ub, const char *name, uint16_t type)
{
        if (ub->warming >= PDANE_UB_WARMING_MAX)
                return;
        struct pdane_ub_query *q = calloc(1, sizeof *q), *none = NULL;
        if (!q)
                return;
        *q = (struct pdane_ub_query){.ub = ub, .uid = PDANE_DNS_NOBODY, .kind = KIND_WARMING};
        ub->warming++;
        (void)resolve_take(q, name, type, &none);
}

static bool
ahead_has_room(const struct pdane_ub *ub, uid_t uid)
{
        size_t has = 0;
        for (size_t i = 0; i < ub->n_ahead; i++)
                has += ub->ahead[i] == uid;
        return has < PDANE_UB_AHEAD_MAX - ub->n_ahead;
}

void
pdane_ub_ahead(struct pdane_ub *ub, const char *name, uint16_t type, struct pdane_ub_asker asker)
{
        if (!ahead_has_room(ub, asker.uid))
                return;
        struct pdane_ub_query *q = calloc(1, sizeof *q), *none = NULL;
        if (!q)
                return;
        if (!pdane_dns_shares_take(&ub->shares, asker.uid, false)) {
                free(q);
                return;
        }
        *q = (struct pdane_ub_query){.ub = ub, .uid = asker.uid, .kind = KIND_AHEAD};
        ub->ahead[ub->n_ahead++] = asker.uid;
        (void)resolve_take(q, name, type, &none);
}

void
pdane_ub_forget(struct pdane_ub_query *q)
{
        if (q)
                q->cb = NULL;
}

/* ---- context ---- */

static void
ignore(void *arg, const struct pdane_ub_reply *reply)
{
        (void)arg;
        (void)reply;
}

/*
 * The first question makes libunbound apply its configuration, read the anchors and open its
 * sockets. This one is answered from a built-in local zone, so that nothing is sent.
 */
static int
apply(struct pdane_ub *ub, const struct pdane_ub_options *o, char **ret_error)
{
        struct pdane_ub_query *q = NULL;
        const struct pdane_ub_asker nobody = {.uid = PDANE_DNS_NOBODY};
        const char *about = *o->unbound_conf ? o->unbound_conf : o->anchor->path;
        ub_log.first_error[0] = '\0';
        int r = pdane_ub_ask(ub, "localhost.", TYPE_A, nobody, ignore, NULL, &q);
        if (r < 0 && o->forwarders && o->forwarders->tls)
                return fail(ret_error, r, "forward: libunbound cannot do DNS over TLS",
                            "it may be built without (Debian's is); forward to a local resolver "
                            "that can");
        if (r < 0 && ub_log.first_error[0]) /* it names the file */
                return fail(ret_error, r, "[dns]", ub_log.first_error);
        if (r < 0)
                return fail(ret_error, r, about, strerror(-r));
        pdane_ub_forget(q);
        return 0;
}

int
pdane_ub_new(struct event_base *base, const struct pdane_ub_options *o, struct pdane_ub **ret,
             char **ret_error)
{
        struct pdane_ub *ub = calloc(1, sizeof *ub);
        if (!ub)
                return -ENOMEM;
        LIST_INIT(&ub->queries);
        pdane_dns_shares_init(&ub->shares);
        ub->base = base;
        ub->ctx = ub_ctx_create_event(base);
        if (!ub->ctx) {
                free(ub);
                return fail(ret_error, -EIO, "libunbound",
                            "no context (is it built with libevent?)");
        }
        log_attach(ub->ctx);
        int r = configure(ub->ctx, o, ret_error);
        if (r == 0)
                r = apply(ub, o, ret_error);
        if (r < 0) {
                pdane_ub_free(ub);
                return r;
        }
        *ret = ub;
        return 0;
}

void
pdane_ub_free(struct pdane_ub *ub)
{
        struct pdane_ub_query *q, *next;
        if (!ub)
                return;
        /* ub_ctx_delete calls back what ub_cancel has not marked. */
        LIST_FOREACH (q, &ub->queries, entries) {
                q->cb = NULL;
                ub_cancel(ub->ctx, q->id);
        }
        ub_ctx_delete(ub->ctx);
        for (q = LIST_FIRST(&ub->queries); q; q = next) {
                next = LIST_NEXT(q, entries);
                query_end(q);
        }
        free(ub);
}
