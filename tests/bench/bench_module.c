/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one search costs a client: in the PKCS#11 module, and for comparison in another trust module
 * with the same templates. In rounds, so that all meet the same noise. Templates are GnuTLS's.
 *
 * usage: bench_module MODULE SOCKET HOSTS [OTHER_MODULE]      SOCKET is bench_serve's
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "as_gnutls.h"
#include "bench.h"
#include "common/table.h"

#define ROUNDS 40
#define EACH 100 /* searches of a kind in a round */

static CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;

struct client {
        CK_FUNCTION_LIST *p11;
        CK_SESSION_HANDLE session;
};

static void
must(CK_RV rv, const char *what)
{
        if (rv != CKR_OK) {
                fprintf(stderr, "%s: 0x%lx\n", what, rv);
                exit(1);
        }
}

static CK_FUNCTION_LIST *
load(const char *path)
{
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        CK_C_GetFunctionList get = NULL;
        CK_FUNCTION_LIST *p11;

        if (library)
                *(void **)&get = dlsym(library, "C_GetFunctionList");
        if (!get) {
                fprintf(stderr, "%s\n", dlerror());
                exit(1);
        }
        must(get(&p11), "C_GetFunctionList");
        return p11;
}

static struct client
open_client(const char *path)
{
        struct client c = {.p11 = load(path)};
        CK_SLOT_ID slots[8];
        CK_ULONG n = 8;

        must(c.p11->C_Initialize(NULL), "C_Initialize");
        must(c.p11->C_GetSlotList(CK_TRUE, slots, &n), "C_GetSlotList");
        must(c.p11->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &c.session),
             "C_OpenSession");
        return c;
}

static CK_ULONG
search(const struct client *c, CK_ATTRIBUTE *t, CK_ULONG n)
{
        CK_OBJECT_HANDLE found[8];
        CK_ULONG n_found = 0;

        must(c->p11->C_FindObjectsInit(c->session, t, n), "C_FindObjectsInit");
        must(c->p11->C_FindObjects(c->session, found, 8, &n_found), "C_FindObjects");
        must(c->p11->C_FindObjectsFinal(c->session), "C_FindObjectsFinal");
        return n_found;
}

/* One search for the certificate of that issuer and serial, timed. */
static void
by_number(const struct client *c, const char *issuer, unsigned serial, CK_ULONG expected,
          struct bench_samples *s)
{
        struct bench_as_gnutls q;
        double start;
        CK_ULONG n;

        bench_as_gnutls(&q, issuer, serial);
        start = bench_now_us();
        n = search(c, q.t, BENCH_AS_GNUTLS_N);

        bench_add(s, bench_now_us() - start);
        if (n != expected) {
                fprintf(stderr, "%s: %lu objects instead of %lu (%s, %u)\n", s->name, n, expected,
                        issuer, serial);
                exit(1);
        }
}

/* Until the daemon has published, which takes a beat after the first question. */
static void
wait_for_table(const struct client *c)
{
        struct bench_samples s;

        bench_samples_init(&s, "unused", 1);
        for (unsigned i = 0; i < 3; i++) {
                by_number(c, "Some CA", 4000000 + i, 0, &s);
                usleep(500000);
        }
        by_number(c, "Some CA", 4000009, 0, &s);
}

int
main(int argc, char **argv)
{
        enum { INSIDE, PUBLISHED, ASKED, WARM, REPEATED, OTHER, N };
        static const char *const names[N] = {"inside", "published", "asked",
                                             "warm",   "repeated",  "other"};
        CK_ATTRIBUTE keys[] = {{CKA_CLASS, &private_key, sizeof(private_key)}};
        struct bench_samples s[N];
        struct client c, other = {0};
        unsigned n_hosts, warm = 0;
        double start;

        if (argc < 4) {
                fprintf(stderr, "usage: bench_module MODULE SOCKET HOSTS [OTHER_MODULE]\n");
                return 64;
        }
        setenv("P11_DANE_SOCKET", argv[2], 1);
        n_hosts = (unsigned)strtoul(argv[3], NULL, 10);
        start = bench_now_us();
        c = open_client(argv[1]);
        bench_report_value("load", bench_now_us() - start, "us");
        if (argc > 4)
                other = open_client(argv[4]);
        for (unsigned i = 0; i < N; i++)
                bench_samples_init(&s[i], names[i], ROUNDS * EACH);
        wait_for_table(&c);
        for (unsigned round = 0; round < ROUNDS; round++) {
                for (unsigned i = 0; i < EACH; i++) {
                        start = bench_now_us();
                        (void)search(&c, keys, 1);
                        bench_add(&s[INSIDE], bench_now_us() - start);
                }
                for (unsigned i = 0; i < EACH; i++)
                        by_number(&c, "Some CA", round * EACH + i + 1, 0, &s[PUBLISHED]);
                for (unsigned i = 0; i < EACH && other.p11; i++)
                        by_number(&other, "Some CA", round * EACH + i + 1, 0, &s[OTHER]);
                for (unsigned i = 0; i < EACH; i++) {
                        char ca[32];

                        snprintf(ca, sizeof(ca), "Some CA %u", round * EACH + i);
                        by_number(&c, ca, 1, 0, &s[ASKED]);
                }
                for (unsigned i = 0; i < EACH && warm < n_hosts; i++, warm++) {
                        char host[32];

                        snprintf(host, sizeof(host), "h%u.bench.test", warm);
                        by_number(&c, host, 65536 + warm, 1, &s[WARM]);
                        by_number(&c, host, 65536 + warm, 1, &s[REPEATED]);
                }
        }
        for (unsigned i = 0; i < N; i++)
                if (s[i].n)
                        bench_report(&s[i]);
        return 0;
}
