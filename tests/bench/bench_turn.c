/* SPDX-License-Identifier: BSD-3-Clause */
/* Whoever drives it says what is to be done, asks questions meanwhile, and then wants to know. */
#include "bench_turn.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "daemon/hosts.h"

static double longest_us;
static struct bench_turn *turn;
static bool busy, asked;
static unsigned parts;
static char word[64];
static size_t word_len;

static double
thread_us(void)
{
        struct timespec t;

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double
bench_turn_longest_us(void)
{
        double us = longest_us;

        longest_us = 0;
        return us;
}

static void
tell(void)
{
        if (!asked || busy)
                return;
        asked = false;
        bench_report_value("longest_turn", bench_turn_longest_us(), "us");
}

void
bench_turn_once(const struct bench_turn *t, bool wait)
{
        double start = thread_us(), took;

        event_base_loop(t->base, EVLOOP_ONCE | (wait ? 0 : EVLOOP_NONBLOCK));
        took = thread_us() - start;
        if (took > longest_us)
                longest_us = took;
        tell();
}

/* ---- what is done ---- */

static void
on_send(void *arg, const uint8_t *data, size_t len)
{
        (void)arg;
        (void)data;
        parts += len > 0;
}

static void
on_end(void *arg)
{
        (void)arg;
        busy = false;
}

static void
control(enum pdane_control type)
{
        static const struct pdane_sink sink = {on_send, on_end, NULL, NULL};
        const struct pdane_control_request rq = {.type = type};
        struct pdane_control_work *w = NULL;

        busy = true;
        parts = 0;
        if (pdane_control_start(turn->control, 0, &rq, &sink, &w) < 0)
                bench_fail("control");
}

static void
recheck(void)
{
        pdane_hosts_recheck(turn->control->questions->hosts);
}

static void
list(void)
{
        control(PDANE_CONTROL_LIST);
}

static void
flush(void)
{
        control(PDANE_CONTROL_FLUSH);
}

static void
reload(void)
{
        pdane_hosts_set_access(turn->control->questions->hosts, turn->strict);
}

static void
expiry(void)
{
        bench_clock_skip(BENCH_EXPIRY_S);
        pdane_hosts_wake(turn->control->questions->hosts);
}

static void
system_store(void)
{
        char *error = NULL;

        if (turn->sysstore && pdane_sysstore_load(turn->sysstore, NULL, &error) < 0)
                bench_fail("system store");
        free(error);
}

static const struct {
        const char *name;
        void (*begin)(void);
} tasks[] = {{"recheck", recheck}, {"system-store", system_store},
             {"list", list},       {"reload", reload},
             {"expiry", expiry},   {"flush", flush}};

static void
on_word(void)
{
        for (size_t i = 0; i < sizeof(tasks) / sizeof(*tasks); i++) {
                if (strcmp(word, tasks[i].name) != 0)
                        continue;
                longest_us = 0;
                tasks[i].begin();
        }
        asked |= strcmp(word, "end") == 0;
}

/* The turn in which it begins counts as any other: it is measured around this. */
static void
on_input(evutil_socket_t fd, short what, void *arg)
{
        char c;

        (void)what;
        while (read(fd, &c, 1) == 1) {
                if (c != '\n' && word_len < sizeof(word) - 1) {
                        word[word_len++] = c;
                        continue;
                }
                word[word_len] = '\0';
                word_len = 0;
                on_word();
                return;
        }
        event_del(arg);
}

void
bench_turn_listen(struct bench_turn *t)
{
        struct event *input;
        struct stat st;

        turn = t;
        input = event_new(t->base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input,
                          event_self_cbarg());
        if (!input)
                bench_fail("no memory");
        /* /dev/null, or a file: nobody asks for turns. */
        if (fstat(STDIN_FILENO, &st) == 0 && S_ISFIFO(st.st_mode) && event_add(input, NULL) < 0)
                bench_fail("standard input cannot be waited for");
        while (!t->ended)
                bench_turn_once(t, true);
        event_free(input);
}
