/* SPDX-License-Identifier: BSD-3-Clause */
/* What a question leaves behind besides its answer. */
#include "daemon/account.h"

#include <stdio.h>

#include "common/log.h"
#include "daemon/clock.h"
#include "daemon/counters.h"
#include "daemon/events.h"

#define FOUND_MAX 8

static void
count(struct pdane_counters *c, bool found, enum pdane_account how)
{
        if (!c)
                return;
        c->questions++;
        c->waits += how != PDANE_ACCOUNT_AT_ONCE;
        c->hits += found && how == PDANE_ACCOUNT_AT_ONCE;
        c->found += found && how != PDANE_ACCOUNT_AT_ONCE;
        c->deadlines += how == PDANE_ACCOUNT_LATE;
}

/* The user's program was shown this very certificate: it is at that host. Nothing is looked for by
 * its subject: who browses is not told whose hosts there are. */
static void
claim(const struct pdane_question_env *env, uid_t uid, const struct pdane_question *q)
{
        const struct pdane_wanted w = {q->issuer, q->serial, {NULL, 0}, q->value};
        struct pdane_found found[FOUND_MAX];
        size_t n = pdane_store_find(env->store, &w, pdane_clock_wall(), found, FOUND_MAX);
        for (size_t i = 0; i < n; i++)
                if (found[i].evidence->of)
                        pdane_host_claim(found[i].evidence->of, uid);
}

static const char *
client_string(enum pdane_client c)
{
        switch (c) {
        case PDANE_CLIENT_MOZPKIX:
                return "firefox";
        case PDANE_CLIENT_NSS:
                return "nss";
        case PDANE_CLIENT_CHROMIUM:
                return "chromium";
        case PDANE_CLIENT_GNUTLS:
                return "gnutls";
        default:
                return "unknown";
        }
}

static bool
is_own(const void *arg, uid_t uid)
{
        const uid_t *own = arg;
        return uid == 0 || uid == *own;
}

static void
tell(const struct pdane_question_env *env, uid_t uid, const struct pdane_question *q,
     const struct pdane_answer_set *set, enum pdane_account how)
{
        char line[PDANE_REPORT_EVENT_MAX + 1], label[PDANE_LABEL_MAX * 4 + 1];
        const struct pdane_bytes b = set->answer.items[0].label;
        if (!pdane_events_wanted(env->events, PDANE_LOG_INFO))
                return;
        static const char prefix[] = "DANE: ";
        size_t skip = b.len >= strlen(prefix) && memcmp(b.data, prefix, strlen(prefix)) == 0
                              ? strlen(prefix)
                              : 0;
        pdane_log_escape((const char *)b.data + skip, b.len - skip, label, sizeof label);
        snprintf(line, sizeof line, "event=answer uid=%u client=%s host=%s items=%zu waited=%s",
                 uid, client_string(q->client), label, set->answer.n_items,
                 how == PDANE_ACCOUNT_AT_ONCE ? "no" : "yes");
        pdane_events_tell(env->events, PDANE_LOG_INFO, line, is_own, &uid);
}

void
pdane_account_answer(const struct pdane_question_env *env, uid_t uid,
                     const struct pdane_question *q, const struct pdane_answer_set *set,
                     enum pdane_account how)
{
        count(env->counters, set->answer.n_items > 0, how);
        if (set->answer.n_items == 0)
                return;
        claim(env, uid, q);
        tell(env, uid, q, set, how);
}

void
pdane_account_hint(const struct pdane_question_env *env)
{
        if (env->counters)
                env->counters->hints++;
}
