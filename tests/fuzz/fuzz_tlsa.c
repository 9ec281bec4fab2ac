/* SPDX-License-Identifier: BSD-3-Clause */
/* TLSA records from DNS and from the command line (tlsa.c). The first byte says which. */
#include "fuzz.h"

#include <errno.h>

#include "trust/tlsa.h"

/* RFC 6698 section 2.1 and what design section 4 leaves of it, once more. */
static bool
is_usable(const uint8_t *rdata, size_t len)
{
        static const size_t lengths[] = {0, 32, 64};

        if (len < 4 || rdata[0] < 2 || rdata[0] > 3 || rdata[1] > 1 || rdata[2] > 2)
                return false;
        return rdata[2] == 0 || len - 3 == lengths[rdata[2]];
}

static bool
is_record(const struct pdane_tlsa *t, const uint8_t *rdata, size_t len)
{
        return t->usage == rdata[0] && t->selector == rdata[1] && t->matching == rdata[2] &&
               t->len == len - 3 && memcmp(t->data, rdata + 3, t->len) == 0;
}

static void
check_copy(const struct pdane_tlsa_set *s)
{
        struct pdane_tlsa_set *copy = NULL;

        FUZZ_CHECK(pdane_tlsa_set_copy(s, &copy) == 0);
        FUZZ_CHECK(pdane_tlsa_set_count(copy) == pdane_tlsa_set_count(s));
        FUZZ_CHECK(pdane_tlsa_set_usable(copy) == pdane_tlsa_set_usable(s));
        for (size_t i = 0; i < pdane_tlsa_set_count(s); i++) {
                const struct pdane_tlsa *a = pdane_tlsa_set_get(s, i),
                                        *b = pdane_tlsa_set_get(copy, i);

                FUZZ_CHECK(a->usage == b->usage && a->selector == b->selector &&
                           a->matching == b->matching && a->len == b->len && a->data != b->data &&
                           memcmp(a->data, b->data, a->len) == 0);
        }
        FUZZ_CHECK(!pdane_tlsa_set_get(copy, pdane_tlsa_set_count(copy)));
        pdane_tlsa_set_free(copy);
}

/* Records one after the other, each after its length; the second byte says how often all come. */
static void
from_wire(struct fuzz_input in)
{
        struct pdane_tlsa_set *s = NULL;
        unsigned times = 1 + fuzz_u8(&in) % 40;
        bool any = false;

        FUZZ_CHECK(pdane_tlsa_set_new(&s) == 0);
        for (; times > 0; times--) {
                struct fuzz_input left = in;

                while (left.len > 0) {
                        struct fuzz_input rr = fuzz_blob(&left);
                        size_t n = pdane_tlsa_set_count(s);
                        int r = pdane_tlsa_set_add(s, rr.data, rr.len);

                        if (rr.len < 4)
                                FUZZ_CHECK(r == -EBADMSG);
                        else if (rr.len - 3 > PDANE_TLSA_DATA_MAX)
                                FUZZ_CHECK(r == -EMSGSIZE);
                        else
                                FUZZ_CHECK(r == (n < PDANE_TLSA_MAX ? 0 : -E2BIG));
                        FUZZ_CHECK(pdane_tlsa_set_count(s) == n + (r == 0));
                        if (r < 0)
                                continue;
                        FUZZ_CHECK(is_record(pdane_tlsa_set_get(s, n), rr.data, rr.len));
                        FUZZ_CHECK(pdane_tlsa_usable(pdane_tlsa_set_get(s, n)) ==
                                   is_usable(rr.data, rr.len));
                        any = any || is_usable(rr.data, rr.len);
                }
        }
        FUZZ_CHECK(pdane_tlsa_set_usable(s) == any);
        check_copy(s);
        pdane_tlsa_set_free(s);
}

/* Written out again it reads the same. */
static void
from_text(struct fuzz_input in)
{
        struct pdane_tlsa_set *s = NULL;
        char *text = fuzz_string(in), *again;
        const struct pdane_tlsa *a, *b;
        size_t at;

        FUZZ_CHECK(pdane_tlsa_set_new(&s) == 0);
        if (pdane_tlsa_set_add_text(s, text) == 0) {
                a = pdane_tlsa_set_get(s, 0);
                FUZZ_CHECK(a && a->len > 0 && a->len <= strlen(text) / 2);
                again = malloc(16 + 2 * a->len);
                FUZZ_CHECK(again);
                at = (size_t)sprintf(again, "%u %u %u ", a->usage, a->selector, a->matching);
                for (size_t i = 0; i < a->len; i++)
                        at += (size_t)sprintf(again + at, "%02X", a->data[i]);
                FUZZ_CHECK(pdane_tlsa_set_add_text(s, again) == 0);
                b = pdane_tlsa_set_get(s, 1);
                FUZZ_CHECK(b && a->usage == b->usage && a->selector == b->selector &&
                           a->matching == b->matching && a->len == b->len &&
                           memcmp(a->data, b->data, a->len) == 0);
                free(again);
        } else {
                FUZZ_CHECK(pdane_tlsa_set_count(s) == 0);
        }
        check_copy(s);
        pdane_tlsa_set_free(s);
        free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};

        if (fuzz_u8(&in) & 1)
                from_text(in);
        else
                from_wire(in);
        pdane_tlsa_set_free(NULL);
        return 0;
}
