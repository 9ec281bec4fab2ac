/* SPDX-License-Identifier: BSD-3-Clause */
/* The one place where errno values become PKCS#11 return values. */
#ifndef PDANE_ERROR_H
#define PDANE_ERROR_H

#include "cryptoki.h"

/* CKR_OK for 0 and above, CKR_GENERAL_ERROR for a negative errno that no layer is known to return.
 */
CK_RV pdane_error_ckr(int error);

#endif
