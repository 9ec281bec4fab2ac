/* SPDX-License-Identifier: BSD-3-Clause */
/* Merged anchors: made when asked for, remembered by what they were made of. */
#include "daemon/merge.h"

#include <errno.h>
#include <stdlib.h>

#include "trust/anchor.h"

struct pdane_merger {
        struct pdane_store *store;
        struct pdane_evidence *merged[PDANE_MERGED_MAX]; /* a ring: the oldest is forgotten first */
        size_t next;
};

int
pdane_merger_new(struct pdane_store *store, struct pdane_merger **ret)
{
        struct pdane_merger *m = calloc(1, sizeof *m);
        if (!m)
                return -ENOMEM;
        m->store = store;
        *ret = m;
        return 0;
}

static void
forget(struct pdane_merger *m, size_t i)
{
        if (!m->merged[i])
                return;
        pdane_store_remove(m->store, m->merged[i]);
        pdane_evidence_unref(m->merged[i]);
        m->merged[i] = NULL;
}

void
pdane_merger_free(struct pdane_merger *m)
{
        if (!m)
                return;
        for (size_t i = 0; i < PDANE_MERGED_MAX; i++)
                forget(m, i);
        free(m);
}

/* ---- names ---- */

struct names {
        struct pdane_name list[PDANE_CERT_NAMES_MAX];
        size_t n;
};

static bool
has_name(const struct names *names, const struct pdane_name *name)
{
        for (size_t i = 0; i < names->n; i++)
                if (pdane_name_equal(&names->list[i], name))
                        return true;
        return false;
}

/* All names of the leaf, or none when they do not fit, or when the anchor would then permit more
 * than these names. */
static bool
add_names(struct names *names, const struct pdane_cert *leaf)
{
        size_t before = names->n;
        struct pdane_name name;
        for (size_t i = 0; pdane_cert_name(leaf, i, &name); i++) {
                if (has_name(names, &name))
                        continue;
                if (names->n == PDANE_CERT_NAMES_MAX) {
                        names->n = before;
                        return false;
                }
                names->list[names->n++] = name;
        }
        if (!pdane_anchor_exact(names->list, names->n)) {
                names->n = before;
                return false;
        }
        return true;
}

/* ---- one merged anchor ---- */

static bool
made_of(const struct pdane_evidence *e, struct pdane_evidence *const *members, size_t n)
{
        if (e->n_members != n)
                return false;
        for (size_t i = 0; i < n; i++)
                if (!pdane_evidence_has_member(e, members[i]))
                        return false;
        return true;
}

static struct pdane_evidence *
find_made(const struct pdane_merger *m, struct pdane_evidence *const *members, size_t n,
          int64_t now)
{
        for (size_t i = 0; i < PDANE_MERGED_MAX; i++)
                if (m->merged[i] && pdane_evidence_holds(m->merged[i], now) &&
                    made_of(m->merged[i], members, n))
                        return m->merged[i];
        return NULL;
}

static struct pdane_evidence *
make(struct pdane_merger *m, struct pdane_evidence *const *members, size_t n,
     const struct names *names, int64_t now)
{
        struct pdane_evidence *e = NULL;
        if (pdane_evidence_merge(members, n, names->list, names->n, now, &e) < 0)
                return NULL;
        forget(m, m->next);
        if (pdane_store_add(m->store, e) < 0) {
                pdane_evidence_unref(e);
                return NULL;
        }
        m->merged[m->next] = e;
        m->next = (m->next + 1) % PDANE_MERGED_MAX;
        return e;
}

/* ---- one group ---- */

static bool
same_authority(const struct pdane_evidence *a, const struct pdane_evidence *b)
{
        const struct pdane_cert *of_a = pdane_evidence_signer(a), *of_b = pdane_evidence_signer(b);
        return pdane_bytes_equal(pdane_cert_subject(of_a), pdane_cert_subject(of_b)) &&
               pdane_bytes_equal(pdane_cert_spki(of_a), pdane_cert_spki(of_b));
}

static bool
is_mergeable(const struct pdane_found *f)
{
        struct pdane_name names[PDANE_CERT_NAMES_MAX];
        return f->anchor && f->evidence->by_authority &&
               (f->evidence->n_members ||
                pdane_anchor_exact(names, pdane_cert_names(f->evidence->leaf, names)));
}

/*
 * Takes those of the first one's authority out of found[0..*n), as many as one anchor has room for,
 * into members and names. A merged one that was found is not needed: its members were found too, or
 * it has ended.
 */
static size_t
take_group(struct pdane_found *found, size_t *n, struct pdane_evidence **members,
           struct names *names)
{
        struct pdane_evidence *first = found[0].evidence;
        size_t kept = 0, taken = 0;
        for (size_t i = 0; i < *n; i++) {
                struct pdane_evidence *e = found[i].evidence;
                bool of_group = same_authority(first, e);
                if (of_group && e->n_members)
                        continue;
                if (of_group && taken < PDANE_MERGE_HOSTS && add_names(names, e->leaf))
                        members[taken++] = e;
                else
                        found[kept++] = found[i];
        }
        *n = kept;
        return taken;
}

/* Moves what is not to be merged to the front. Returns how much that is. */
static size_t
partition(struct pdane_found *found, size_t n)
{
        size_t others = 0;
        for (size_t i = 0; i < n; i++) {
                if (is_mergeable(&found[i]))
                        continue;
                struct pdane_found f = found[i];
                found[i] = found[others];
                found[others++] = f;
        }
        return others;
}

size_t
pdane_merge_found(struct pdane_merger *m, struct pdane_found *found, size_t n, int64_t now)
{
        struct pdane_evidence *members[PDANE_MERGE_HOSTS];
        struct pdane_found result[PDANE_ANSWER_MAX_ITEMS];
        struct names names;
        size_t others = partition(found, n), n_result = 0, left = n - others;
        struct pdane_found *rest = found + others;

        while (left && n_result < PDANE_ANSWER_MAX_ITEMS) {
                size_t before = left;
                names.n = 0;
                size_t taken = take_group(rest, &left, members, &names);
                if (taken == 0 && left == before)
                        break; /* cannot be: what is mergeable fits an empty anchor */
                if (taken == 0)
                        continue; /* merged ones only: gone from rest */
                struct pdane_evidence *e =
                        taken > 1 ? find_made(m, members, taken, now) : members[0];
                if (!e)
                        e = make(m, members, taken, &names, now);
                for (size_t i = 0; !e && i < taken && n_result < PDANE_ANSWER_MAX_ITEMS; i++)
                        result[n_result++] = (struct pdane_found){members[i], true};
                if (e)
                        result[n_result++] = (struct pdane_found){e, true};
        }
        for (size_t i = 0; i < n_result; i++)
                found[others + i] = result[i];
        return others + n_result;
}
