/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether this process verifies with OpenSSL, which reads certificate files and cannot wait. */
#ifndef PDANE_TLS_USER_H
#define PDANE_TLS_USER_H

#include <stdbool.h>

/* Which of the telling libraries are mapped. Starts zeroed. */
struct pdane_tls_user {
        bool openssl; /* libssl.so.N. That libgnutls may be mapped as well tells nothing: curl maps
                         both (libldap, librtmp). */
        bool nss;     /* libnss3.so or libxul.so: browsers, which ask the PKCS#11 module, and must
                         never wait here */
};

/* Notes one mapped file, by its path; NULL and unknown files change nothing. */
void pdane_tls_user_note(struct pdane_tls_user *u, const char *path);

/* What is mapped in this process at this moment; in a forked child, what was mapped when its parent
 * last asked. Takes the loader's lock, but not in such a child; any thread. */
struct pdane_tls_user pdane_tls_user_scan(void);

/* Whether such a process waits for the end of a lookup. */
bool pdane_tls_user_waits(const struct pdane_tls_user *u);

#endif
