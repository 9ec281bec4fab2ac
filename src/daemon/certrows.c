/* SPDX-License-Identifier: BSD-3-Clause */
/* Two balanced trees: whoever chooses hashes and subjects cannot make them deep. */
#include "daemon/certrows.h"

#include <search.h>
#include <stdlib.h>

/* Where a subject's entries are. */
struct subject {
        struct pdane_bytes dn; /* of cert, if that is there */
        struct pdane_cert *cert;
        struct pdane_certrow *row;
};

static int
compare_rows(const void *a, const void *b)
{
        const struct pdane_certrow *x = a, *y = b;
        return (x->hash > y->hash) - (x->hash < y->hash);
}

static int
compare_subjects(const void *a, const void *b)
{
        const struct pdane_bytes *x = &((const struct subject *)a)->dn,
                                 *y = &((const struct subject *)b)->dn;
        if (x->len != y->len)
                return x->len < y->len ? -1 : 1;
        return memcmp(x->data, y->data, x->len);
}

struct pdane_certrow *
pdane_certrows_get(struct pdane_certrows *rows, unsigned long hash)
{
        struct pdane_certrow *row = calloc(1, sizeof *row);
        if (!row)
                return NULL;
        row->hash = hash;
        struct pdane_certrow **at = tsearch(row, &rows->by_hash, compare_rows);
        if (!at) {
                free(row);
                return NULL;
        }
        if (*at != row)
                free(row);
        return *at;
}

static void
count(struct pdane_certrows *rows, struct pdane_certrow *row)
{
        bool crowded = row->n_entries > 1;
        if (crowded == row->is_crowded)
                return;
        row->is_crowded = crowded;
        if (crowded)
                LIST_INSERT_HEAD(&rows->crowded, row, crowded);
        else
                LIST_REMOVE(row, crowded);
}

static bool
has_subject(struct pdane_certrows *rows, struct pdane_certrow *row, struct pdane_cert *cert)
{
        struct subject *s = calloc(1, sizeof *s);
        if (!s)
                return false;
        *s = (struct subject){pdane_cert_subject(cert), cert, row};
        struct subject **at = tsearch(s, &rows->by_subject, compare_subjects);
        if (at && *at == s)
                pdane_cert_ref(cert);
        else
                free(s);
        return at;
}

void
pdane_certrows_add(struct pdane_certrows *rows, struct pdane_certrow *row, struct pdane_cert *cert,
                   struct pdane_evidence *evidence, bool own)
{
        struct pdane_certrow_entry *e = calloc(1, sizeof *e);
        if (!e || !has_subject(rows, row, cert)) {
                free(e);
                return;
        }
        e->cert = pdane_cert_ref(cert);
        e->evidence = pdane_evidence_ref(evidence);
        e->own = own;
        LIST_INSERT_HEAD(&row->entries, e, entries);
        row->n_entries++;
        count(rows, row);
}

static void
drop_entry(struct pdane_certrow *row, struct pdane_certrow_entry *e)
{
        LIST_REMOVE(e, entries);
        row->n_entries--;
        pdane_cert_unref(e->cert);
        pdane_evidence_unref(e->evidence);
        free(e);
}

struct pdane_certrow *
pdane_certrows_forget(struct pdane_certrows *rows, struct pdane_bytes dn)
{
        const struct subject wanted = {.dn = dn};
        struct subject **at = tfind(&wanted, &rows->by_subject, compare_subjects), *s;
        if (!at)
                return NULL;
        s = *at;
        struct pdane_certrow *row = s->row;
        struct pdane_certrow_entry *e = LIST_FIRST(&row->entries), *next;
        for (; e; e = next) {
                next = LIST_NEXT(e, entries);
                if (pdane_bytes_equal(pdane_cert_subject(e->cert), s->dn))
                        drop_entry(row, e);
        }
        count(rows, row);
        tdelete(s, &rows->by_subject, compare_subjects);
        pdane_cert_unref(s->cert);
        free(s);
        return row;
}

void
pdane_certrows_tidy(struct pdane_certrows *rows, struct pdane_certrow *row)
{
        if (row->n_entries || row->n_files)
                return;
        tdelete(row, &rows->by_hash, compare_rows);
        free(row);
}

static void
free_row(void *p)
{
        struct pdane_certrow *row = p;
        while (!LIST_EMPTY(&row->entries))
                /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it takes the entry off the list */
                drop_entry(row, LIST_FIRST(&row->entries));
        free(row);
}

static void
free_subject(void *p)
{
        struct subject *s = p;
        pdane_cert_unref(s->cert);
        free(s);
}

void
pdane_certrows_clear(struct pdane_certrows *rows)
{
        tdestroy(rows->by_hash, free_row);
        tdestroy(rows->by_subject, free_subject);
        *rows = (struct pdane_certrows){0};
}
