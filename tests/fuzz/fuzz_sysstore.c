/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose names are taken (sysstore.c): a trust module from the input, and names that are asked of it
 * afterwards, with steps that fail. Names are compared here one by one as OpenSSL does it, and as
 * they were spelled out; sysstore.c looks them up by hash. After faults_read(): what the module
 * does, how many names, the names, then those that are asked for, to the end.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <p11-kit/p11-kit.h>

#include "daemon/sysstore.h"
#include "faults.h"

#define NAMES_MAX 12u
#define PARTS_MAX 4u
#define TEXT_MAX 24u
#define DER_MAX 70000u

/* ---- names ---- */

struct part {
        unsigned attribute;
        char text[TEXT_MAX + 1]; /* in small letters, with single spaces and none at the ends */
};

struct name {
        uint8_t *der; /* owned */
        size_t len;
        X509_NAME *parsed; /* owned; NULL when it is none */
        bool spelled;      /* from parts */
        size_t n_parts;
        struct part parts[PARTS_MAX];
        uint8_t how; /* it stands in the store: 0 certificate's subject, 1 issuer, 2 and 3 trust */
};

static int
spell_text(struct fuzz_input *in, char *raw, char *plain)
{
        static const char letters[] = "aAbB  .*1-";
        unsigned n = fuzz_pick(in, TEXT_MAX);
        size_t at = 0;

        for (unsigned i = 0; i < n; i++) {
                raw[i] = letters[fuzz_pick(in, sizeof letters - 1)];
                if (raw[i] == ' ' && (at == 0 || plain[at - 1] == ' '))
                        continue;
                plain[at++] = (char)(raw[i] >= 'A' && raw[i] <= 'Z' ? raw[i] | 0x20 : raw[i]);
        }
        if (at > 0 && plain[at - 1] == ' ')
                at--;
        plain[at] = '\0';
        return (int)n;
}

/* The same text is the same in every one of these types. */
static void
spell_part(struct fuzz_input *in, X509_NAME *dn, struct part *p)
{
        static const char *const attributes[] = {"CN", "O", "OU", "C"};
        static const int types[] = {V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING, V_ASN1_IA5STRING,
                                    V_ASN1_BMPSTRING,  V_ASN1_UNIVERSALSTRING, V_ASN1_T61STRING};
        unsigned type = fuzz_pick(in, sizeof types / sizeof *types);
        size_t width = types[type] == V_ASN1_BMPSTRING         ? 2
                       : types[type] == V_ASN1_UNIVERSALSTRING ? 4
                                                               : 1;
        unsigned char wide[4 * TEXT_MAX + 4] = {0};
        char raw[TEXT_MAX + 1];
        int n;

        p->attribute = fuzz_pick(in, sizeof attributes / sizeof *attributes);
        n = spell_text(in, raw, p->text);
        for (int i = 0; i < n; i++)
                wide[(size_t)i * width + width - 1] = (unsigned char)raw[i];
        FUZZ_CHECK(X509_NAME_add_entry_by_txt(dn, attributes[p->attribute], types[type], wide,
                                              n * (int)width, -1, 0));
}

static void
spell_name(struct fuzz_input *in, struct name *n)
{
        X509_NAME *dn = X509_NAME_new();
        unsigned char *der = NULL;
        int len;

        FUZZ_CHECK(dn);
        n->spelled = true;
        n->n_parts = fuzz_pick(in, PARTS_MAX + 1);
        for (size_t i = 0; i < n->n_parts; i++)
                spell_part(in, dn, &n->parts[i]);
        len = i2d_X509_NAME(dn, &der);
        FUZZ_CHECK(len > 0);
        n->len = (size_t)len;
        n->der = malloc(n->len);
        FUZZ_CHECK(n->der);
        memcpy(n->der, der, n->len);
        OPENSSL_free(der);
        X509_NAME_free(dn);
}

static void
read_name(struct fuzz_input *in, struct name *n)
{
        uint8_t flags = fuzz_u8(in);
        const unsigned char *p;

        memset(n, 0, sizeof *n);
        n->how = flags & 3;
        if (flags & 0x80) {
                struct fuzz_input raw = fuzz_blob(in);

                n->len = raw.len;
                n->der = malloc(raw.len + 1);
                FUZZ_CHECK(n->der);
                if (raw.len > 0)
                        memcpy(n->der, raw.data, raw.len);
        } else {
                spell_name(in, n);
        }
        p = n->der;
        n->parsed = d2i_X509_NAME(NULL, &p, (long)n->len);
        ERR_clear_error();
}

static void
free_name(struct name *n)
{
        X509_NAME_free(n->parsed);
        free(n->der);
}

static bool
same_spelling(const struct name *a, const struct name *b)
{
        if (!a->spelled || !b->spelled || a->n_parts != b->n_parts)
                return false;
        for (size_t i = 0; i < a->n_parts; i++)
                if (a->parts[i].attribute != b->parts[i].attribute ||
                    strcmp(a->parts[i].text, b->parts[i].text) != 0)
                        return false;
        return true;
}

static bool
same_bytes(const struct name *a, const struct name *b)
{
        return a->len == b->len && memcmp(a->der, b->der, a->len) == 0;
}

/* ---- the trust module ---- */

enum trouble {
        FINE = 0,
        NO_MODULE,
        NO_INITIALIZE,
        NO_SLOTS,
        NO_SESSION,
        NO_SEARCH,
        NO_OBJECTS,
        NO_SIZE,
        NO_VALUE,
        LARGE,
        TROUBLES
};

static struct {
        enum trouble trouble;
        struct name names[NAMES_MAX];
        size_t n, at;
        bool trusts; /* the objects that are being looked for */
        unsigned open;
} store;

static CK_RV
fail(enum trouble t)
{
        return store.trouble == t ? CKR_GENERAL_ERROR : CKR_OK;
}

static CK_RV
get_slots(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *n)
{
        FUZZ_CHECK(present && *n > 0);
        slots[0] = 5;
        *n = 1;
        return fail(NO_SLOTS);
}

static CK_RV
open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *a, CK_NOTIFY n, CK_SESSION_HANDLE *ret)
{
        FUZZ_CHECK(slot == 5 && flags == CKF_SERIAL_SESSION && !a && !n);
        *ret = 7;
        store.open += store.trouble != NO_SESSION;
        return fail(NO_SESSION);
}

static CK_RV
close_session(CK_SESSION_HANDLE session)
{
        FUZZ_CHECK(session == 7 && store.open-- == 1);
        return CKR_OK;
}

static CK_RV
find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG n)
{
        FUZZ_CHECK(session == 7 && n == 1 && template->type == CKA_CLASS);
        store.trusts = *(CK_OBJECT_CLASS *)template->pValue != CKO_CERTIFICATE;
        store.at = 0;
        return fail(NO_SEARCH);
}

/* Few at a time. */
static CK_RV
find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *n)
{
        FUZZ_CHECK(session == 7 && max >= 2);
        for (*n = 0; *n < 2 && store.at < store.n; store.at++)
                if ((store.names[store.at].how >= 2) == store.trusts)
                        objects[(*n)++] = store.at + 1;
        return fail(NO_OBJECTS);
}

static CK_RV
find_final(CK_SESSION_HANDLE session)
{
        FUZZ_CHECK(session == 7);
        return CKR_OK;
}

static CK_RV
get_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *a, CK_ULONG n)
{
        const struct name *name = &store.names[object - 1];

        FUZZ_CHECK(session == 7 && n == 1 && object - 1 < store.n);
        if ((a->type == CKA_ISSUER) != (name->how & 1)) {
                a->ulValueLen = (CK_ULONG)-1;
                return CKR_ATTRIBUTE_TYPE_INVALID;
        }
        FUZZ_CHECK(a->type == CKA_ISSUER || a->type == CKA_SUBJECT);
        if (a->pValue) {
                FUZZ_CHECK(a->ulValueLen == name->len);
                memcpy(a->pValue, name->der, name->len);
                return fail(NO_VALUE);
        }
        a->ulValueLen = store.trouble == LARGE ? DER_MAX : name->len;
        return fail(NO_SIZE);
}

static CK_FUNCTION_LIST functions = {
        .C_GetSlotList = get_slots,
        .C_OpenSession = open_session,
        .C_CloseSession = close_session,
        .C_FindObjectsInit = find_init,
        .C_FindObjects = find,
        .C_FindObjectsFinal = find_final,
        .C_GetAttributeValue = get_value,
};

CK_FUNCTION_LIST *__wrap_p11_kit_module_load(const char *path, int flags);
CK_RV __wrap_p11_kit_module_initialize(CK_FUNCTION_LIST *p11);
CK_RV __wrap_p11_kit_module_finalize(CK_FUNCTION_LIST *p11);
void __wrap_p11_kit_module_release(CK_FUNCTION_LIST *p11);

CK_FUNCTION_LIST *
__wrap_p11_kit_module_load(const char *path, int flags)
{
        FUZZ_CHECK(path && flags == 0);
        return store.trouble == NO_MODULE ? NULL : &functions;
}

CK_RV
__wrap_p11_kit_module_initialize(CK_FUNCTION_LIST *p11)
{
        FUZZ_CHECK(p11 == &functions);
        return fail(NO_INITIALIZE);
}

CK_RV
__wrap_p11_kit_module_finalize(CK_FUNCTION_LIST *p11)
{
        FUZZ_CHECK(p11 == &functions);
        return CKR_OK;
}

void
__wrap_p11_kit_module_release(CK_FUNCTION_LIST *p11)
{
        FUZZ_CHECK(p11 == &functions);
}

/* ---- OpenSSL's part, which fails as well ---- */

X509_NAME *__real_d2i_X509_NAME(X509_NAME **a, const unsigned char **in, long len);
X509_NAME *__wrap_d2i_X509_NAME(X509_NAME **a, const unsigned char **in, long len);
unsigned long __real_X509_NAME_hash_ex(const X509_NAME *x, OSSL_LIB_CTX *c, const char *q, int *ok);
unsigned long __wrap_X509_NAME_hash_ex(const X509_NAME *x, OSSL_LIB_CTX *c, const char *q, int *ok);

X509_NAME *
__wrap_d2i_X509_NAME(X509_NAME **a, const unsigned char **in, long len)
{
        return fuzz_fault() ? NULL : __real_d2i_X509_NAME(a, in, len);
}

unsigned long
__wrap_X509_NAME_hash_ex(const X509_NAME *x, OSSL_LIB_CTX *c, const char *q, int *ok)
{
        if (!fuzz_fault())
                return __real_X509_NAME_hash_ex(x, c, q, ok);
        *ok = 0;
        return 0;
}

/* ---- what must come of it ---- */

/* What is no Name spoils a store; an empty value is none at all. */
static bool
is_whole(void)
{
        size_t names = 0;

        for (size_t i = 0; i < store.n; i++) {
                if (store.names[i].len == 0)
                        continue;
                if (!store.names[i].parsed || store.trouble >= NO_SIZE)
                        return false;
                names++;
        }
        return names > 0 && (store.trouble == FINE || store.trouble >= NO_SIZE);
}

static size_t
distinct(void)
{
        size_t n = 0;

        for (size_t i = 0; i < store.n; i++) {
                size_t k;

                for (k = 0; k < i && !same_bytes(&store.names[i], &store.names[k]); k++)
                        ;
                n += k == i && store.names[i].len > 0;
        }
        return n;
}

static bool
is_taken(const struct name *q)
{
        for (size_t i = 0; i < store.n; i++) {
                const struct name *n = &store.names[i];

                if (n->len == 0)
                        continue;
                if (same_bytes(n, q) || (q->parsed && X509_NAME_cmp(n->parsed, q->parsed) == 0))
                        return true;
                FUZZ_CHECK(!same_spelling(n, q));
        }
        return !q->parsed;
}

static void
check_error(int r, char *error)
{
        FUZZ_CHECK(r < 0 && error && *error);
        for (const char *p = error; *p; p++)
                FUZZ_CHECK(*p >= 0x20 && *p < 0x7f);
        free(error);
}

static void
ask(const struct pdane_sysstore *s, const struct name *q, bool loaded)
{
        const struct pdane_bytes dn = {q->der, q->len};
        bool want = !loaded || is_taken(q), got;

        FUZZ_CHECK(pdane_sysstore_has_dn(s, dn) == want);
        fuzz_faults_start();
        got = pdane_sysstore_has_dn(s, dn);
        fuzz_faults_stop();
        FUZZ_CHECK(got || !want);
        FUZZ_CHECK(pdane_sysstore_has_dn(s, (struct pdane_bytes){NULL, 0}));
        FUZZ_CHECK(ERR_peek_error() == 0);
}

/* The module stays: what it says by now is what counts, and what has come is known to be new. */
static void
load_again(struct pdane_sysstore *s, const struct name *asked, size_t n_asked)
{
        const struct name *last = &store.names[store.n - 1];
        bool is_new = last->len > 0;
        char *error = NULL;

        for (size_t i = 0; i + 1 < store.n; i++)
                is_new &= !same_bytes(&store.names[i], last);
        store.n--;
        if (is_whole()) {
                FUZZ_CHECK(pdane_sysstore_load(s, NULL, &error) == 0);
                FUZZ_CHECK(pdane_sysstore_count(s) == distinct() && !pdane_sysstore_grew(s));
                for (size_t i = 0; i < n_asked; i++)
                        ask(s, &asked[i], true);
                store.n++;
                FUZZ_CHECK(pdane_sysstore_load(s, NULL, &error) == 0);
                FUZZ_CHECK(pdane_sysstore_grew(s) == is_new);
        } else {
                int r = pdane_sysstore_load(s, NULL, &error);

                check_error(r, error);
                store.n++;
                FUZZ_CHECK(pdane_sysstore_load(s, NULL, &error) == 0);
                FUZZ_CHECK(!pdane_sysstore_grew(s));
        }
}

static void
load_once(bool whole, const struct name *asked, size_t n_asked)
{
        struct pdane_sysstore *s = NULL;
        char *error = NULL;
        unsigned failed;
        int r;

        FUZZ_CHECK(pdane_sysstore_new(&s) == 0);
        fuzz_faults_start();
        r = pdane_sysstore_load(s, NULL, &error);
        failed = fuzz_faults_stop();
        FUZZ_CHECK(store.open == 0);
        if (r < 0) {
                FUZZ_CHECK(!whole || failed > 0);
                check_error(r, error);
        } else {
                FUZZ_CHECK(whole && !error && pdane_sysstore_count(s) == distinct());
        }
        for (size_t i = 0; i < n_asked; i++)
                ask(s, &asked[i], r == 0);
        if (r == 0) { /* what was known stays known */
                enum trouble t = store.trouble;

                load_again(s, asked, n_asked);

                store.trouble = NO_MODULE;
                r = pdane_sysstore_load(s, "/a", &error);
                check_error(r, error);
                store.trouble = t;
                for (size_t i = 0; i < n_asked; i++)
                        ask(s, &asked[i], true);
        }
        pdane_sysstore_free(s);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
        X509_NAME *n = X509_NAME_new();
        int ok;

        (void)argc;
        (void)argv;
        (void)X509_NAME_hash_ex(n, NULL, NULL, &ok); /* what is set up once */
        X509_NAME_free(n);
        return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};
        struct name asked[NAMES_MAX];
        size_t n_asked = 0;
        uint8_t trouble;

        fuzz_faults_read(&in);
        trouble = fuzz_u8(&in);
        store.trouble = trouble < TROUBLES ? (enum trouble)trouble : FINE;
        store.n = fuzz_pick(&in, NAMES_MAX + 1);
        for (size_t i = 0; i < store.n; i++)
                read_name(&in, &store.names[i]);
        while (in.len > 0 && n_asked < NAMES_MAX)
                read_name(&in, &asked[n_asked++]);
        do
                load_once(is_whole(), asked, n_asked);
        while (fuzz_faults_again());
        for (size_t i = 0; i < store.n; i++)
                free_name(&store.names[i]);
        for (size_t i = 0; i < n_asked; i++)
                free_name(&asked[i]);
        store.n = 0;
        return 0;
}
