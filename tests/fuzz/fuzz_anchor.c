/* SPDX-License-Identifier: BSD-3-Clause */
/* The name-constrained anchor (anchor.c): what comes out permits what was ordered, and no more. */
#include "fuzz.h"

#include <errno.h>
#include <openssl/err.h>

#include "anchor_check.h"
#include "trust/anchor.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};
        struct anchor_order *o = anchor_order_new(&in);
        struct pdane_cert *anchor = NULL;
        int r = pdane_anchor_new(o->signer, o->names, o->n_names, o->not_before, o->not_after,
                                 &anchor);

        FUZZ_CHECK(ERR_peek_error() == 0);
        if (o->n_names == 0 || o->not_after <= o->not_before)
                FUZZ_CHECK(r == -EINVAL);
        else if (o->n_names > PDANE_CERT_NAMES_MAX)
                FUZZ_CHECK(r == -EMSGSIZE);
        else
                FUZZ_CHECK(r == 0 || (r == -EMSGSIZE && o->n_names > 30));
        FUZZ_CHECK((r == 0) == (anchor != NULL));
        if (anchor)
                anchor_check(o, anchor);
        pdane_cert_unref(anchor);
        anchor_order_free(o);
        return 0;
}
