/* SPDX-License-Identifier: BSD-3-Clause */
/* glibc's interface to a service of the hosts database, version 2: its names and types are not ours
 * to choose. */
#ifndef PDANE_NSSWITCH_ENTRY_H
#define PDANE_NSSWITCH_ENTRY_H

#include <netdb.h>
#include <nss.h>
#include <stddef.h>
#include <stdint.h>

/* All return NSS_STATUS_UNAVAIL. Any thread; they may block as pdane_tell() does. */
enum nss_status _nss_dane_gethostbyname4_r(const char *name, struct gaih_addrtuple **pat,
                                           char *buffer, size_t buflen, int *errnop, int *h_errnop,
                                           int32_t *ttlp);
enum nss_status _nss_dane_gethostbyname3_r(const char *name, int af, struct hostent *host,
                                           char *buffer, size_t buflen, int *errnop, int *h_errnop,
                                           int32_t *ttlp, char **canonp);
enum nss_status _nss_dane_gethostbyname2_r(const char *name, int af, struct hostent *host,
                                           char *buffer, size_t buflen, int *errnop, int *h_errnop);
enum nss_status _nss_dane_gethostbyname_r(const char *name, struct hostent *host, char *buffer,
                                          size_t buflen, int *errnop, int *h_errnop);

#endif
