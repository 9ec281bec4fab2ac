/* SPDX-License-Identifier: BSD-3-Clause */
/* The attributes of each class, as one table per class (design section 2). Knows no handles, no
 * sessions. */
#include "object.h"

#include <errno.h>

enum source {
        SAME_BOOL,  /* the constant, as CK_BBOOL */
        SAME_ULONG, /* the constant, as CK_ULONG */
        BYTES,      /* a member of the item */
        SERIAL,     /* the same, matched in both forms */
        TRUSTED,    /* CKA_TRUSTED */
        CATEGORY,   /* CKA_CERTIFICATE_CATEGORY */
        SERVER,     /* server authentication in PKCS#11 3.2's numbers */
        NSS_SERVER, /* and in NSS's */
};

struct field {
        CK_ATTRIBUTE_TYPE type;
        enum source source;
        CK_ULONG constant;
        size_t offset;
};

/* Room for an attribute that is computed. */
union room {
        CK_BBOOL boolean;
        CK_ULONG number;
};

#define AT(member) 0, offsetof(struct pdane_item, member)
#define COMMON(class_)                                                                             \
        {CKA_CLASS, SAME_ULONG, class_, 0}, {CKA_TOKEN, SAME_BOOL, CK_TRUE, 0},                    \
                {CKA_ISSUER, BYTES, AT(issuer)}, {CKA_SERIAL_NUMBER, SERIAL, AT(serial)},          \
                {CKA_LABEL, BYTES, AT(label)}, {CKA_PRIVATE, SAME_BOOL, CK_FALSE, 0},              \
        {                                                                                          \
                CKA_MODIFIABLE, SAME_BOOL, CK_FALSE, 0                                             \
        }

/* Each table is searched from its beginning, so what templates hold stands first. */
static const struct field certificate_fields[] = {
        COMMON(CKO_CERTIFICATE),
        {CKA_SUBJECT, BYTES, AT(subject)},
        {CKA_CERTIFICATE_TYPE, SAME_ULONG, CKC_X_509, 0},
        {CKA_TRUSTED, TRUSTED, 0, 0},
        {CKA_CERTIFICATE_CATEGORY, CATEGORY, 0, 0},
        {CKA_ID, BYTES, AT(id)},
        {CKA_VALUE, BYTES, AT(value)},
        {CKA_PUBLIC_KEY_INFO, BYTES, AT(spki)},
};

/* NSS refuses a trust object without a hash; here it is never the weak one. */
static const struct field trust_fields[] = {
        COMMON(PDANE_CKO_TRUST),
        {PDANE_CKA_TRUST_SERVER_AUTH, SERVER, 0, 0},
        {PDANE_CKA_TRUST_CLIENT_AUTH, SAME_ULONG, PDANE_CKT_UNKNOWN, 0},
        {PDANE_CKA_TRUST_CODE_SIGNING, SAME_ULONG, PDANE_CKT_UNKNOWN, 0},
        {PDANE_CKA_TRUST_EMAIL, SAME_ULONG, PDANE_CKT_UNKNOWN, 0},
        {PDANE_CKA_HASH_OF_CERTIFICATE, BYTES, AT(sha256)},
        {PDANE_CKA_NAME_HASH_ALGORITHM, SAME_ULONG, CKM_SHA256, 0},
};

static const struct field nss_trust_fields[] = {
        COMMON(PDANE_CKO_NSS_TRUST),
        {PDANE_CKA_NSS_TRUST_SERVER_AUTH, NSS_SERVER, 0, 0},
        {PDANE_CKA_NSS_TRUST_CLIENT_AUTH, SAME_ULONG, PDANE_CKT_NSS_UNKNOWN, 0},
        {PDANE_CKA_NSS_TRUST_CODE_SIGNING, SAME_ULONG, PDANE_CKT_NSS_UNKNOWN, 0},
        {PDANE_CKA_NSS_TRUST_EMAIL, SAME_ULONG, PDANE_CKT_NSS_UNKNOWN, 0},
        {PDANE_CKA_NSS_TRUST_STEP_UP, SAME_BOOL, CK_FALSE, 0},
        {PDANE_CKA_NSS_CERT_SHA1, BYTES, AT(sha1)},
};

#define TABLE(fields)                                                                              \
        {                                                                                          \
                fields, sizeof(fields) / sizeof((fields)[0])                                       \
        }

static const struct class_table {
        const struct field *fields;
        size_t n;
} tables[] = {TABLE(certificate_fields), TABLE(trust_fields), TABLE(nss_trust_fields)};

static const struct class_table *
table_of(CK_OBJECT_CLASS class)
{
        switch (class) {
        case CKO_CERTIFICATE:
                return &tables[0];
        case PDANE_CKO_TRUST:
                return &tables[1];
        case PDANE_CKO_NSS_TRUST:
                return &tables[2];
        default:
                return NULL;
        }
}

static const struct field *
field_of(const struct class_table *table, CK_ATTRIBUTE_TYPE type)
{
        for (size_t i = 0; table && i < table->n; i++) {
                if (table->fields[i].type == type)
                        return &table->fields[i];
        }
        return NULL;
}

static CK_ULONG
server_auth(enum pdane_trust trust, bool nss)
{
        switch (trust) {
        case PDANE_TRUST_PEER:
                return nss ? PDANE_CKT_NSS_TRUSTED : PDANE_CKT_TRUSTED;
        case PDANE_TRUST_ANCHOR:
                return nss ? PDANE_CKT_NSS_DELEGATOR : PDANE_CKT_ANCHOR;
        case PDANE_TRUST_NONE:
                break;
        }
        return nss ? PDANE_CKT_NSS_UNKNOWN : PDANE_CKT_UNKNOWN;
}

static bool
is_constant(const struct field *f)
{
        return f->source == SAME_BOOL || f->source == SAME_ULONG;
}

static struct pdane_bytes
number(union room *room, CK_ULONG value)
{
        room->number = value;
        return (struct pdane_bytes){(const uint8_t *)&room->number, sizeof(room->number)};
}

static struct pdane_bytes
boolean(union room *room, bool value)
{
        room->boolean = value ? CK_TRUE : CK_FALSE;
        return (struct pdane_bytes){&room->boolean, sizeof(room->boolean)};
}

/* What the attribute holds; absent when the item has no such bytes. item may be NULL for a
 * constant. */
static struct pdane_bytes
render(const struct field *f, const struct pdane_item *item, union room *room)
{
        struct pdane_bytes b = {0};

        switch (f->source) {
        case SAME_BOOL:
                return boolean(room, f->constant != CK_FALSE);
        case SAME_ULONG:
                return number(room, f->constant);
        case TRUSTED:
                return boolean(room, (item->flags & PDANE_ITEM_TRUSTED) != 0);
        case CATEGORY:
                return number(room, item->flags & PDANE_ITEM_AUTHORITY
                                            ? PDANE_CATEGORY_AUTHORITY
                                            : PDANE_CATEGORY_UNSPECIFIED);
        case SERVER:
                return number(room, server_auth(item->trust, false));
        case NSS_SERVER:
                return number(room, server_auth(item->trust, true));
        case BYTES:
        case SERIAL:
                memcpy(&b, (const char *)item + f->offset, sizeof(b));
                break;
        }
        return b;
}

static bool
attribute_equals(const struct field *f, const struct pdane_item *item, const CK_ATTRIBUTE *a)
{
        union room room;
        struct pdane_bytes have = render(f, item, &room);
        struct pdane_bytes want = {a->pValue, a->ulValueLen};

        if (f->source == SERIAL)
                return have.data && want.data && pdane_serial_equal(have, want);
        return pdane_bytes_equal(have, want);
}

bool
pdane_object_may_match(CK_OBJECT_CLASS class, const CK_ATTRIBUTE *t, CK_ULONG n)
{
        const struct class_table *table = table_of(class);

        if (!table)
                return false;
        for (CK_ULONG i = 0; i < n; i++) {
                const struct field *f = field_of(table, t[i].type);

                if (!f || (is_constant(f) && !attribute_equals(f, NULL, &t[i])))
                        return false;
        }
        return true;
}

static bool
has(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type)
{
        for (CK_ULONG i = 0; i < n; i++) {
                if (t[i].type == type)
                        return true;
        }
        return false;
}

/* NSS takes an identifier of zeros for a sign that the certificate is its own. */
static bool
is_zero(struct pdane_bytes b)
{
        for (size_t i = 0; i < b.len; i++) {
                if (b.data[i] != 0)
                        return false;
        }
        return true;
}

/* Whether the item is presented in this class at all. */
static bool
is_presented(CK_OBJECT_CLASS class, const struct pdane_item *item)
{
        switch (class) {
        case CKO_CERTIFICATE:
                return (item->flags & PDANE_ITEM_CERTIFICATE) != 0 && !is_zero(item->id);
        case PDANE_CKO_TRUST:
                return item->trust != PDANE_TRUST_NONE;
        case PDANE_CKO_NSS_TRUST:
                return item->trust != PDANE_TRUST_NONE &&
                       (item->flags & PDANE_ITEM_LEGACY_SHA1) != 0;
        default:
                return false;
        }
}

bool
pdane_object_matches(CK_OBJECT_CLASS class, const struct pdane_item *item, const CK_ATTRIBUTE *t,
                     CK_ULONG n)
{
        const struct class_table *table = table_of(class);

        if (!is_presented(class, item))
                return false;
        /* A fallback search of GnuTLS lacks the type; answered, it lets that key sign for other
         * names. */
        if ((item->flags & PDANE_ITEM_EXACT) &&
            !(has(t, n, CKA_SERIAL_NUMBER) && has(t, n, CKA_ISSUER) &&
              has(t, n, CKA_CERTIFICATE_TYPE)))
                return false;
        for (CK_ULONG i = 0; i < n; i++) {
                const struct field *f = field_of(table, t[i].type);

                if (!f || !attribute_equals(f, item, &t[i]))
                        return false;
        }
        return true;
}

/* Fills one attribute: 0, -ENODATA or -ENOBUFS. */
static int
read_one(const struct class_table *table, const struct pdane_item *item, CK_ATTRIBUTE *a)
{
        const struct field *f = field_of(table, a->type);
        struct pdane_bytes have = {0};
        union room room;

        if (f)
                have = render(f, item, &room);
        if (!have.data) {
                a->ulValueLen = PDANE_NO_LENGTH;
                return -ENODATA;
        }
        if (a->pValue && a->ulValueLen < have.len) {
                a->ulValueLen = PDANE_NO_LENGTH;
                return -ENOBUFS;
        }
        if (a->pValue && have.len > 0)
                memcpy(a->pValue, have.data, have.len);
        a->ulValueLen = have.len;
        return 0;
}

int
pdane_object_read(CK_OBJECT_CLASS class, const struct pdane_item *item, CK_ATTRIBUTE *t, CK_ULONG n)
{
        const struct class_table *table = table_of(class);
        int result = 0;

        for (CK_ULONG i = 0; i < n; i++) {
                int r = read_one(table, item, &t[i]);

                /* NSS and p11-kit read one by one after -ENODATA, so it is the one that must not be
                 * lost. */
                if (r < 0 && result != -ENODATA)
                        result = r;
        }
        return result;
}
