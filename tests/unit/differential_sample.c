/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes one case after another. What is rare in a case is the fault; most of each is sound. */
#include "test.h"

#include "differential_sample.h"

static uint64_t random_state;

void
sample_seed(uint64_t seed)
{
        random_state = seed;
}

/* splitmix64: the same everywhere, whatever libc has */
static unsigned
pick(unsigned n)
{
        uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15));

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return (unsigned)((z ^ (z >> 31)) % n);
}

static bool
one_in(unsigned n)
{
        return pick(n) == 0;
}

/* ---- certificates ---- */

struct authorities {
        X509 *root, *middle, *stranger;
        EVP_PKEY *root_key, *middle_key;
};

/* Valid now, mostly. */
static void
choose_dates(struct test_spec *spec, int64_t now, unsigned rarity)
{
        spec->not_before = now - TEST_DAY;
        spec->not_after = now + TEST_DAY;
        if (!one_in(rarity))
                return;
        if (one_in(2))
                spec->not_after = now - TEST_DAY / 2;
        else
                spec->not_before = now + TEST_DAY / 2;
}

static X509 *
make_authority(const char *cn, EVP_PKEY *key, X509 *signer, EVP_PKEY *signer_key, int64_t now)
{
        struct test_spec spec = {.cn = cn,
                                 .bc = one_in(20) ? (enum test_bc)pick(3) : TEST_BC_TRUE,
                                 .key_id = !one_in(3),
                                 .authority_key_id = one_in(2),
                                 .serial = 1 + pick(1000),
                                 .key = key,
                                 .signer = signer,
                                 .signer_key = signer_key};

        choose_dates(&spec, now, 25);
        return test_x509(&spec);
}

static void
make_authorities(struct authorities *a, int64_t now)
{
        a->root_key = test_key(1 + pick(2));
        a->middle_key = one_in(4) ? test_key_rsa() : test_key(3);
        a->root = make_authority("Root", a->root_key, NULL, NULL, now);
        a->middle = make_authority("Middle", a->middle_key, a->root, a->root_key, now);
        /* Another CA with the root's name, or one of its own. */
        a->stranger = make_authority(one_in(2) ? "Root" : "Stranger", test_key(4), NULL, NULL, now);
}

static void
choose_names(struct test_spec *spec, struct sample *s)
{
        static const char *const lists[][3] = {
                {"host.dane.example", NULL},
                {"other.example", NULL},
                {"*.dane.example", NULL},
                {"*.host.dane.example", "x.example", NULL},
                {"h*.dane.example", NULL},
                {"other.example", "HOST.dane.example", NULL},
                {"www.host.dane.example", "host.dane.example", NULL}};
        unsigned list = one_in(2) ? 0 : pick(sizeof(lists) / sizeof(lists[0]));

        spec->cn = one_in(3) ? "host.dane.example" : one_in(2) ? "other.example" : "Some server";
        if (!one_in(5))
                spec->dns = lists[list];
        s->partial_wildcard = spec->dns && list == 4;
}

static X509 *
make_leaf(struct sample *s, X509 *signer, EVP_PKEY *signer_key)
{
        struct test_spec spec = {.bc = (enum test_bc)pick(3),
                                 .key_id = one_in(2),
                                 .authority_key_id = signer && one_in(2),
                                 .eku = one_in(20)  ? "clientAuth"
                                        : one_in(4) ? "serverAuth"
                                                    : NULL,
                                 .serial = 1 + pick(1000),
                                 .signer = signer,
                                 .signer_key = signer_key};

        s->key = spec.key = one_in(5) ? test_key_rsa() : test_key(0);
        choose_names(&spec, s);
        choose_dates(&spec, s->now, 12);
        if (one_in(20)) {
                spec = (struct test_spec){.cn = spec.cn,
                                          .version = 1,
                                          .key = spec.key,
                                          .signer = signer,
                                          .signer_key = signer_key,
                                          .not_before = spec.not_before,
                                          .not_after = spec.not_after};
                s->partial_wildcard = false;
        }
        return test_x509(&spec);
}

static void
push(struct sample *s, X509 *x)
{
        assert_true(s->n_chain < CHAIN_MOST);
        assert_int_equal(X509_up_ref(x), 1);
        s->chain[s->n_chain++] = x;
}

/* Who signed the leaf, and what the server sends of it, complete and in order or not. */
static void
make_chain(struct sample *s, struct authorities *a)
{
        unsigned shape = pick(10);
        X509 *leaf;

        if (shape <= 1)
                leaf = make_leaf(s, NULL, NULL);
        else if (shape <= 4)
                leaf = make_leaf(s, a->root, a->root_key);
        else
                leaf = make_leaf(s, a->middle, a->middle_key);
        s->chain[s->n_chain++] = leaf;
        if (shape == 1 || shape == 4)
                push(s, a->stranger);
        if (shape == 7)
                push(s, a->root); /* the wrong way round */
        if (shape >= 5 && shape <= 8)
                push(s, a->middle);
        if (shape == 3 || shape == 4 || shape == 6 || shape == 8)
                push(s, a->root);
        if (shape == 8)
                push(s, a->stranger);
}

/* ---- records ---- */

static void
spoil(struct record *r)
{
        switch (pick(8)) {
        case 0:
                r->rdata[3 + pick((unsigned)r->len - 3)] ^= 1;
                break;
        case 1:
                r->len -= 1 + pick((unsigned)r->len - 4);
                break;
        default:
                break;
        }
}

static void
make_record(struct record *r, const X509 *x, bool is_leaf)
{
        struct pdane_tlsa_set *set;
        const struct pdane_tlsa *t;
        unsigned likely = is_leaf ? 3 : 2;
        unsigned usage = one_in(6) ? pick(2) : one_in(6) ? 2 + pick(2) : likely;

        set = test_tlsa(x, (uint8_t)usage, (uint8_t)pick(2), (uint8_t)pick(3));
        t = pdane_tlsa_set_get(set, 0);
        r->rdata[0] = one_in(25) ? 4 + (uint8_t)pick(252) : t->usage;
        r->rdata[1] = one_in(25) ? 2 + (uint8_t)pick(254) : t->selector;
        r->rdata[2] = one_in(25) ? 3 + (uint8_t)pick(253) : t->matching;
        memcpy(r->rdata + 3, t->data, t->len);
        r->len = 3 + t->len;
        pdane_tlsa_set_free(set);
        spoil(r);
}

static void
make_records(struct sample *s, const struct authorities *a)
{
        const X509 *of[] = {s->chain[0], s->chain[0], a->root, a->root, a->middle, a->stranger};

        s->n_records = one_in(2) ? 1 : 1 + pick(RECORDS_MOST);
        for (size_t i = 0; i < s->n_records; i++) {
                const X509 *x = of[pick(sizeof(of) / sizeof(of[0]))];

                make_record(&s->records[i], x, x == s->chain[0]);
        }
        if (s->n_records > 1 && one_in(10))
                s->records[1] = s->records[0];
}

void
sample_make(struct sample *s, unsigned number)
{
        struct authorities a;

        memset(s, 0, sizeof(*s));
        s->number = number;
        s->host = one_in(8) ? "www.host.dane.example" : "host.dane.example";
        s->now = TEST_NOW + (int64_t)pick(3) * 1000 * TEST_DAY;
        make_authorities(&a, s->now);
        make_chain(s, &a);
        make_records(s, &a);
        X509_free(a.root);
        X509_free(a.middle);
        X509_free(a.stranger);
}

void
sample_clear(struct sample *s)
{
        for (size_t i = 0; i < s->n_chain; i++)
                X509_free(s->chain[i]);
        s->n_chain = 0;
}
