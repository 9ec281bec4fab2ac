/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the name-service plugin adds to one look-up, for each thing that it may meet: a name that
 * the daemon is not told, no daemon, and one that takes what it is told.
 *
 * usage: bench_nsswitch PLUGIN
 */
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <nss.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS 20000

typedef enum nss_status (*by_name)(const char *, struct hostent *, char *, size_t, int *, int *);

static void
measure(const char *what, by_name look_up, const char *format)
{
        struct bench_samples s;
        struct hostent host;
        char name[64], buffer[512];
        int error = 0, herror = 0;

        bench_samples_init(&s, what, ROUNDS);
        for (int i = 0; i < ROUNDS; i++) {
                double start;

                snprintf(name, sizeof(name), "n%d.%s", i, format);
                start = bench_now_us();
                (void)look_up(name, &host, buffer, sizeof(buffer), &error, &herror);
                bench_add(&s, bench_now_us() - start);
        }
        bench_report(&s);
        free(s.us);
}

static void *
serve(void *arg)
{
        char buf[2048];

        for (;;) {
                int fd = accept4(*(int *)arg, NULL, NULL, SOCK_CLOEXEC);

                if (fd < 0)
                        return NULL;
                (void)recv(fd, buf, sizeof(buf), 0);
                close(fd);
        }
}

static void
start_daemon(const char *path, int *fd, pthread_t *thread)
{
        struct sockaddr_un a = {.sun_family = AF_UNIX};

        snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
        *fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        if (*fd < 0 || bind(*fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(*fd, 512) < 0 ||
            pthread_create(thread, NULL, serve, fd) != 0) {
                perror(path);
                exit(1);
        }
}

int
main(int argc, char **argv)
{
        char directory[] = "/tmp/p11-dane-bench-XXXXXX", path[64];
        void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
        by_name look_up = NULL;
        pthread_t thread;
        int fd;

        if (library)
                *(void **)&look_up = dlsym(library, "_nss_dane_gethostbyname_r");
        if (!look_up || !mkdtemp(directory)) {
                fprintf(stderr, "usage: bench_nsswitch PLUGIN\n");
                return 1;
        }
        snprintf(path, sizeof(path), "%s/socket", directory);
        setenv("P11_DANE_SOCKET", path, 1);
        measure("none_of_ours", look_up, "local");
        measure("no_daemon", look_up, "example");
        start_daemon(path, &fd, &thread);
        measure("told", look_up, "example");
        shutdown(fd, SHUT_RDWR);
        pthread_join(thread, NULL);
        close(fd);
        unlink(path);
        rmdir(directory);
        return 0;
}
