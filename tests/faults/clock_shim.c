/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For LD_PRELOAD: the wall clock is off by what the file $FAULT_CLOCK says, now (one native
 * int64_t: seconds). Time namespaces cannot do that: they hold the monotonic clocks alone.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t no_offset;
static const volatile int64_t *offset = &no_offset;
static int (*real_clock_gettime)(clockid_t, struct timespec *);

/* Mapped before the program goes into its sandbox. */
__attribute__((constructor)) static void
map_offset(void)
{
        const char *path = getenv("FAULT_CLOCK");
        int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        *(void **)&real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
        if (fd < 0)
                return;
        void *map = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, fd, 0);
        close(fd);
        if (map != MAP_FAILED)
                offset = map;
}

__attribute__((visibility("default"))) int
clock_gettime(clockid_t clock, struct timespec *ts)
{
        int r = real_clock_gettime(clock, ts);
        if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
                ts->tv_sec += *offset;
        return r;
}

__attribute__((visibility("default"))) int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
        struct timespec ts;
        (void)zone;
        if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
                return -1;
        tv->tv_sec = ts.tv_sec;
        tv->tv_usec = (suseconds_t)(ts.tv_nsec / 1000);
        return 0;
}

__attribute__((visibility("default"))) time_t
time(time_t *ret)
{
        struct timespec ts;
        clock_gettime(CLOCK_REALTIME, &ts);
        if (ret)
                *ret = ts.tv_sec;
        return ts.tv_sec;
}
