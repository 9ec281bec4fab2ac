/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Questions to the daemon about certificates of hosts that it knows nothing of yet: nobody told it
 * the name, it stands in the certificate.
 *
 * usage: bench_cold_ask SOCKET ZONE [PID FIRST COUNT THREADS]
 *
 * Without PID it reads a host's number from each line and prints the microseconds. Otherwise it
 * asks about all of these side by side, and prints what processor time the daemon spent until it
 * does nothing more.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "bench_cold.h"
#include "common/wire.h"
#include "dn.h"

#define THREADS_MAX 128
#define REST_MS 100
#define RESTS_MAX 100
#define TRIES_MAX 5

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static const char *zone;
static unsigned first, count;
static atomic_uint next;

/* In microseconds; negative when there was no answer worth anything. */
static double
ask_once(unsigned host)
{
        static _Thread_local uint8_t buf[PDANE_WIRE_MAX_REPLY];
        uint8_t dn[BENCH_DN_MAX], serial[BENCH_SERIAL_MAX];
        struct pdane_answer a;
        char name[COLD_NAME_MAX];
        size_t len;
        ssize_t n;
        double start, end;

        cold_name(name, host, zone);
        const struct pdane_question q = {
                .client = PDANE_CLIENT_NSS,
                .issuer = {dn, bench_dn(dn, name)},
                .serial = {serial, bench_serial(serial, COLD_SERIAL_BASE + host)}};
        if (pdane_question_encode(&q, buf, sizeof(buf), &len) < 0)
                bench_fail("question");
        start = bench_now_us();
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            send(fd, buf, len, MSG_NOSIGNAL) < 0)
                bench_fail("ask");
        do /* PENDING may come first */
                n = recv(fd, buf, sizeof(buf), 0);
        while (n > 0 && pdane_answer_decode(buf, (size_t)n, &a) < 0);
        end = bench_now_us();
        close(fd);
        return n <= 0 || a.n_items == 0 ? -1 : end - start;
}

/* On a machine that does other things as well, a lookup may take longer than a question waits. */
static double
ask(unsigned host)
{
        for (unsigned i = 0; i < TRIES_MAX; i++) {
                double us = ask_once(host);

                if (us >= 0)
                        return us;
        }
        fprintf(stderr, "h%u.%s: nothing is known of it\n", host, zone);
        exit(1);
}

static void *
ask_many(void *arg)
{
        unsigned i;

        (void)arg;
        while ((i = atomic_fetch_add(&next, 1)) < count)
                ask(first + i);
        return NULL;
}

/* The daemon goes on after the last answer. Its processor time when it rests. */
static double
cpu_at_rest(pid_t pid)
{
        const struct timespec pause = {0, REST_MS * 1000000L};
        double before, now = bench_cpu_us(pid);

        for (unsigned i = 0; i < RESTS_MAX; i++) {
                before = now;
                nanosleep(&pause, NULL);
                now = bench_cpu_us(pid);
                if (now - before < REST_MS * 10.0) /* a hundredth of the time */
                        break;
        }
        return now;
}

static void
measure(pid_t pid, unsigned threads)
{
        pthread_t thread[THREADS_MAX];
        double used = cpu_at_rest(pid), start = bench_now_us();

        for (unsigned i = 0; i < threads; i++)
                if (pthread_create(&thread[i], NULL, ask_many, NULL) != 0)
                        bench_fail("thread");
        for (unsigned i = 0; i < threads; i++)
                pthread_join(thread[i], NULL);
        start = bench_now_us() - start;
        bench_report_value("cpu", (cpu_at_rest(pid) - used) / count, "us");
        bench_report_value("time", start / count, "us");
}

static void
converse(void)
{
        char line[32];

        while (fgets(line, sizeof(line), stdin)) {
                printf("%.1f\n", ask((unsigned)strtoul(line, NULL, 10)));
                fflush(stdout);
        }
}

int
main(int argc, char **argv)
{
        unsigned threads = argc == 7 ? (unsigned)strtoul(argv[6], NULL, 10) : 0;

        if ((argc != 3 && argc != 7) || threads > THREADS_MAX) {
                fprintf(stderr, "usage: bench_cold_ask SOCKET ZONE [PID FIRST COUNT THREADS]\n");
                return 64;
        }
        snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
        zone = argv[2];
        if (argc == 3) {
                converse();
                return 0;
        }
        first = (unsigned)strtoul(argv[4], NULL, 10);
        count = (unsigned)strtoul(argv[5], NULL, 10);
        measure((pid_t)strtol(argv[3], NULL, 10), threads);
        return 0;
}
