/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looks up each name given in every way that glibc has, and prints all that a program can see. The
 * errors of an earlier look-up must not matter: each is left in h_errno beforehand, and one in
 * errno.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const int stale[] = {NETDB_SUCCESS, NETDB_INTERNAL, HOST_NOT_FOUND, TRY_AGAIN, NO_DATA};
static const int families[] = {AF_UNSPEC, AF_INET, AF_INET6};
static const int flags[] = {0, AI_CANONNAME, AI_V4MAPPED | AI_ALL, AI_ADDRCONFIG};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
print_addrinfo(const char *name, int family, int flag)
{
        const struct addrinfo hints = {
                .ai_family = family, .ai_flags = flag, .ai_socktype = SOCK_STREAM};
        struct addrinfo *list = NULL;
        char address[128];
        int r = getaddrinfo(name, "443", &hints, &list);

        printf("getaddrinfo %s family %d flags %d: %d", name, family, flag, r);
        for (struct addrinfo *a = list; a; a = a->ai_next)
                if (getnameinfo(a->ai_addr, a->ai_addrlen, address, sizeof(address), NULL, 0,
                                NI_NUMERICHOST) == 0)
                        printf(" %s(%s)", address, a->ai_canonname ? a->ai_canonname : "");
        printf("\n");
        if (list)
                freeaddrinfo(list);
}

static void
print_host(const char *how, const char *name, const struct hostent *h, int error)
{
        char address[INET6_ADDRSTRLEN];

        printf("%s %s: %d", how, name, h ? 0 : error);
        for (char **a = h ? h->h_addr_list : NULL; a && *a; a++)
                printf(" %s", inet_ntop(h->h_addrtype, *a, address, sizeof(address)));
        printf("\n");
}

static void
print_hosts(const char *name)
{
        static char buf[8192];
        struct hostent host, *h;
        int error = NETDB_SUCCESS;

        h = gethostbyname(name);
        print_host("gethostbyname", name, h, h_errno);
        h = gethostbyname2(name, AF_INET6);
        print_host("gethostbyname2", name, h, h_errno);
        h = NULL;
        (void)gethostbyname_r(name, &host, buf, sizeof(buf), &h, &error);
        print_host("gethostbyname_r", name, h, error);
        error = NETDB_SUCCESS;
        h = NULL;
        (void)gethostbyname2_r(name, AF_INET6, &host, buf, sizeof(buf), &h, &error);
        print_host("gethostbyname2_r", name, h, error);
}

int
main(int argc, char **argv)
{
        for (int i = 1; i < argc; i++)
                for (size_t s = 0; s < COUNT(stale); s++) {
                        for (size_t f = 0; f < COUNT(families); f++)
                                for (size_t g = 0; g < COUNT(flags); g++) {
                                        h_errno = stale[s];
                                        errno = EXDEV;
                                        print_addrinfo(argv[i], families[f], flags[g]);
                                }
                        h_errno = stale[s];
                        errno = EXDEV;
                        print_hosts(argv[i]);
                }
        return 0;
}
