/* SPDX-License-Identifier: BSD-3-Clause */
#include "fake_resolver.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPT_MAX 1024

struct pdane_resolver {
        int unused;
};

struct entry {
        char name[300];
        char final_name[300]; /* "" : no alias */
        bool suffix, hold;
        uint16_t type;
        enum pdane_dns_verdict verdict;
        int64_t not_after, signed_until, alias_not_after, alias_signed_until;
        bool synthesised;
        unsigned labels; /* 0: what synthesised says */
        uint8_t rdata[2048], more[64]; /* more: a second record */
        size_t len, more_len;
        unsigned count, foreseen;
        uid_t uid; /* for whom it was last asked */
};

struct pdane_query {
        struct entry *entry;
        uid_t uid;
        char name[300];
        struct event *timer;
        pdane_query_cb cb;
        void *arg;
        struct pdane_query *next;
};

static struct event_base *base;
static struct entry script[SCRIPT_MAX];
static size_t n_script;
static struct pdane_query *open_queries;
static struct pdane_resolver only;
static uid_t asker = PDANE_DNS_NOBODY;

void
fake_resolver_reset(struct event_base *b)
{
        base = b;
        n_script = 0;
        memset(script, 0, sizeof script);
}

static struct entry *
get(const char *name, uint16_t type, bool suffix)
{
        for (size_t i = 0; i < n_script; i++)
                if (script[i].type == type && script[i].suffix == suffix &&
                    strcmp(script[i].name, name) == 0)
                        return &script[i];
        if (n_script == SCRIPT_MAX)
                abort();
        struct entry *e = &script[n_script++];
        snprintf(e->name, sizeof e->name, "%s", name);
        e->type = type;
        e->suffix = suffix;
        e->verdict = PDANE_DNS_NO_RECORDS;
        e->alias_not_after = e->alias_signed_until = INT64_MAX;
        return e;
}

static void
set(struct entry *e, enum pdane_dns_verdict verdict, int64_t not_after, bool synthesised,
    const void *rdata, size_t len)
{
        e->verdict = verdict;
        e->not_after = not_after;
        e->synthesised = synthesised;
        e->len = len;
        e->more_len = 0;
        if (len)
                memcpy(e->rdata, rdata, len);
}

void
fake_resolver_set(const char *name, uint16_t type, enum pdane_dns_verdict verdict,
                  int64_t not_after, bool synthesised, const void *rdata, size_t len)
{
        set(get(name, type, false), verdict, not_after, synthesised, rdata, len);
}

void
fake_resolver_set_suffix(const char *suffix, uint16_t type, enum pdane_dns_verdict verdict,
                         int64_t not_after, bool synthesised, const void *rdata, size_t len)
{
        set(get(suffix, type, true), verdict, not_after, synthesised, rdata, len);
}

void
fake_resolver_add(const char *name, uint16_t type, const void *rdata, size_t len)
{
        struct entry *e = get(name, type, false);
        if (len > sizeof e->more)
                abort();
        memcpy(e->more, rdata, len);
        e->more_len = len;
}

void
fake_resolver_set_final(const char *name, uint16_t type, const char *final_name)
{
        struct entry *e = get(name, type, false);
        snprintf(e->final_name, sizeof e->final_name, "%s", final_name);
}

void
fake_resolver_set_signed(const char *name, uint16_t type, int64_t signed_until)
{
        get(name, type, false)->signed_until = signed_until;
}

void
fake_resolver_set_not_after(const char *name, uint16_t type, int64_t not_after)
{
        get(name, type, false)->not_after = not_after;
}

void
fake_resolver_set_alias_until(const char *name, uint16_t type, int64_t not_after,
                              int64_t signed_until)
{
        struct entry *e = get(name, type, false);
        e->alias_not_after = not_after;
        e->alias_signed_until = signed_until;
}

void
fake_resolver_set_labels(const char *name, uint16_t type, unsigned labels)
{
        get(name, type, false)->labels = labels;
}

void
fake_resolver_hold(const char *name, uint16_t type)
{
        get(name, type, false)->hold = true;
}

static void
fire(struct pdane_query *q)
{
        const struct timeval now = {0, 0};
        evtimer_add(q->timer, &now);
}

void
fake_resolver_release(void)
{
        for (size_t i = 0; i < n_script; i++)
                script[i].hold = false;
        for (struct pdane_query *q = open_queries; q; q = q->next)
                fire(q);
}

unsigned
fake_resolver_count(const char *name, uint16_t type)
{
        return get(name, type, false)->count;
}

unsigned
fake_resolver_foreseen(const char *name, uint16_t type)
{
        return get(name, type, false)->foreseen;
}

unsigned
fake_resolver_open(void)
{
        unsigned n = 0;
        for (struct pdane_query *q = open_queries; q; q = q->next)
                n++;
        return n;
}

struct pdane_resolver *
fake_resolver(void)
{
        return &only;
}

void
pdane_query_cancel(struct pdane_query *q)
{
        if (!q)
                return;
        for (struct pdane_query **at = &open_queries; *at; at = &(*at)->next) {
                if (*at == q) {
                        *at = q->next;
                        break;
                }
        }
        event_free(q->timer);
        free(q);
}

/* A wildcard that is not said to be another is the one beside the host. */
static unsigned
labels_of(const struct entry *e, const char *name)
{
        unsigned n = 1;
        for (const char *p = name; (p = strchr(p, '.')) != NULL; p++)
                n++;
        if (e->labels)
                return e->labels;
        return e->synthesised ? n - (e->type == 52 /* TLSA */ ? 3 : 1) : n;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_query *q = arg;
        struct entry e = *q->entry;
        pdane_query_cb cb = q->cb;
        void *cb_arg = q->arg;
        uid_t uid = q->uid;
        char name[300];
        (void)fd;
        (void)what;
        memcpy(name, q->name, sizeof name);
        pdane_query_cancel(q);
        const struct pdane_bytes rdata[] = {{e.rdata, e.len}, {e.more, e.more_len}};
        const struct pdane_dns_answer answer = {
                .verdict = e.verdict,
                .n_rdata = e.verdict == PDANE_DNS_SECURE && e.len ? 1 + (e.more_len > 0) : 0,
                .rdata = rdata,
                .final_name = *e.final_name ? e.final_name : name,
                .alias = *e.final_name != '\0',
                .synthesised = e.synthesised,
                .labels = labels_of(&e, name),
                .not_after = e.not_after,
                .signed_until = e.signed_until ? e.signed_until : INT64_MAX,
                .alias_not_after = *e.final_name ? e.alias_not_after : 0,
                .alias_signed_until = *e.final_name ? e.alias_signed_until : 0,
                .why = e.verdict == PDANE_DNS_BOGUS ? "no keys" : "",
        };
        pdane_resolver_set_asker(&only, uid, true);
        cb(cb_arg, &answer);
        pdane_resolver_set_asker(&only, PDANE_DNS_NOBODY, false);
}

static struct entry *
find(const char *name, uint16_t type)
{
        for (size_t i = 0; i < n_script; i++)
                if (script[i].type == type && !script[i].suffix &&
                    strcmp(script[i].name, name) == 0)
                        return &script[i];
        for (size_t i = 0; i < n_script; i++) {
                size_t n = strlen(name), m = strlen(script[i].name);
                if (script[i].type == type && script[i].suffix && n >= m &&
                    strcmp(name + n - m, script[i].name) == 0)
                        return &script[i];
        }
        return get(name, type, false);
}

void
pdane_resolver_foresee(struct pdane_resolver *r, const char *host, const char *name, uint16_t type)
{
        (void)r;
        size_t n = strlen(name), m = strlen(host);
        for (size_t i = 0; i < n_script; i++) /* names that no script has need no room */
                if (n > m && strcmp(name + n - m, host) == 0 && script[i].type == type &&
                    !script[i].suffix && strcmp(script[i].name, name) == 0)
                        script[i].foreseen++;
}

int
pdane_resolver_query(struct pdane_resolver *r, const char *name, uint16_t type, unsigned timeout_ms,
                     pdane_query_cb cb, void *arg, struct pdane_query **ret)
{
        struct pdane_query *q = calloc(1, sizeof *q);
        (void)r;
        (void)timeout_ms;
        if (!q)
                return -ENOMEM;
        q->entry = find(name, type);
        q->entry->count++;
        q->entry->uid = q->uid = asker;
        snprintf(q->name, sizeof q->name, "%s", name);
        q->timer = evtimer_new(base, on_timer, q);
        q->cb = cb;
        q->arg = arg;
        q->next = open_queries;
        open_queries = q;
        if (!q->entry->hold)
                fire(q);
        *ret = q;
        return 0;
}

/* Nobody has too much here. */
void
pdane_resolver_set_asker(struct pdane_resolver *r, uid_t uid, bool goes_on)
{
        (void)r;
        (void)goes_on;
        asker = uid;
}

uid_t
fake_resolver_asker(const char *name, uint16_t type)
{
        return get(name, type, false)->uid;
}
