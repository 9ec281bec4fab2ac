/* SPDX-License-Identifier: BSD-3-Clause */
/* The module as a client sees it: templates as NSS and GnuTLS send them, searches from beginning to
 * end. */
#ifndef PDANE_TEST_MODULE_CLIENT_H
#define PDANE_TEST_MODULE_CLIENT_H

#include "cryptoki.h"
#include "test_module_fake.h"

/* A template under construction; what the attributes point to must outlive it. */
struct template
{
        CK_ATTRIBUTE t[8];
        CK_ULONG n;
};

void template_add(struct template *t, CK_ATTRIBUTE_TYPE type, struct pdane_bytes b);
/* CKA_TOKEN and CKA_CLASS, as NSS starts each template. */
struct template nss_template(CK_OBJECT_CLASS class);
struct template nss_by_number(CK_OBJECT_CLASS class, struct pdane_bytes issuer,
                              struct pdane_bytes serial);
/* CKA_CLASS, CKA_TRUSTED and CKA_CERTIFICATE_TYPE, as GnuTLS does. */
struct template gnutls_template(void);
struct template gnutls_by_subject(struct pdane_bytes subject);
struct template gnutls_by_number(struct pdane_bytes issuer, struct pdane_bytes serial);

/* One search in the session; the handles found are in found[8]. */
CK_ULONG find(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE s, struct template t,
              CK_OBJECT_HANDLE *found);
/* The same in a session of its own. */
CK_ULONG find_alone(CK_FUNCTION_LIST *p11, struct template t, CK_OBJECT_HANDLE *found);
CK_SESSION_HANDLE open_session(CK_FUNCTION_LIST *p11);

/* A module that knows nothing yet, and a daemon that answers with one item. */
void client_begin(CK_FUNCTION_LIST *p11, struct fake *f,
                  void (*serve)(struct fake *, int, const struct pdane_question *),
                  struct pdane_item item);
/* Another daemon at the same place (f was stopped), while the module goes on. */
void client_begin_again(struct fake *f,
                        void (*serve)(struct fake *, int, const struct pdane_question *),
                        struct pdane_item item);
void client_end(CK_FUNCTION_LIST *p11, struct fake *f);

#endif
