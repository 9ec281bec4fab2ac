/* SPDX-License-Identifier: BSD-3-Clause */
/* One walk over all values; those who show them are its callers. */
#include "daemon/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/resolver.h"
#include "daemon/root_keys.h"
#include "daemon/sysstore.h"

struct walk {
        void (*fn)(void *arg, const struct pdane_part_value *v);
        void *arg;
        const char *group;
};

static void
number(const struct walk *w, const char *key, uint64_t n)
{
        struct pdane_part_value v = {.number = (int64_t)n};
        snprintf(v.group, sizeof v.group, "%s", w->group);
        snprintf(v.key, sizeof v.key, "%s", key);
        w->fn(w->arg, &v);
}

static void
text(const struct walk *w, const char *key, const char *value)
{
        struct pdane_part_value v = {.is_text = 1};
        snprintf(v.group, sizeof v.group, "%s", w->group);
        snprintf(v.key, sizeof v.key, "%s", key);
        snprintf(v.text, sizeof v.text, "%s", value);
        w->fn(w->arg, &v);
}

/* Bytes of memory that the process has now; 0 unknown. */
static uint64_t
memory_bytes(void)
{
        unsigned long pages = 0;
        FILE *f = fopen("/proc/self/statm", "re");
        /* NOLINTNEXTLINE(cert-err34-c): the kernel wrote it */
        if (f && fscanf(f, "%*s %lu", &pages) != 1)
                pages = 0;
        if (f)
                fclose(f);
        return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void
walk_daemon(struct walk *w, const struct pdane_status *s)
{
        w->group = "daemon";
        text(w, "version", PDANE_VERSION);
        number(w, "started", (uint64_t)s->started);
        number(w, "uptime_seconds", (uint64_t)(pdane_clock_ms() - s->started_ms) / 1000);
        number(w, "memory_bytes", memory_bytes());
}

static void
walk_dns(struct walk *w, const struct pdane_status *s)
{
        struct pdane_root_key keys[PDANE_ROOT_KEYS_MAX];
        const struct pdane_resolver *r = *s->resolver;
        char list[PDANE_REPORT_TEXT_MAX + 1] = "";
        size_t pos = 0;
        w->group = "dns";
        text(w, "upstream", pdane_resolver_upstream(r));
        text(w, "upstream_passes_dnssec", pdane_resolver_upstream_check(r));
        text(w, "root_key_file", pdane_resolver_anchor_path(r));
        size_t n = pdane_root_keys_read(pdane_resolver_anchor_path(r), keys, PDANE_ROOT_KEYS_MAX);
        for (size_t i = 0; i < n && pos + 32 < sizeof list; i++)
                pos += (size_t)snprintf(list + pos, sizeof list - pos, "%s%u%s%s%s", i ? " " : "",
                                        keys[i].tag, *keys[i].state ? "(" : "", keys[i].state,
                                        *keys[i].state ? ")" : "");
        text(w, "root_key_tags", list);
}

static void
walk_known(struct walk *w, const struct pdane_status *s)
{
        w->group = "known";
        number(w, "hosts", pdane_hosts_count(s->hosts));
        number(w, "certificates", pdane_store_count(s->store));
        number(w, "system_store_names", pdane_sysstore_count(s->sysstore));
}

static void
walk_counters(struct walk *w, const struct pdane_counters *c)
{
        w->group = "counters";
        number(w, "questions", c->questions);
        number(w, "questions_answered_at_once", c->hits);
        number(w, "questions_answered_after_waiting", c->found);
        number(w, "questions_that_waited", c->waits);
        number(w, "deadlines_missed", c->deadlines);
        number(w, "hints", c->hints);
        number(w, "probes", c->probes);
        number(w, "checks", c->checks);
}

static void
walk_lookups(struct walk *w, const struct pdane_counters *c)
{
        w->group = "lookups";
        for (unsigned o = PDANE_OUTCOME_ACCEPTED; o < PDANE_OUTCOMES; o++)
                number(w, pdane_outcome_string((enum pdane_outcome)o), c->lookups[o]);
}

void
pdane_status_each(const struct pdane_status *s,
                  void (*fn)(void *arg, const struct pdane_part_value *v), void *arg)
{
        struct walk w = {fn, arg, ""};
        walk_daemon(&w, s);
        walk_dns(&w, s);
        walk_known(&w, s);
        walk_counters(&w, s->counters);
        walk_lookups(&w, s->counters);
}

/* ---- to the command line ---- */

static void
send_value(void *arg, const struct pdane_part_value *v)
{
        const struct pdane_part p = {.kind = PDANE_PART_VALUE, .value = *v};
        pdane_sink_part(arg, &p);
}

void
pdane_status_send(const struct pdane_status *s, const struct pdane_sink *sink)
{
        struct pdane_sink copy = *sink;
        pdane_status_each(s, send_value, &copy);
}

/* ---- to a file ---- */

/* The lookups are one metric with a label, as Prometheus has it; everything else one each. */
static void
write_value(void *arg, const struct pdane_part_value *v)
{
        FILE *f = arg;
        bool counts = strcmp(v->group, "counters") == 0;
        const char *end = counts ? "_total" : "";
        if (v->is_text)
                return;
        if (strcmp(v->group, "lookups") == 0) {
                if (strcmp(v->key, pdane_outcome_string(PDANE_OUTCOME_ACCEPTED)) == 0)
                        fputs("# TYPE p11_dane_lookups_total counter\n", f);
                fprintf(f, "p11_dane_lookups_total{outcome=\"%s\"} %lld\n", v->key,
                        (long long)v->number);
                return;
        }
        fprintf(f, "# TYPE p11_dane_%s%s %s\np11_dane_%s%s %lld\n", v->key, end,
                counts ? "counter" : "gauge", v->key, end, (long long)v->number);
}

int
pdane_status_write(const struct pdane_status *s, const char *path)
{
        char *temporary = NULL;
        if (asprintf(&temporary, "%s.new", path) < 0)
                return -ENOMEM;
        int r = 0;
        int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
        FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
        if (!f) {
                r = -errno;
                if (fd >= 0)
                        close(fd);
                free(temporary);
                return r;
        }
        pdane_status_each(s, write_value, f);
        bool failed = ferror(f);
        if (fclose(f) != 0 || failed)
                r = -EIO;
        if (r == 0 && rename(temporary, path) < 0)
                r = -errno;
        if (r < 0)
                unlink(temporary);
        free(temporary);
        return r;
}
