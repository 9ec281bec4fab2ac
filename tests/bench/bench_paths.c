/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The module's paths, each a fixed number of times, for tools that count instructions: no clock is
 * read and no other process takes part, so that two runs do the same. The table is one that this
 * program makes.
 *
 * usage: bench_paths MODULE PATH TIMES     PATH: none inside published repeated
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "as_gnutls.h"
#include "bench.h"
#include "common/table.h"
#include "common/wire.h"

static CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;

static CK_FUNCTION_LIST *p11;
static CK_SESSION_HANDLE session;
static struct pdane_table *table;
static int table_fd, listener;

static void
make_table(void)
{
        size_t size = pdane_table_size(PDANE_TABLE_BITS_MIN);

        table_fd = memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (table_fd < 0 || ftruncate(table_fd, (off_t)size) < 0)
                bench_fail("table");
        table = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, table_fd, 0);
        if (table == MAP_FAILED ||
            fcntl(table_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
                bench_fail("table");
        table->magic = PDANE_TABLE_MAGIC;
        table->bits = PDANE_TABLE_BITS_MIN;
        table->epoch = 1;
}

static void
keep_table_open(void)
{
        struct timespec now;

        clock_gettime(CLOCK_BOOTTIME, &now);
        table->no_until_ms = (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u + 900;
}

/* Answers every question with nothing, names that hold, and the table. */
static void *
serve(void *arg)
{
        static uint8_t buf[PDANE_WIRE_MAX_REQUEST];
        const struct pdane_answer none = {.remember_s = 600};
        uint8_t answer[64];
        size_t len;

        (void)arg;
        if (pdane_answer_encode(&none, answer, sizeof(answer), &len) < 0)
                bench_fail("answer");
        for (;;) {
                union {
                        struct cmsghdr head;
                        uint8_t space[CMSG_SPACE(sizeof(int))];
                } control = {0};
                struct iovec iov = {answer, len};
                struct msghdr m = {.msg_iov = &iov,
                                   .msg_iovlen = 1,
                                   .msg_control = &control,
                                   .msg_controllen = sizeof(control)};
                int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

                if (fd < 0)
                        return NULL;
                control.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
                                                .cmsg_level = SOL_SOCKET,
                                                .cmsg_type = SCM_RIGHTS};
                memcpy(CMSG_DATA(&control.head), &table_fd, sizeof(table_fd));
                if (recv(fd, buf, sizeof(buf), 0) > 0)
                        (void)sendmsg(fd, &m, MSG_NOSIGNAL);
                close(fd);
        }
}

static void
start_server(char directory[], char *path, size_t cap)
{
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        pthread_t thread;

        if (!mkdtemp(directory))
                bench_fail("directory");
        snprintf(path, cap, "%s/s", directory);
        snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
        listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        if (listener < 0 || bind(listener, (struct sockaddr *)&a, sizeof(a)) < 0 ||
            listen(listener, 16) < 0 || pthread_create(&thread, NULL, serve, NULL) != 0)
                bench_fail("server");
        setenv("P11_DANE_SOCKET", path, 1);
}

static void
load(const char *path)
{
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        CK_C_GetFunctionList get = NULL;

        if (library)
                *(void **)&get = dlsym(library, "C_GetFunctionList");
        if (!get || get(&p11) != CKR_OK || p11->C_Initialize(NULL) != CKR_OK ||
            p11->C_OpenSession(1, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
                bench_fail(path);
}

static void
search(CK_ATTRIBUTE *t, CK_ULONG n)
{
        CK_OBJECT_HANDLE found[8];
        CK_ULONG n_found = 0;

        if (p11->C_FindObjectsInit(session, t, n) != CKR_OK ||
            p11->C_FindObjects(session, found, 8, &n_found) != CKR_OK ||
            p11->C_FindObjectsFinal(session) != CKR_OK || n_found != 0)
                bench_fail("search");
}

static void
by_number(unsigned serial)
{
        struct bench_as_gnutls q;

        bench_as_gnutls(&q, "Some CA", serial);
        keep_table_open();
        search(q.t, BENCH_AS_GNUTLS_N);
}

int
main(int argc, char **argv)
{
        char directory[] = "/tmp/p11-dane-bench-XXXXXX", path[64];
        CK_ATTRIBUTE keys[] = {{CKA_CLASS, &private_key, sizeof(private_key)}};
        unsigned times;

        if (argc != 4) {
                fprintf(stderr, "usage: bench_paths MODULE PATH TIMES\n");
                return 64;
        }
        times = (unsigned)strtoul(argv[3], NULL, 10);
        make_table();
        start_server(directory, path, sizeof(path));
        load(argv[1]);
        by_number(1000001); /* brings the table */
        by_number(1000002); /* and this the name's word */
        for (unsigned i = 0; i < times; i++) {
                if (strcmp(argv[2], "inside") == 0)
                        search(keys, 1);
                else if (strcmp(argv[2], "published") == 0)
                        by_number(i + 1);
                else if (strcmp(argv[2], "repeated") == 0)
                        by_number(1000002);
        }
        unlink(path);
        rmdir(directory);
        return 0;
}
