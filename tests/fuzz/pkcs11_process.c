/* SPDX-License-Identifier: BSD-3-Clause */
/* module.c, with all that can happen to the process around it; and the system calls that it and
 * published.c make, which fail when the input says so (faults.h). */
#include "pkcs11_process.h"

#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "faults.h"
#include "pkcs11/module.c"

void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __real_madvise(void *at, size_t size, int advice);
int __real_fstat(int fd, struct stat *ret);
int __real_fcntl(int fd, int command, ...);
pid_t __real_getpid(void);
int __real_sched_yield(void);
int __real_pthread_mutex_lock(pthread_mutex_t *m);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __wrap_madvise(void *at, size_t size, int advice);
int __wrap_fstat(int fd, struct stat *ret);
int __wrap_fcntl(int fd, int command, ...);
pid_t __wrap_getpid(void);
int __wrap_sched_yield(void);
int __wrap_pthread_mutex_lock(pthread_mutex_t *m);

static struct {
        bool on;
        int pid;
        bool held;     /* the lock, by a thread that is in none of these processes */
        bool starting; /* another thread */
        bool stops_again;
        bool stopping;
} process;
static struct pdane_module given_up; /* when the lock was held: its memory */

/* ---- system calls ---- */

void *
__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
        if (fuzz_fault()) {
                errno = ENOMEM;
                return MAP_FAILED;
        }
        return __real_mmap(at, size, protection, flags, fd, offset);
}

static int
fail(int error)
{
        errno = error;
        return -1;
}

int
__wrap_madvise(void *at, size_t size, int advice)
{
        return fuzz_fault() ? fail(EINVAL) : __real_madvise(at, size, advice);
}

int
__wrap_fstat(int fd, struct stat *ret)
{
        return fuzz_fault() ? fail(EIO) : __real_fstat(fd, ret);
}

int
__wrap_fcntl(int fd, int command, ...)
{
        va_list arguments;
        void *argument;

        va_start(arguments, command);
        argument = va_arg(arguments, void *);
        va_end(arguments);
        if (command == F_GET_SEALS && fuzz_fault())
                return fail(EINVAL);
        return __real_fcntl(fd, command, argument);
}

pid_t
__wrap_getpid(void)
{
        return process.on ? process.pid : __real_getpid();
}

/* ---- other threads ---- */

int
__wrap_sched_yield(void)
{
        if (!process.on || !process.starting)
                return __real_sched_yield();
        process.starting = process.stopping = false;
        atomic_store(&owner, 0);
        FUZZ_CHECK(pdane_module_start() == 0);
        if (process.stops_again)
                FUZZ_CHECK(pdane_module_stop() == 0);
        return 0;
}

int
__wrap_pthread_mutex_lock(pthread_mutex_t *m)
{
        if (process.on && process.stopping && m == &lock && is_owner(current_mark())) {
                process.stopping = false;
                FUZZ_CHECK(pdane_module_stop() == 0);
        }
        return __real_pthread_mutex_lock(m);
}

void
pkcs11_process_starts(bool stops)
{
        int mark = take_mark();

        if (is_owner(mark))
                return;
        atomic_store(&owner, -mark);
        process.starting = true;
        process.stops_again = stops;
}

void
pkcs11_process_stops(void)
{
        process.stopping = true;
}

/* ---- life ---- */

void
pkcs11_process_begin(void)
{
        memset(&process, 0, sizeof process);
        process.on = true;
        process.pid = 1000;
}

/* What the module gave up stays where it is for as long as the child lives; the next input is none
 * of its. */
static void
free_given_up(void)
{
        struct pdane_module now = state;

        if (process.held && lock_mark != 0 && lock_mark == current_mark()) {
                state = given_up;
                clear_state();
                state = now;
                process.held = false;
        }
}

void
pkcs11_process_fork(bool held)
{
        atomic_int *kept = atomic_load(&own_mark);

        free_given_up();
        process.starting = process.stopping = false;
        if (kept && kept != &pid_will_do)
                atomic_store(kept, 0); /* MADV_WIPEONFORK */
        if (held && !process.held) {
                FUZZ_CHECK(pthread_mutex_trylock(&lock) == 0);
                given_up = state;
                process.held = true;
        }
        process.pid++;
}

void
pkcs11_process_age(void)
{
        const CK_ULONG nearly = (CK_ULONG)-3;

        if (state.sessions.last < nearly)
                state.sessions.last = nearly;
        if (state.objects.last < nearly)
                state.objects.last = nearly;
}

void
pkcs11_process_end(void)
{
        atomic_int *kept = atomic_load(&own_mark);

        free_given_up();
        if (process.held)
                (void)pthread_mutex_unlock(&lock);
        clear_state();
        state.sessions.last = state.objects.last = 0;
        atomic_store(&owner, 0);
        lock_mark = 0;
        if (kept && kept != &pid_will_do)
                (void)munmap(kept, (size_t)sysconf(_SC_PAGESIZE));
        atomic_store(&own_mark, NULL);
        process.on = false;
}
