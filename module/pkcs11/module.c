/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the only mutable state of the module. Knows nothing of PKCS#11 calls. */
#include "module.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "channel.h"

static struct pdane_module state;

/*
 * Which process has started the module: its mark; minus its mark while it is at it; 0 for none. A
 * forked child has another mark than its parent, and sees so before it touches a lock that a thread
 * of its parent may have held.
 */
static atomic_int owner;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int lock_mark; /* whose the lock's state is; read and set while starting */

/*
 * Holds this process's mark, in memory that the kernel empties in a forked child: one look tells a
 * child from its parent. A pid would not: both have 1 where the first process of a PID namespace
 * forks the first of another. NULL until the first start. Where the kernel has no such memory, it
 * is decided then, for this process and its children, that the pid has to do. Stays until the
 * process ends.
 */
static _Atomic(atomic_int *) own_mark;
static atomic_int pid_will_do; /* only its address is used */

/* The last mark of this process or one that it descends from. No pid is so high. */
static atomic_int last_mark = 1 << 30;

static int
read_mark(atomic_int *kept)
{
        return kept == &pid_will_do ? (int)getpid()
                                    : atomic_load_explicit(kept, memory_order_relaxed);
}

/* 0: this process has none yet. */
static int
current_mark(void)
{
        atomic_int *kept = atomic_load_explicit(&own_mark, memory_order_acquire);

        return kept ? read_mark(kept) : 0;
}

static bool
is_owner(int mark)
{
        return mark != 0 && atomic_load(&owner) == mark;
}

static atomic_int *
mark_memory(void)
{
        size_t size = (size_t)sysconf(_SC_PAGESIZE);
        atomic_int *kept = atomic_load(&own_mark);
        void *page;

        if (kept)
                return kept;
        page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page != MAP_FAILED && madvise(page, size, MADV_WIPEONFORK) < 0) {
                (void)munmap(page, size);
                page = MAP_FAILED;
        }
        if (atomic_compare_exchange_strong(&own_mark, &kept,
                                           page == MAP_FAILED ? &pid_will_do : page))
                return atomic_load(&own_mark);
        if (page != MAP_FAILED)
                (void)munmap(page, size);
        return kept; /* another thread's, which was first */
}

/* One mark for all threads of this process, that no process it descends from has had. */
static int
take_mark(void)
{
        atomic_int *kept = mark_memory();
        int mark = read_mark(kept), next;

        if (mark != 0)
                return mark;
        next = atomic_fetch_add(&last_mark, 1) + 1;
        return atomic_compare_exchange_strong(kept, &mark, next) ? next : mark;
}

static void
clear_state(void)
{
        pdane_session_table_clear(&state.sessions);
        pdane_object_table_clear(&state.objects);
        pdane_memory_clear(&state.memory);
        pdane_patience_met(&state.patience);
        pdane_published_clear(&state.published);
}

/* What the tables held is lost; handles go on from where they were. */
static void
abandon_state(void)
{
        CK_SESSION_HANDLE last_session = state.sessions.last;
        CK_OBJECT_HANDLE last_object = state.objects.last;

        memset(&state, 0, sizeof(state));
        state.sessions.last = last_session;
        state.objects.last = last_object;
}

static void
read_socket_path(void)
{
        const char *path = pdane_channel_path();
        size_t n = strlen(path);

        /* One that is too long leads nowhere, rather than somewhere else. */
        memset(state.socket_path, 0, sizeof(state.socket_path));
        if (n < sizeof(state.socket_path))
                memcpy(state.socket_path, path, n);
}

/*
 * Takes the lock with nothing in the state. In a forked child a thread that exists only in the
 * parent may hold it, in the middle of a table: then the lock is made anew and that memory is given
 * up.
 */
static void
take_lock_at_start(int self)
{
        if (lock_mark == self) {
                (void)pthread_mutex_lock(&lock);
                clear_state();
        } else if (pthread_mutex_trylock(&lock) == 0) {
                clear_state();
        } else {
                (void)pthread_mutex_init(&lock, NULL);
                (void)pthread_mutex_lock(&lock);
                abandon_state();
        }
        lock_mark = self;
}

int
pdane_module_start(void)
{
        int self = take_mark();
        int was = atomic_load(&owner);

        do {
                while (was == -self) {
                        sched_yield();
                        was = atomic_load(&owner);
                }
                if (was == self)
                        return -EALREADY;
        } while (!atomic_compare_exchange_weak(&owner, &was, -self));

        take_lock_at_start(self);
        read_socket_path();
        (void)pthread_mutex_unlock(&lock);
        atomic_store(&owner, self);
        return 0;
}

int
pdane_module_stop(void)
{
        struct pdane_module *m;
        int r = pdane_module_enter(&m);

        if (r < 0)
                return r;
        clear_state();
        atomic_store(&owner, 0);
        pdane_module_leave(&m);
        return 0;
}

bool
pdane_module_started(void)
{
        return is_owner(current_mark());
}

int
pdane_module_enter(struct pdane_module **ret_module)
{
        int self = current_mark();

        if (!is_owner(self))
                return -ENOTCONN;
        (void)pthread_mutex_lock(&lock);
        if (!is_owner(self)) {
                (void)pthread_mutex_unlock(&lock);
                return -ENOTCONN;
        }
        *ret_module = &state;
        return 0;
}

void
pdane_module_leave(struct pdane_module **m)
{
        if (!*m)
                return;
        *m = NULL;
        (void)pthread_mutex_unlock(&lock);
}
