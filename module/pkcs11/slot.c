/* SPDX-License-Identifier: BSD-3-Clause */
/* Names, versions and flags. Knows no state. */
#include "slot.h"

#include <errno.h>
#include <string.h>

#include "module_limits.h"

/* Not "PKCS#11 Kit...": GnuTLS would ask us for distrust. */
static const char manufacturer[] = "p11-dane";
static const char description[] = "DANE trust";

/* Fixed-width text without NUL, padded with blanks, as PKCS#11 has it. */
static void
put_text(unsigned char *to, size_t width, const char *text)
{
        size_t n = strlen(text);

        memset(to, ' ', width);
        memcpy(to, text, n < width ? n : width);
}

static const CK_VERSION version = {PDANE_MODULE_MAJOR, PDANE_MODULE_MINOR};

void
pdane_slot_library_info(CK_INFO *ret)
{
        memset(ret, 0, sizeof(*ret));
        ret->cryptokiVersion = (CK_VERSION){2, 40};
        put_text(ret->manufacturerID, sizeof(ret->manufacturerID), manufacturer);
        put_text(ret->libraryDescription, sizeof(ret->libraryDescription), description);
        ret->libraryVersion = version;
}

void
pdane_slot_info(CK_SLOT_INFO *ret)
{
        memset(ret, 0, sizeof(*ret));
        put_text(ret->slotDescription, sizeof(ret->slotDescription), description);
        put_text(ret->manufacturerID, sizeof(ret->manufacturerID), manufacturer);
        /* No CKF_HW_SLOT: NSS would enumerate the token once and lose every trust object. */
        ret->flags = CKF_TOKEN_PRESENT;
        ret->hardwareVersion = version;
        ret->firmwareVersion = version;
}

void
pdane_slot_token_info(CK_ULONG n_sessions, CK_TOKEN_INFO *ret)
{
        memset(ret, 0, sizeof(*ret));
        put_text(ret->label, sizeof(ret->label), description);
        put_text(ret->manufacturerID, sizeof(ret->manufacturerID), manufacturer);
        put_text(ret->model, sizeof(ret->model), manufacturer);
        put_text(ret->serialNumber, sizeof(ret->serialNumber), "1");
        put_text(ret->utcTime, sizeof(ret->utcTime), "");
        ret->flags = CKF_TOKEN_INITIALIZED | CKF_WRITE_PROTECTED;
        ret->ulMaxSessionCount = PDANE_SESSIONS_MAX;
        ret->ulSessionCount = n_sessions;
        ret->ulTotalPublicMemory = CK_UNAVAILABLE_INFORMATION;
        ret->ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION;
        ret->ulTotalPrivateMemory = CK_UNAVAILABLE_INFORMATION;
        ret->ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION;
        ret->hardwareVersion = version;
        ret->firmwareVersion = version;
}

int
pdane_slot_list(CK_SLOT_ID *list, CK_ULONG *n)
{
        CK_ULONG room = list ? *n : 1;

        *n = 1;
        if (room < 1)
                return -ENOBUFS;
        if (list)
                list[0] = PDANE_SLOT_ID;
        return 0;
}
