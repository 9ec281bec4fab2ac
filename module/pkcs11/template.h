/* SPDX-License-Identifier: BSD-3-Clause */
/* A search template as a question to the daemon, or as the certainty that nothing can be found.
 * Pure. */
#ifndef PDANE_TEMPLATE_H
#define PDANE_TEMPLATE_H

#include <stdbool.h>

#include "common/wire.h"
#include "cryptoki.h"

struct pdane_plan {
        CK_OBJECT_CLASS class; /* sought; valid when has_class */
        bool has_class;
        bool by_gnutls;                 /* CKA_TRUSTED and no CKA_TOKEN */
        bool worthwhile;                /* the daemon could know something that matches */
        struct pdane_question question; /* points into the template; without the client */
};

/*
 * Reads the n attributes at t. 0, or -EINVAL when they cannot be read (NULL where there should be
 * bytes). Every readable template is fine, whatever it asks for: an error would end p11-kit's whole
 * search.
 */
int pdane_template_read(const CK_ATTRIBUTE *t, CK_ULONG n, struct pdane_plan *ret_plan);

#endif
