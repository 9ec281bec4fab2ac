/* SPDX-License-Identifier: BSD-3-Clause */
/* What the programs do that the module runs in: cancel threads, close what they do not use, fork at
 * the worst moment, have small stacks; and what a daemon could leave behind in them. */
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "module.h"
#include "slot.h"
#include "test_module_client.h"

#define FULL (PDANE_ITEM_CERTIFICATE | PDANE_ITEM_TRUSTED)
#define STACK (128u * 1024u) /* what threads get of musl, and of some programs */
#define STACK_USED_MAX (24u * 1024u)
#define UNUSED 0xa5

static CK_FUNCTION_LIST *p11;

/* The linker sends the module's calls here (-Wl,--wrap). */
static atomic_int lowest_sent_to;

ssize_t __real_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);

ssize_t
__wrap_send(int fd, const void *data, size_t len, int flags)
{
        if (fd < atomic_load(&lowest_sent_to))
                atomic_store(&lowest_sent_to, fd);
        return __real_send(fd, data, len, flags);
}

static int
set_up(void **state)
{
        (void)state;
        return C_GetFunctionList(&p11) == CKR_OK ? 0 : -1;
}

static int
count_fds(void)
{
        int n = 0;

        for (int fd = 0; fd < 256; fd++)
                n += fcntl(fd, F_GETFD) != -1;
        return n;
}

static struct template by_subject(void)
{
        return gnutls_by_subject(sample_item(2, FULL, PDANE_TRUST_PEER).subject);
}

/* One search from open to close; how many were found, or -1. */
static int
search(void)
{
        struct template t = by_subject();
        CK_OBJECT_HANDLE h[8];
        CK_SESSION_HANDLE s;
        CK_ULONG n;

        if (p11->C_OpenSession(PDANE_SLOT_ID, CKF_SERIAL_SESSION, NULL, NULL, &s) != CKR_OK ||
            p11->C_FindObjectsInit(s, t.t, t.n) != CKR_OK ||
            p11->C_FindObjects(s, h, 8, &n) != CKR_OK || p11->C_CloseSession(s) != CKR_OK)
                return -1;
        return (int)n;
}

/* For what other processes ask: it needs nothing of what the test's thread wrote. */
static void
serve_the_item(struct fake *f, int fd, const struct pdane_question *q)
{
        f->answer = (struct pdane_answer){.remember_s = 1, .n_items = 1};
        f->answer.items[0] = sample_item(2, FULL, PDANE_TRUST_PEER);
        fake_serve_answer(f, fd, q);
}

/* The module started, and such a daemon. */
static void
begin_for_children(struct fake *f)
{
        fake_start(f, serve_the_item);
        assert_int_equal(p11->C_Initialize(NULL), CKR_OK);
}

/* ---- descriptors ---- */

#define SENT 5

static atomic_int sending;

/* An answer that brings several descriptors. */
static void
serve_with_descriptors(struct fake *f, int fd, const struct pdane_question *q)
{
        static uint8_t buf[PDANE_WIRE_MAX_REPLY];
        union {
                struct cmsghdr head;
                uint8_t space[CMSG_SPACE(SENT * sizeof(int))];
        } control = {0};
        struct iovec iov = {buf, 0};
        struct msghdr m = {.msg_iov = &iov,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof(control)};
        int fds[SENT];
        size_t size = (size_t)atomic_load(&sending) * sizeof(int);

        (void)q;
        for (int i = 0; i < SENT; i++)
                fds[i] = fd;
        m.msg_controllen = CMSG_SPACE(size);
        control.head = (struct cmsghdr){
                .cmsg_len = CMSG_LEN(size), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.head), fds, size);
        if (pdane_answer_encode(&f->answer, buf, sizeof(buf), &iov.iov_len) == 0)
                (void)sendmsg(fd, &m, MSG_NOSIGNAL);
}

static void
test_descriptors_that_come(void **state)
{
        int fds = count_fds();

        (void)state;
        for (int n = 1; n <= SENT; n++) {
                struct fake f;

                client_begin(p11, &f, serve_with_descriptors,
                             sample_item(2, FULL, PDANE_TRUST_PEER));
                atomic_store(&sending, n);
                (void)search();
                client_end(p11, &f);
                assert_int_equal(count_fds(), fds);
        }
}

/* In a program without standard input and output, no conversation of ours goes where it writes. */
static int
without_standard_descriptors(void)
{
        alarm(20);
        for (int fd = 0; fd <= STDERR_FILENO; fd++)
                close(fd);
        if (p11->C_Initialize(NULL) != CKR_OK || search() != 1)
                return 1;
        for (int fd = 0; fd <= STDERR_FILENO; fd++)
                if (fcntl(fd, F_GETFD) != -1)
                        return 2;
        return atomic_load(&lowest_sent_to) <= STDERR_FILENO ? 3 : 0;
}

static void
test_standard_descriptors(void **state)
{
        struct fake f;
        int status;
        pid_t pid;

        (void)state;
        begin_for_children(&f);
        atomic_store(&lowest_sent_to, INT_MAX);
        pid = fork();
        if (pid == 0)
                _exit(without_standard_descriptors());
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        client_end(p11, &f);
}

/* ---- threads ---- */

static void *
search_cancelled(void *arg)
{
        int was;

        pthread_cancel(pthread_self());
        *(int *)arg = search();
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &was);
        if (was != PTHREAD_CANCEL_ENABLE)
                *(int *)arg = -2;
        return NULL;
}

/* A search is no place to be cancelled in: descriptor and lock would stay. */
static void
test_cancelled(void **state)
{
        int found = -3, fds = count_fds();
        pthread_t thread;
        struct fake f;

        (void)state;
        client_begin(p11, &f, fake_serve_answer, sample_item(2, FULL, PDANE_TRUST_PEER));
        assert_int_equal(pthread_create(&thread, NULL, search_cancelled, &found), 0);
        pthread_join(thread, NULL);
        assert_int_equal(found, 1);
        assert_int_equal(search(), 1);
        client_end(p11, &f);
        assert_int_equal(count_fds(), fds);
}

#ifndef __SANITIZE_THREAD__ /* such threads want more than that for themselves */
static void *
search_once(void *arg)
{
        *(int *)arg = search();
        return NULL;
}

/* What a search takes of the stack of a thread. */
static void
test_small_stack(void **state)
{
        uint8_t *stack = aligned_alloc(4096, STACK);
        pthread_attr_t attr;
        pthread_t thread;
        size_t unused = 0;
        struct fake f;
        int found = -3;

        (void)state;
        assert_non_null(stack);
        memset(stack, UNUSED, STACK);
        client_begin(p11, &f, fake_serve_answer, sample_item(2, FULL, PDANE_TRUST_PEER));
        assert_int_equal(pthread_attr_init(&attr), 0);
        assert_int_equal(pthread_attr_setstack(&attr, stack, STACK), 0);
        assert_int_equal(pthread_create(&thread, &attr, search_once, &found), 0);
        pthread_join(thread, NULL);
        pthread_attr_destroy(&attr);
        assert_int_equal(found, 1);
        while (unused < STACK && stack[unused] == UNUSED)
                unused++;
        print_message("stack of a thread that searched: %zu bytes\n", STACK - unused);
#ifndef __SANITIZE_ADDRESS__
        assert_true(STACK - unused <= STACK_USED_MAX);
#endif
        client_end(p11, &f);
        free(stack);
}
#endif

/* ---- fork ---- */

static sem_t list_held, list_wanted_back;

static int
hold(struct dl_phdr_info *info, size_t size, void *data)
{
        (void)info;
        (void)size;
        (void)data;
        sem_post(&list_held);
        sem_wait(&list_wanted_back);
        return 1;
}

static void *
hold_the_list(void *arg)
{
        (void)dl_iterate_phdr(hold, NULL);
        return arg;
}

/* Every answer at once, and the search that needs none of what is mapped works. */
static int
child_of_a_busy_loader(void)
{
        struct pdane_item item = sample_item(2, FULL, PDANE_TRUST_PEER);
        struct template nss = nss_by_number(CKO_CERTIFICATE, item.issuer, item.serial);

        alarm(60);
        if (p11->C_FindObjectsInit(1, nss.t, nss.n) != CKR_CRYPTOKI_NOT_INITIALIZED)
                return 1;
        if (p11->C_Initialize(NULL) != CKR_OK || search() != 1)
                return 2;
        return 0;
}

/* The loader's lock is not made anew by fork (glibc 2.36): a child that wants it hangs for good. */
static void
test_fork_while_the_loader_is_busy(void **state)
{
        pthread_t thread;
        struct fake f;
        int status;
        pid_t pid;

        (void)state;
        begin_for_children(&f);
        sem_init(&list_held, 0, 0);
        sem_init(&list_wanted_back, 0, 0);
        assert_int_equal(pthread_create(&thread, NULL, hold_the_list, NULL), 0);
        sem_wait(&list_held);
        pid = fork();
        if (pid == 0)
                _exit(child_of_a_busy_loader());
        sem_post(&list_wanted_back);
        pthread_join(thread, NULL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        client_end(p11, &f);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_descriptors_that_come),
                cmocka_unit_test(test_standard_descriptors),
                cmocka_unit_test(test_cancelled),
#ifndef __SANITIZE_THREAD__
                cmocka_unit_test(test_small_stack),
#endif
                cmocka_unit_test(test_fork_while_the_loader_is_busy),
        };

        return cmocka_run_group_tests(tests, set_up, NULL);
}
