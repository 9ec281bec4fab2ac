/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What glibc calls for the service "dane". Every call tells the daemon the name and leaves the
 * answer to the next service, as if this one were not there.
 *
 * glibc takes the last service's errno and h_errno for its own result, and they come in with what
 * the service before has left there. So they are left alone, but for two cases that only matter in
 * the calls that getaddrinfo(3) makes through its own h_errno, see pass(). Numbers that a program
 * has passed a place for are not even read: it need not have initialised them.
 */
#include "entry.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "observer.h"

#define EXPORT __attribute__((visibility("default")))

static bool
is_internet(int af)
{
        return af == AF_UNSPEC || af == AF_INET || af == AF_INET6;
}

/*
 * getaddrinfo(3) takes any failure of a gethostbyname2_r or 3_r function with h_errno
 * NETDB_INTERNAL for the end of everything (EAI_SYSTEM): one that an earlier call has left in this
 * thread must not be found there.
 *
 * gethostbyname2_r(3), which getaddrinfo(3) calls for IPv4, returns errno when the last service was
 * not available, but 0 when it did not know the name. When we are the last, what the one before has
 * said stands.
 */
static enum nss_status
pass(int *errnop, int *h_errnop)
{
        if (h_errnop != &h_errno)
                return NSS_STATUS_UNAVAIL;
        if (*h_errnop == NETDB_INTERNAL)
                *h_errnop = HOST_NOT_FOUND;
        else if (*h_errnop == HOST_NOT_FOUND)
                *errnop = 0;
        return NSS_STATUS_UNAVAIL;
}

static void
observe(const char *name)
{
        int saved = errno;

        pdane_observe(name);
        errno = saved;
}

/* NOLINTBEGIN(readability-non-const-parameter): glibc's types. */
EXPORT enum nss_status
_nss_dane_gethostbyname4_r(const char *name, struct gaih_addrtuple **pat, char *buffer,
                           size_t buflen, int *errnop, int *h_errnop, int32_t *ttlp)
{
        (void)pat;
        (void)buffer;
        (void)buflen;
        (void)errnop;
        (void)h_errnop;
        (void)ttlp;
        observe(name);
        return NSS_STATUS_UNAVAIL;
}

EXPORT enum nss_status
_nss_dane_gethostbyname3_r(const char *name, int af, struct hostent *host, char *buffer,
                           size_t buflen, int *errnop, int *h_errnop, int32_t *ttlp, char **canonp)
{
        (void)host;
        (void)buffer;
        (void)buflen;
        (void)ttlp;
        (void)canonp;
        if (is_internet(af))
                observe(name);
        return pass(errnop, h_errnop);
}

EXPORT enum nss_status
_nss_dane_gethostbyname2_r(const char *name, int af, struct hostent *host, char *buffer,
                           size_t buflen, int *errnop, int *h_errnop)
{
        return _nss_dane_gethostbyname3_r(name, af, host, buffer, buflen, errnop, h_errnop, NULL,
                                          NULL);
}

EXPORT enum nss_status
_nss_dane_gethostbyname_r(const char *name, struct hostent *host, char *buffer, size_t buflen,
                          int *errnop, int *h_errnop)
{
        return _nss_dane_gethostbyname3_r(name, AF_UNSPEC, host, buffer, buflen, errnop, h_errnop,
                                          NULL, NULL);
}
/* NOLINTEND(readability-non-const-parameter) */
