/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads subjects and issuers of every certificate and trust object that p11-kit-trust has into a
 * set. */
#include "daemon/sysstore.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <p11-kit/p11-kit.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>

#define TRUST_MODULE PDANE_P11KIT_MODULE_PATH "/p11-kit-trust.so"
#define CLASS_NSS_TRUST 0xce534353UL
#define SLOTS_MAX 16
#define OBJECTS_AT_ONCE 64
#define NAMES_MAX 65536 /* distinct DNs; a store past that is not believed to be whole */
#define DN_MAX 65536UL

/*
 * Programs on OpenSSL compare names in a canonical form, without regard to case, spaces and string
 * types: its hash names the files in their directory.
 */
struct hash {
        unsigned long value;
};

struct name {
        struct hash hash;
        size_t len;
        uint8_t der[];
};

struct name_set {
        void *root, *hashes;
        size_t count;
};

struct pdane_sysstore {
        struct name_set names;
        bool loaded, grew;
        /* The module, with what it has parsed: it reads again only files that have changed. */
        CK_FUNCTION_LIST *p11; /* NULL: not loaded */
        char *path;
};

static int
compare(const void *pa, const void *pb)
{
        const struct name *a = pa, *b = pb;
        if (a->len != b->len)
                return a->len < b->len ? -1 : 1;
        return memcmp(a->der, b->der, a->len);
}

static int
compare_hashes(const void *pa, const void *pb)
{
        const struct hash *a = pa, *b = pb;
        return a->value < b->value ? -1 : a->value > b->value;
}

/* False for what is no Name, and when that cannot be found out. */
static bool
hash_name(const uint8_t *der, size_t len, struct hash *ret)
{
        const unsigned char *p = der;
        int ok = 0;
        ERR_set_mark();
        X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)len);
        if (name)
                ret->value = X509_NAME_hash_ex(name, NULL, NULL, &ok);
        X509_NAME_free(name);
        ERR_pop_to_mark();
        return ok;
}

static int
add_hash(struct name_set *set, const struct hash *hash)
{
        struct hash *h = malloc(sizeof *h);
        if (!h)
                return -ENOMEM;
        *h = *hash;
        struct hash **at = tsearch(h, &set->hashes, compare_hashes);
        if (!at || *at != h)
                free(h);
        return at ? 0 : -ENOMEM;
}

/* To make a hash takes longer than all the rest: that of a name in known is taken from there. */
static bool
find_hash(const struct name_set *known, struct name *n)
{
        struct name *const *same = tfind(n, &known->root, compare);
        if (!same)
                return hash_name(n->der, n->len, &n->hash);
        n->hash = (*same)->hash;
        return true;
}

static int
add_name(struct name_set *set, const struct name_set *known, const uint8_t *der, size_t len)
{
        struct name *n = malloc(sizeof *n + len);
        if (!n)
                return -ENOMEM;
        n->len = len;
        memcpy(n->der, der, len);
        struct name **at = tsearch(n, &set->root, compare);
        if (!at || *at != n) {
                free(n);
                return at ? 0 : -ENOMEM;
        }
        if (++set->count > NAMES_MAX)
                return -E2BIG;
        if (!find_hash(known, n))
                return -EBADMSG; /* of a name left out nobody would be the wiser */
        return add_hash(set, &n->hash);
}

static void
clear_names(struct name_set *set)
{
        tdestroy(set->root, free);
        tdestroy(set->hashes, free);
        *set = (struct name_set){0};
}

struct comparison {
        const struct name_set *known;
        bool other;
};

static void
look_up(const void *node, VISIT order, void *arg)
{
        struct comparison *c = arg;
        if (order == postorder || order == leaf)
                c->other |= !tfind(*(struct name *const *)node, &c->known->root, compare);
}

static bool
has_other(const struct name_set *set, const struct name_set *known)
{
        struct comparison c = {known, false};
        twalk_r(set->root, look_up, &c);
        return c.other;
}

/* ---- PKCS#11, as a client ---- */

static int
read_name(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
          CK_ATTRIBUTE_TYPE type, const struct name_set *known, struct name_set *set)
{
        CK_ATTRIBUTE attr = {type, NULL, 0};
        CK_RV rv = p11->C_GetAttributeValue(session, object, &attr, 1);
        if (rv == CKR_ATTRIBUTE_TYPE_INVALID || attr.ulValueLen == (CK_ULONG)-1 ||
            attr.ulValueLen == 0)
                return 0; /* a trust object without that attribute */
        if (rv != CKR_OK || attr.ulValueLen > DN_MAX)
                return -EIO;
        uint8_t *der = malloc(attr.ulValueLen);
        if (!der)
                return -ENOMEM;
        attr.pValue = der;
        int r = -EIO;
        if (p11->C_GetAttributeValue(session, object, &attr, 1) == CKR_OK)
                r = add_name(set, known, der, attr.ulValueLen);
        free(der);
        return r;
}

static int
read_objects(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class,
             const struct name_set *known, struct name_set *set)
{
        CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof class};
        CK_OBJECT_HANDLE objects[OBJECTS_AT_ONCE];
        CK_ULONG n = 0;
        int r = 0;

        if (p11->C_FindObjectsInit(session, &template, 1) != CKR_OK)
                return -EIO;
        do {
                if (p11->C_FindObjects(session, objects, OBJECTS_AT_ONCE, &n) != CKR_OK)
                        r = -EIO;
                for (CK_ULONG i = 0; i < n && r == 0; i++) {
                        r = read_name(p11, session, objects[i], CKA_SUBJECT, known, set);
                        if (r == 0)
                                r = read_name(p11, session, objects[i], CKA_ISSUER, known, set);
                }
        } while (n > 0 && r == 0);
        p11->C_FindObjectsFinal(session);
        return r;
}

static int
read_slot(CK_FUNCTION_LIST *p11, CK_SLOT_ID slot, const struct name_set *known,
          struct name_set *set)
{
        CK_SESSION_HANDLE session;
        if (p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
                return -EIO;
        int r = read_objects(p11, session, CKO_CERTIFICATE, known, set);
        if (r == 0)
                r = read_objects(p11, session, CLASS_NSS_TRUST, known, set);
        p11->C_CloseSession(session);
        return r;
}

static int
read_module(CK_FUNCTION_LIST *p11, const struct name_set *known, struct name_set *set)
{
        CK_SLOT_ID slots[SLOTS_MAX];
        CK_ULONG n = SLOTS_MAX;
        if (p11->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
                return -EIO;
        int r = 0;
        for (CK_ULONG i = 0; i < n && r == 0; i++)
                r = read_slot(p11, slots[i], known, set);
        return r == 0 && set->count == 0 ? -ENODATA : r;
}

static int
explain(char **ret_error, const char *path, const char *what, int r)
{
        if (asprintf(ret_error, "%s: %s", path, what) < 0)
                *ret_error = NULL;
        return r;
}

static void
close_module(struct pdane_sysstore *s)
{
        if (s->p11) {
                p11_kit_module_finalize(s->p11);
                p11_kit_module_release(s->p11);
        }
        s->p11 = NULL;
        free(s->path);
        s->path = NULL;
}

static int
open_module(struct pdane_sysstore *s, const char *path, char **ret_error)
{
        if (s->p11 && strcmp(s->path, path) == 0)
                return 0;
        close_module(s);
        s->path = strdup(path);
        CK_FUNCTION_LIST *p11 = s->path ? p11_kit_module_load(path, 0) : NULL;
        if (!p11)
                return explain(ret_error, path,
                               p11_kit_message() ? p11_kit_message() : "cannot be loaded", -ENOENT);
        if (p11_kit_module_initialize(p11) != CKR_OK) {
                p11_kit_module_release(p11);
                return explain(ret_error, path, "cannot be initialised", -EIO);
        }
        s->p11 = p11;
        return 0;
}

int
pdane_sysstore_load(struct pdane_sysstore *s, const char *module_path, char **ret_error)
{
        const char *path = module_path ? module_path : TRUST_MODULE;
        struct name_set set = {0};
        s->grew = false;
        int r = open_module(s, path, ret_error);
        if (r < 0)
                return r;
        r = read_module(s->p11, &s->names, &set);
        if (r < 0) {
                close_module(s); /* the next time everything is read anew */
                clear_names(&set);
                return explain(ret_error, path,
                               r == -ENODATA   ? "has no certificates"
                               : r == -EBADMSG ? "has a name that cannot be read"
                                               : strerror(-r),
                               r);
        }
        s->grew = has_other(&set, &s->names);
        clear_names(&s->names);
        s->names = set;
        s->loaded = true;
        return 0;
}

/* ---- asking ---- */

bool
pdane_sysstore_has_dn(const struct pdane_sysstore *s, struct pdane_bytes dn)
{
        if (!s->loaded || !dn.data)
                return true;
        struct name *key = malloc(sizeof *key + dn.len);
        if (!key)
                return true;
        key->len = dn.len;
        memcpy(key->der, dn.data, dn.len);
        bool found = tfind(key, &s->names.root, compare) != NULL;
        free(key);
        struct hash h;
        return found || !hash_name(dn.data, dn.len, &h) ||
               tfind(&h, &s->names.hashes, compare_hashes) != NULL;
}

bool
pdane_sysstore_grew(const struct pdane_sysstore *s)
{
        return s->grew;
}

size_t
pdane_sysstore_count(const struct pdane_sysstore *s)
{
        return s->names.count;
}

int
pdane_sysstore_new(struct pdane_sysstore **ret)
{
        struct pdane_sysstore *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        *ret = s;
        return 0;
}

void
pdane_sysstore_free(struct pdane_sysstore *s)
{
        if (!s)
                return;
        clear_names(&s->names);
        close_module(s);
        free(s);
}
