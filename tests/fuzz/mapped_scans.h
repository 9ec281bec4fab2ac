/* SPDX-License-Identifier: BSD-3-Clause */
/* For fuzz_mapped.c: what the two scans of mapped libraries remember. */
#ifndef PDANE_FUZZ_MAPPED_SCANS_H
#define PDANE_FUZZ_MAPPED_SCANS_H

/* As if nothing had ever been scanned. */
void mapped_client_forget(void);
void mapped_tls_forget(void);
/* From now on this is a child of the process that was. */
void mapped_tls_fork(void);

#endif
