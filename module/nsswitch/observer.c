/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what the plugin remembers: what was told lately, and how patient to be. */
#include "observer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "channel.h"
#include "clock.h"
#include "host_name.h"
#include "patience.h"
#include "recent.h"
#include "tell.h"
#include "tls_user.h"

/* Looks up names in a resolver of its own, and could only wait for itself. */
#define DAEMON_NAME "p11-daned"

#define PATH_BYTES sizeof(((struct sockaddr_un *)0)->sun_path)

struct state {
        char path[PATH_BYTES]; /* empty: not read yet */
        struct pdane_recent recent;
        struct pdane_patience patience;
};

/* What is known of one call. */
struct look_up {
        const char *name;
        uint64_t key;
        uint64_t asked_ms;
        bool wait;
        char path[PATH_BYTES]; /* where the daemon listens */
};

/*
 * The pid of the process whose thread uses the state; 0: nobody. Never waited for: who cannot have
 * it in a moment does without. A forked child may find its parent's pid there, whose thread exists
 * only in the parent and may have been in the middle of a change.
 */
static atomic_int holder;
static struct state state;

static bool
enter(void)
{
        int self = (int)getpid();

        for (unsigned i = 0; i < PDANE_LOCK_TRIES; i++) {
                int was = 0;

                if (atomic_compare_exchange_strong(&holder, &was, self))
                        return true;
                if (was != self && atomic_compare_exchange_strong(&holder, &was, self)) {
                        memset(&state, 0, sizeof(state));
                        return true;
                }
        }
        return false;
}

static void
leave(void)
{
        atomic_store(&holder, 0);
}

/* A path that is too long leads nowhere, rather than somewhere else. */
static void
read_path(char path[static PATH_BYTES])
{
        const char *from = pdane_channel_path();
        size_t n = strlen(from);

        if (n < PATH_BYTES)
                memcpy(path, from, n + 1);
}

/* The environment is read once, as other threads may be changing it. */
static bool
is_to_be_told(struct look_up *l)
{
        bool told;

        if (!enter()) {
                read_path(l->path);
                return true;
        }
        if (!*state.path)
                read_path(state.path);
        memcpy(l->path, state.path, sizeof(l->path));
        told = !pdane_patience_allows(&state.patience, l->asked_ms) ||
               pdane_recent_has(&state.recent, l->key, l->wait, l->asked_ms);
        leave();
        return !told;
}

/* Remembers what came of it: r is pdane_tell()'s. */
static void
remember(const struct look_up *l, int r)
{
        uint64_t now_ms = pdane_clock_now_ms();

        if (r != 0 && r != -ETIMEDOUT && r != -ETIME)
                return;
        if (!enter())
                return;
        if (r == -ETIMEDOUT)
                pdane_patience_missed(&state.patience, l->asked_ms, now_ms);
        else
                pdane_recent_add(&state.recent, l->key, l->wait, now_ms);
        if (r != -ETIMEDOUT)
                pdane_patience_met(&state.patience);
        leave();
}

static void
tell(struct look_up *l)
{
        const struct pdane_hint hint = {
                .name = {(const uint8_t *)l->name, strlen(l->name)},
                .wait = l->wait,
        };

        if (is_to_be_told(l))
                remember(l, pdane_tell(l->path, &hint));
}

void
pdane_observe(const char *name)
{
        struct pdane_tls_user user;
        struct look_up l = {.name = name};
        int cancel;

        if (!pdane_host_name_worthwhile(name) ||
            strcmp(program_invocation_short_name, DAEMON_NAME) == 0)
                return;
        user = pdane_tls_user_scan();
        l.wait = pdane_tls_user_waits(&user);
        l.key = pdane_recent_key(name, geteuid());
        l.asked_ms = pdane_clock_now_ms();
        /* A thread that is cancelled in the middle would leave its descriptor open. */
        (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
        tell(&l);
        (void)pthread_setcancelstate(cancel, NULL);
}

void
pdane_observer_forget(void)
{
        memset(&state, 0, sizeof(state));
}
