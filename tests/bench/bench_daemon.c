/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Questions to the daemon over its socket, one after the other from each of several threads, about
 * hosts that it has evidence for. Tells how long each took, and how much of one processor's time
 * the daemon spent on one: what a machine that does other things as well cannot blur.
 *
 * usage: bench_daemon SOCKET PID HOSTS THREADS QUESTIONS [PER_SECOND]
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench.h"
#include "common/wire.h"
#include "dn.h"

#define THREADS_MAX 64

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static unsigned n_hosts, n_threads, n_questions, per_second;

static void
ask(unsigned host, struct bench_samples *s)
{
        static _Thread_local uint8_t buf[PDANE_WIRE_MAX_REPLY];
        uint8_t dn[BENCH_DN_MAX], serial[BENCH_SERIAL_MAX];
        struct pdane_answer a;
        char cn[32];
        size_t len;
        ssize_t n;
        double start;

        snprintf(cn, sizeof(cn), n_hosts ? "h%u.bench.test" : "Some CA %u", host);
        const struct pdane_question q = {.client = PDANE_CLIENT_NSS,
                                         .issuer = {dn, bench_dn(dn, cn)},
                                         .serial = {serial, bench_serial(serial, 65536 + host)}};
        if (pdane_question_encode(&q, buf, sizeof(buf), &len) < 0)
                bench_fail("question");
        start = bench_now_us();
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            send(fd, buf, len, MSG_NOSIGNAL) < 0 || (n = recv(fd, buf, sizeof(buf), 0)) < 0)
                bench_fail("ask");
        close(fd);
        bench_add(s, bench_now_us() - start);
        if (pdane_answer_decode(buf, (size_t)n, &a) < 0 || (n_hosts > 0) != (a.n_items > 0))
                bench_fail("not the answer");
}

static void *
ask_many(void *arg)
{
        struct bench_samples *s = arg;
        unsigned state = (unsigned)(uintptr_t)arg;
        double begin = bench_now_us(), every = per_second ? 1e6 * n_threads / per_second : 0;

        for (unsigned i = 0; i < n_questions / n_threads; i++) {
                double early = begin + every * i - bench_now_us();

                if (early > 1)
                        usleep((useconds_t)early);
                state = state * 1103515245u + 12345u;
                ask(n_hosts ? (state >> 8) % n_hosts : (state >> 8) % 100, s);
        }
        return NULL;
}

int
main(int argc, char **argv)
{
        static struct bench_samples s[THREADS_MAX], all;
        pthread_t threads[THREADS_MAX];
        double used;
        pid_t pid;

        if (argc < 6) {
                fprintf(stderr,
                        "usage: bench_daemon SOCKET PID HOSTS THREADS QUESTIONS [PER_SECOND]\n");
                return 64;
        }
        snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
        pid = (pid_t)strtol(argv[2], NULL, 10);
        n_hosts = (unsigned)strtoul(argv[3], NULL, 10);
        n_threads = (unsigned)strtoul(argv[4], NULL, 10);
        n_questions = (unsigned)strtoul(argv[5], NULL, 10);
        per_second = argc > 6 ? (unsigned)strtoul(argv[6], NULL, 10) : 0;
        if (n_threads < 1 || n_threads > THREADS_MAX)
                return 64;
        bench_samples_init(&all, "question", n_questions);
        for (unsigned i = 0; i < n_threads; i++)
                bench_samples_init(&s[i], "", n_questions);
        used = bench_cpu_us(pid);
        for (unsigned i = 0; i < n_threads; i++)
                if (pthread_create(&threads[i], NULL, ask_many, &s[i]) != 0)
                        bench_fail("thread");
        for (unsigned i = 0; i < n_threads; i++) {
                pthread_join(threads[i], NULL);
                for (size_t j = 0; j < s[i].n; j++)
                        bench_add(&all, s[i].us[j]);
        }
        used = bench_cpu_us(pid) - used;
        bench_report_value("cpu", used / (double)all.n, "us");
        bench_report(&all);
        return 0;
}
