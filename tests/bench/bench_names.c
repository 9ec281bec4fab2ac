/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What looking up a host costs a program, by the system's own configuration: getaddrinfo(3) of
 * nINDEX.SUFFIX, another name each time. With a library's name, one that has that library mapped.
 *
 * usage: bench_names SUFFIX FIRST NUMBER [LIBRARY]      prints the times in microseconds
 */
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "bench.h"

static double
look_up(const char *name)
{
        const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
        struct addrinfo *found;
        double start = bench_now_us(), spent;
        int r = getaddrinfo(name, "443", &hints, &found);

        spent = bench_now_us() - start;
        if (r != 0) {
                fprintf(stderr, "%s: %s\n", name, gai_strerror(r));
                exit(1);
        }
        freeaddrinfo(found);
        return spent;
}

int
main(int argc, char **argv)
{
        struct bench_samples s;
        unsigned long first, n;
        char name[256];

        if (argc < 4 || (argc > 4 && !dlopen(argv[4], RTLD_NOW))) {
                fprintf(stderr, "usage: bench_names SUFFIX FIRST NUMBER [LIBRARY]\n");
                return 64;
        }
        first = strtoul(argv[2], NULL, 10);
        n = strtoul(argv[3], NULL, 10);
        bench_samples_init(&s, "lookup", n);
        (void)look_up(argv[1]); /* reads nsswitch.conf and loads what stands there */
        for (unsigned long i = first; i < first + n; i++) {
                snprintf(name, sizeof(name), "n%lu.%s", i, argv[1]);
                bench_add(&s, look_up(name));
        }
        bench_report(&s);
        return 0;
}
