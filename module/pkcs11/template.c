/* SPDX-License-Identifier: BSD-3-Clause */
/* Which searches concern the daemon (design sections 2 and 5). Knows no sessions and no answers. */
#include "template.h"

#include <errno.h>

#include "module_limits.h"
#include "object.h"

static struct pdane_bytes
bytes_of(const CK_ATTRIBUTE *a)
{
        static const uint8_t nothing[1];

        return (struct pdane_bytes){a->pValue ? a->pValue : nothing, a->ulValueLen};
}

static void
take(struct pdane_plan *plan, const CK_ATTRIBUTE *a, bool *has_trusted, bool *has_token)
{
        switch (a->type) {
        case CKA_CLASS:
                if (a->ulValueLen == sizeof(plan->class)) {
                        memcpy(&plan->class, a->pValue, sizeof(plan->class));
                        plan->has_class = true;
                }
                break;
        case CKA_ISSUER:
                plan->question.issuer = bytes_of(a);
                break;
        case CKA_SERIAL_NUMBER:
                plan->question.serial = bytes_of(a);
                break;
        case CKA_SUBJECT:
                plan->question.subject = bytes_of(a);
                break;
        case CKA_VALUE:
                plan->question.value = bytes_of(a);
                break;
        case CKA_TRUSTED:
                *has_trusted = true;
                break;
        case CKA_TOKEN:
                *has_token = true;
                break;
        default:
                break;
        }
}

/* Absent, or neither empty nor longer than what is kept of any certificate. */
static bool
fits(struct pdane_bytes b, size_t max)
{
        return !b.data || (b.len > 0 && b.len <= max);
}

/*
 * One certificate must be meant, by its issuer and serial, its subject or its bytes. Anything else
 * is an enumeration, and one that listed our objects would get them into system bundles for good.
 */
static bool
means_one(const struct pdane_question *q)
{
        bool by_number = q->issuer.data && q->serial.data;

        if (q->serial.data && !q->issuer.data)
                return false;
        return by_number || q->subject.data || q->value.data;
}

static bool
is_worthwhile(const struct pdane_plan *plan, const CK_ATTRIBUTE *t, CK_ULONG n)
{
        const struct pdane_question *q = &plan->question;

        /* A template without a class comes from no client that we know: an enumeration by another
         * name. */
        return plan->has_class && pdane_object_may_match(plan->class, t, n) && means_one(q) &&
               fits(q->issuer, PDANE_DN_MAX) && fits(q->serial, PDANE_SERIAL_MAX) &&
               fits(q->subject, PDANE_DN_MAX) && fits(q->value, PDANE_CERT_MAX);
}

int
pdane_template_read(const CK_ATTRIBUTE *t, CK_ULONG n, struct pdane_plan *ret_plan)
{
        struct pdane_plan plan = {0};
        bool has_trusted = false, has_token = false;

        if (!t && n > 0)
                return -EINVAL;
        if (n <= PDANE_TEMPLATE_MAX) {
                for (CK_ULONG i = 0; i < n; i++) {
                        if (!t[i].pValue && t[i].ulValueLen > 0)
                                return -EINVAL;
                        take(&plan, &t[i], &has_trusted, &has_token);
                }
                plan.by_gnutls = has_trusted && !has_token;
                plan.worthwhile = is_worthwhile(&plan, t, n);
        }
        *ret_plan = plan;
        return 0;
}
