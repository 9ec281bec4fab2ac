/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz_anchor.c with steps that fail: then there is no anchor, or one with all its constraints. */
#include <openssl/err.h>

#include "anchor_check.h"
#include "faults.h"
#include "trust/anchor.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
        (void)argc;
        (void)argv;
        fuzz_faults_install();
        anchor_warm_up();
        return 0;
}

static void
make_once(const struct anchor_order *o)
{
        struct pdane_cert *anchor = NULL;
        int r;

        fuzz_faults_start();
        r = pdane_anchor_new(o->signer, o->names, o->n_names, o->not_before, o->not_after, &anchor);
        fuzz_faults_stop();
        FUZZ_CHECK((r == 0) == (anchor != NULL));
        if (anchor)
                anchor_check(o, anchor);
        pdane_cert_unref(anchor);
        ERR_clear_error();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};
        struct anchor_order *o;

        fuzz_faults_read(&in);
        o = anchor_order_new(&in);
        do
                make_once(o);
        while (fuzz_faults_again());
        anchor_order_free(o);
        return 0;
}
