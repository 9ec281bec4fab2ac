/* SPDX-License-Identifier: BSD-3-Clause */
/* A handful of hashes: two names with the same one cost a hint within one second, no more. */
#include "recent.h"

#include <stddef.h>

uint64_t
pdane_recent_key(const char *name, uid_t uid)
{
        uint64_t key = 0xcbf29ce484222325u ^ uid; /* FNV-1a */

        for (; *name && !(name[0] == '.' && name[1] == '\0'); name++) {
                unsigned char c = (unsigned char)*name;

                if (c >= 'A' && c <= 'Z')
                        c |= 0x20;
                key = (key ^ c) * 0x100000001b3u;
        }
        return key ? key : 1;
}

bool
pdane_recent_has(const struct pdane_recent *r, uint64_t key, bool wait, uint64_t now_ms)
{
        for (size_t i = 0; i < PDANE_RECENT_MAX; i++) {
                const struct pdane_recent_name *n = &r->names[i];

                if (n->key == key)
                        return now_ms < n->told_ms + PDANE_REPEAT_MS && (n->waited || !wait);
        }
        return false;
}

void
pdane_recent_add(struct pdane_recent *r, uint64_t key, bool wait, uint64_t now_ms)
{
        struct pdane_recent_name *oldest = &r->names[0];

        for (size_t i = 0; i < PDANE_RECENT_MAX; i++) {
                struct pdane_recent_name *n = &r->names[i];

                if (n->key == key) {
                        oldest = n;
                        break;
                }
                if (n->told_ms < oldest->told_ms)
                        oldest = n;
        }
        *oldest = (struct pdane_recent_name){key, now_ms, wait};
}
