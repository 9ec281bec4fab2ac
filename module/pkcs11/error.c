/* SPDX-License-Identifier: BSD-3-Clause */
/* What each layer's errno values mean to a PKCS#11 client. Nothing else. */
#include "error.h"

#include <errno.h>

static const struct meaning {
        int error;
        CK_RV rv;
} meanings[] = {
        {EINVAL, CKR_ARGUMENTS_BAD},
        {ENOMEM, CKR_HOST_MEMORY},
        {ENOTCONN, CKR_CRYPTOKI_NOT_INITIALIZED},
        {EALREADY, CKR_CRYPTOKI_ALREADY_INITIALIZED},
        {ENOLCK, CKR_CANT_LOCK},
        {ENODEV, CKR_SLOT_ID_INVALID},
        {EBADF, CKR_SESSION_HANDLE_INVALID},
        {EMFILE, CKR_SESSION_COUNT},
        {EPROTOTYPE, CKR_SESSION_PARALLEL_NOT_SUPPORTED},
        {EROFS, CKR_TOKEN_WRITE_PROTECTED},
        {EBUSY, CKR_OPERATION_ACTIVE},
        {ENOMSG, CKR_OPERATION_NOT_INITIALIZED},
        {ENOENT, CKR_OBJECT_HANDLE_INVALID},
        {ENODATA, CKR_ATTRIBUTE_TYPE_INVALID},
        {ENOBUFS, CKR_BUFFER_TOO_SMALL},
        {ENOTTY, CKR_MECHANISM_INVALID},
};

CK_RV
pdane_error_ckr(int error)
{
        if (error >= 0)
                return CKR_OK;
        for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
                if (meanings[i].error == -error)
                        return meanings[i].rv;
        }
        return CKR_GENERAL_ERROR;
}
