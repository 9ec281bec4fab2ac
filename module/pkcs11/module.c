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
 * Which process has started the module: its pid; minus its pid while it is at it; 0 for none. A
 * forked child sees another pid than its own, before it touches a lock that a thread of its parent
 * may have held.
 */
static atomic_int owner;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int lock_pid; /* the process that the lock's state belongs to; read and set while starting */

/*
 * Holds this process's pid, in memory that the kernel empties in a forked child, so that who asks
 * for it every time need not ask the kernel. NULL until there is such memory: never, where the
 * kernel does not know how. It stays until the process ends.
 */
static _Atomic(atomic_int *) own_pid;

static int
current_pid(void)
{
        atomic_int *kept = atomic_load_explicit(&own_pid, memory_order_acquire);
        int pid = kept ? atomic_load_explicit(kept, memory_order_relaxed) : 0;

        return pid != 0 ? pid : (int)getpid();
}

/* Called with the lock held. */
static void
keep_pid(int self)
{
        size_t size = (size_t)sysconf(_SC_PAGESIZE);
        atomic_int *kept = atomic_load(&own_pid);

        if (!kept) {
                void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                                  -1, 0);

                if (page == MAP_FAILED)
                        return;
                if (madvise(page, size, MADV_WIPEONFORK) < 0) {
                        (void)munmap(page, size);
                        return;
                }
                kept = page;
        }
        atomic_store(kept, self);
        atomic_store(&own_pid, kept);
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
        if (lock_pid == self) {
                (void)pthread_mutex_lock(&lock);
                clear_state();
        } else if (pthread_mutex_trylock(&lock) == 0) {
                clear_state();
        } else {
                (void)pthread_mutex_init(&lock, NULL);
                (void)pthread_mutex_lock(&lock);
                abandon_state();
        }
        lock_pid = self;
}

int
pdane_module_start(void)
{
        int self = (int)getpid();
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
        keep_pid(self);
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
        return atomic_load(&owner) == current_pid();
}

int
pdane_module_enter(struct pdane_module **ret_module)
{
        int self = current_pid();

        if (atomic_load(&owner) != self)
                return -ENOTCONN;
        (void)pthread_mutex_lock(&lock);
        if (atomic_load(&owner) != self) {
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
