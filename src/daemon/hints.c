/* SPDX-License-Identifier: BSD-3-Clause */
/* A short list of names for each of a few users. */
#include "daemon/hints.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct hint {
        struct pdane_name name;
        int64_t when_ms;
};

struct user {
        TAILQ_ENTRY(user) entries;
        uid_t uid;
        size_t n;
        struct hint hints[PDANE_HINTS_PER_UID]; /* the latest last */
};

struct pdane_hints {
        TAILQ_HEAD(user_list, user) users; /* the one that was last heard of first */
        size_t n_users;
};

int
pdane_hints_new(struct pdane_hints **ret)
{
        struct pdane_hints *h = calloc(1, sizeof *h);
        if (!h)
                return -ENOMEM;
        TAILQ_INIT(&h->users);
        *ret = h;
        return 0;
}

static void
drop_user(struct pdane_hints *h, struct user *u)
{
        TAILQ_REMOVE(&h->users, u, entries);
        h->n_users--;
        free(u);
}

void
pdane_hints_free(struct pdane_hints *h)
{
        if (!h)
                return;
        while (!TAILQ_EMPTY(&h->users))
                /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it takes the user off the list */
                drop_user(h, TAILQ_FIRST(&h->users));
        free(h);
}

static struct user *
find_user(const struct pdane_hints *h, uid_t uid)
{
        struct user *u;
        TAILQ_FOREACH (u, &h->users, entries) {
                if (u->uid == uid)
                        return u;
        }
        return NULL;
}

static struct user *
get_user(struct pdane_hints *h, uid_t uid)
{
        struct user *u = find_user(h, uid);
        if (u) {
                TAILQ_REMOVE(&h->users, u, entries);
        } else {
                if (h->n_users == PDANE_HINT_UIDS)
                        drop_user(h, TAILQ_LAST(&h->users, user_list));
                u = calloc(1, sizeof *u);
                if (!u)
                        return NULL;
                u->uid = uid;
                h->n_users++;
        }
        TAILQ_INSERT_HEAD(&h->users, u, entries);
        return u;
}

static void
remove_hint(struct user *u, size_t i)
{
        memmove(&u->hints[i], &u->hints[i + 1], (u->n - i - 1) * sizeof *u->hints);
        u->n--;
}

int
pdane_hints_add(struct pdane_hints *h, uid_t uid, const struct pdane_name *name, int64_t now_ms)
{
        struct user *u = get_user(h, uid);
        if (!u)
                return -ENOMEM;
        for (size_t i = 0; i < u->n; i++) {
                if (pdane_name_equal(&u->hints[i].name, name)) {
                        remove_hint(u, i);
                        break;
                }
        }
        if (u->n == PDANE_HINTS_PER_UID)
                remove_hint(u, 0);
        u->hints[u->n++] = (struct hint){*name, now_ms};
        return 0;
}

static size_t
collect(const struct user *u, int64_t now_ms, struct pdane_name *ret, size_t max)
{
        size_t n = 0;
        for (size_t i = u ? u->n : 0; i > 0 && n < max; i--) {
                if (now_ms - u->hints[i - 1].when_ms >= PDANE_HINT_MS)
                        break;
                ret[n++] = u->hints[i - 1].name;
        }
        return n;
}

size_t
pdane_hints_recent(const struct pdane_hints *h, uid_t uid, int64_t now_ms, struct pdane_name *ret,
                   size_t max)
{
        size_t n = collect(find_user(h, uid), now_ms, ret, max);
        return n + collect(find_user(h, PDANE_HINT_EVERYONE), now_ms, ret + n, max - n);
}
