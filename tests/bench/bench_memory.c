/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the module adds to the memory of a client that has been told of many hosts: pages of its own
 * mapping that nobody else shares, and heap. What all clients share, the module's file and the
 * daemon's table, is counted apart.
 *
 * usage: bench_memory MODULE SOCKET HOSTS      SOCKET is bench_serve's
 */
#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "as_gnutls.h"
#include "bench.h"

/* Kilobytes of some mappings. */
struct mapped {
        double own, rss;
};

static CK_FUNCTION_LIST *p11;
static CK_SESSION_HANDLE session;

static void
must(CK_RV rv, const char *what)
{
        if (rv == CKR_OK)
                return;
        fprintf(stderr, "%s: 0x%lx\n", what, rv);
        exit(1);
}

/* Whether a line of smaps begins a mapping: its first word is a range, not "Pss:". */
static bool
is_head(const char *line)
{
        size_t n = strcspn(line, " :");

        return line[n] == ' ' && memchr(line, '-', n) != NULL;
}

/* The number behind key, if that is what the line is about. */
static double
value_of(const char *line, const char *key)
{
        size_t n = strlen(key);

        return strncmp(line, key, n) == 0 ? strtod(line + n, NULL) : 0;
}

/* Of the mappings of files so called; with the memory behind the last one, where a library has its
 * variables that begin as zeros. */
static struct mapped
mappings_of(const char *name)
{
        struct mapped sum = {0};
        unsigned long end = 0;
        char line[8192];
        bool in = false;
        FILE *f = fopen("/proc/self/smaps", "re");

        if (!f)
                bench_fail("smaps");
        while (fgets(line, sizeof(line), f)) {
                if (is_head(line)) {
                        const char *path = strchr(line, '/');
                        char *dash;
                        unsigned long from = strtoul(line, &dash, 16);

                        in = path ? strstr(path, name) != NULL : in && from == end;
                        end = strtoul(dash + 1, NULL, 16);
                }
                if (!in)
                        continue;
                sum.own += value_of(line, "Anonymous:");
                sum.rss += value_of(line, "Rss:");
        }
        fclose(f);
        return sum;
}

static void
start(const char *path)
{
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        CK_C_GetFunctionList get = NULL;
        CK_SLOT_ID slots[8];
        CK_ULONG n = 8;

        if (library)
                *(void **)&get = dlsym(library, "C_GetFunctionList");
        if (!get) {
                fprintf(stderr, "%s\n", dlerror());
                exit(1);
        }
        must(get(&p11), "C_GetFunctionList");
        must(p11->C_Initialize(NULL), "C_Initialize");
        must(p11->C_GetSlotList(CK_TRUE, slots, &n), "C_GetSlotList");
        must(p11->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &session),
             "C_OpenSession");
}

/* One question as GnuTLS asks it, and what was found read. Returns the number of objects. */
static CK_ULONG
ask(const char *issuer, uint32_t serial)
{
        struct bench_as_gnutls q;
        static uint8_t value[16384];
        CK_ATTRIBUTE read = {CKA_VALUE, value, sizeof(value)};
        CK_OBJECT_HANDLE object;
        CK_ULONG n = 0;

        bench_as_gnutls(&q, issuer, serial);
        must(p11->C_FindObjectsInit(session, q.t, BENCH_AS_GNUTLS_N), "C_FindObjectsInit");
        must(p11->C_FindObjects(session, &object, 1, &n), "C_FindObjects");
        must(p11->C_FindObjectsFinal(session), "C_FindObjectsFinal");
        if (n)
                must(p11->C_GetAttributeValue(session, object, &read, 1), "C_GetAttributeValue");
        return n;
}

static void
report(const char *module, size_t heap_before)
{
        double heap = (double)(mallinfo2().uordblks - heap_before) / 1024;
        const char *base = strrchr(module, '/');
        struct mapped of = mappings_of(base ? base : module), table = mappings_of("/memfd:");

        bench_report_value("heap", heap, "KB");
        bench_report_value("own", of.own, "KB");
        bench_report_value("private", heap + of.own, "KB");
        bench_report_value("file", of.rss - of.own, "KB");
        bench_report_value("table", table.rss, "KB");
}

int
main(int argc, char **argv)
{
        size_t heap;
        unsigned n;

        if (argc != 4) {
                fprintf(stderr, "usage: bench_memory MODULE SOCKET HOSTS\n");
                return 64;
        }
        setenv("P11_DANE_SOCKET", argv[2], 1);
        n = (unsigned)strtoul(argv[3], NULL, 10);
        (void)mappings_of(argv[1]); /* whatever reading takes is there from now on */
        heap = mallinfo2().uordblks;
        start(argv[1]);
        for (unsigned i = 0; i < n; i++) {
                char host[64];

                snprintf(host, sizeof(host), "h%u.bench.test", i);
                if (ask(host, 65536 + i) != 1) {
                        fprintf(stderr, "%s: not answered\n", host);
                        return 1;
                }
        }
        for (unsigned i = 0; i < n; i++) {
                usleep(i < 3 ? 500000 : 0); /* the table comes a beat after the first question */
                (void)ask("Some CA", 4000000 + i);
        }
        report(argv[1], heap);
        return 0;
}
