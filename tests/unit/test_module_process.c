/* SPDX-License-Identifier: BSD-3-Clause */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptors.h"
#include "module.h"
#include "slot.h"
#include "test_module_client.h"

#define FULL (PDANE_ITEM_CERTIFICATE | PDANE_ITEM_TRUSTED)
#define THREADS 64
#define ROUNDS 40

static CK_FUNCTION_LIST *p11;
static struct pdane_item items[256];

static int
set_up(void **state)
{
        (void)state;
        for (unsigned i = 0; i < 256; i++)
                items[i] = sample_item(i, FULL, PDANE_TRUST_PEER);
        return C_GetFunctionList(&p11) == CKR_OK ? 0 : -1;
}

/* The last byte of a subject says which item is meant; odd ones are not trusted. */
static void
serve_by_subject(struct fake *f, int fd, const struct pdane_question *q)
{
        uint8_t number = q->subject.data[q->subject.len - 1];

        f->answer = (struct pdane_answer){.remember_s = 1, .n_items = number % 2 == 0};
        f->answer.items[0] = items[number];
        fake_serve_answer(f, fd, q);
}

/* What a thread returns when something went wrong in it. */
static void *
failed_at(const char *step)
{
        print_error("%s failed\n", step);
        return &p11;
}

static void *
search_all(void *arg)
{
        size_t seed = (size_t)arg;

        for (size_t i = 0; i < ROUNDS; i++) {
                unsigned number = (unsigned)(seed * 7 + i * 3) % 256;
                struct template t = gnutls_by_subject(items[number].subject);
                CK_OBJECT_HANDLE h[8];
                uint8_t value[64];
                CK_ATTRIBUTE a = {CKA_VALUE, value, sizeof(value)};
                CK_SESSION_HANDLE s;
                CK_ULONG n;

                if (p11->C_OpenSession(PDANE_SLOT_ID, CKF_SERIAL_SESSION, NULL, NULL, &s) !=
                            CKR_OK ||
                    p11->C_FindObjectsInit(s, t.t, t.n) != CKR_OK ||
                    p11->C_FindObjects(s, h, 8, &n) != CKR_OK || n != (number % 2 == 0))
                        return failed_at("find");
                if (n == 1 && (p11->C_GetAttributeValue(s, h[0], &a, 1) != CKR_OK ||
                               a.ulValueLen != items[number].value.len ||
                               memcmp(value, items[number].value.data, a.ulValueLen) != 0))
                        return failed_at("read");
                if (p11->C_FindObjectsFinal(s) != CKR_OK || p11->C_CloseSession(s) != CKR_OK)
                        return failed_at("end");
        }
        return NULL;
}

static void
test_threads(void **state)
{
        pthread_t threads[THREADS];
        struct fake f;

        (void)state;
        fake_start(&f, serve_by_subject);
        assert_int_equal(p11->C_Initialize(NULL), CKR_OK);
        for (size_t i = 0; i < THREADS; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, search_all, (void *)i), 0);
        for (size_t i = 0; i < THREADS; i++) {
                void *failed;

                pthread_join(threads[i], &failed);
                assert_null(failed);
        }
        assert_int_equal(p11->C_Finalize(NULL), CKR_OK);
        fake_stop(&f);
}

/* What a forked child must be able to do; the exit status says where it went wrong. */
static int
child(unsigned generations)
{
        CK_OBJECT_HANDLE h[8];
        CK_SESSION_HANDLE s;
        CK_INFO info;
        CK_ULONG n;
        struct template t = gnutls_by_subject(items[2].subject);
        int status;

        alarm(20);
        if (p11->C_GetInfo(&info) != CKR_CRYPTOKI_NOT_INITIALIZED)
                return 1;
        if (p11->C_OpenSession(PDANE_SLOT_ID, CKF_SERIAL_SESSION, NULL, NULL, &s) !=
            CKR_CRYPTOKI_NOT_INITIALIZED)
                return 2;
        if (p11->C_Finalize(NULL) != CKR_CRYPTOKI_NOT_INITIALIZED)
                return 3;
        if (p11->C_Initialize(NULL) != CKR_OK ||
            p11->C_Initialize(NULL) != CKR_CRYPTOKI_ALREADY_INITIALIZED)
                return 4;
        if (p11->C_OpenSession(PDANE_SLOT_ID, CKF_SERIAL_SESSION, NULL, NULL, &s) != CKR_OK ||
            p11->C_FindObjectsInit(s, t.t, t.n) != CKR_OK ||
            p11->C_FindObjects(s, h, 8, &n) != CKR_OK || n != 1)
                return 5;
        if (generations > 0) {
                pid_t pid = fork();

                if (pid == 0)
                        _exit(child(generations - 1));
                if (waitpid(pid, &status, 0) != pid || status != 0)
                        return 6;
        }
        return p11->C_Finalize(NULL) == CKR_OK ? 0 : 7;
}

static void
expect_child_works(unsigned generations)
{
        pid_t pid = fork();
        int status;

        if (pid == 0)
                _exit(child(generations));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

static void
test_fork(void **state)
{
        CK_OBJECT_HANDLE h[8];
        CK_SESSION_HANDLE s;
        struct fake f;

        (void)state;
        fake_start(&f, serve_by_subject);
        assert_int_equal(p11->C_Initialize(NULL), CKR_OK);
        s = open_session(p11);
        assert_int_equal(find(p11, s, gnutls_by_subject(items[2].subject), h), 1);
        expect_child_works(2);
        /* The parent has noticed nothing. */
        assert_int_equal(find(p11, s, gnutls_by_subject(items[2].subject), h), 1);
        assert_int_equal(p11->C_Finalize(NULL), CKR_OK);
        fake_stop(&f);
}

static sem_t lock_taken, lock_wanted_back;

static void *
hold_the_lock(void *arg)
{
        struct pdane_module *m;

        (void)arg;
        if (pdane_module_enter(&m) < 0)
                return failed_at("enter");
        sem_post(&lock_taken);
        sem_wait(&lock_wanted_back);
        pdane_module_leave(&m);
        return NULL;
}

static void
test_fork_while_another_thread_holds_the_lock(void **state)
{
        pthread_t thread;
        void *failed;
        struct fake f;

        (void)state;
        fake_start(&f, serve_by_subject);
        assert_int_equal(p11->C_Initialize(NULL), CKR_OK);
        sem_init(&lock_taken, 0, 0);
        sem_init(&lock_wanted_back, 0, 0);
        assert_int_equal(pthread_create(&thread, NULL, hold_the_lock, NULL), 0);
        sem_wait(&lock_taken);
        expect_child_works(1);
        sem_post(&lock_wanted_back);
        pthread_join(thread, &failed);
        assert_null(failed);
        assert_int_equal(p11->C_Finalize(NULL), CKR_OK);
        fake_stop(&f);
}

/* The thread sanitizer follows fork(), and not a system call that does the same. */
#ifdef __SANITIZE_THREAD__
#define WITH_TSAN true
#else
#define WITH_TSAN false
#endif
#define PATIENCE_S                                                                                 \
        20 /* no signal ends the first process of a namespace by default, alarm()'s neither */

static pid_t
fork_as_first(unsigned long flags)
{
        return (pid_t)syscall(SYS_clone, CLONE_NEWPID | flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

/* The first of its namespace starts the module, and forks the first of another. */
static int
first_of_namespace(void)
{
        pthread_t thread;
        struct fake f;
        int status;
        pid_t pid;

        fake_start(&f, serve_by_subject);
        if (getpid() != 1 || p11->C_Initialize(NULL) != CKR_OK)
                return 20;
        sem_init(&lock_taken, 0, 0);
        sem_init(&lock_wanted_back, 0, 0);
        if (pthread_create(&thread, NULL, hold_the_lock, NULL) != 0)
                return 21;
        sem_wait(&lock_taken);
        pid = fork_as_first(0);
        if (pid == 0)
                _exit(getpid() == 1 ? child(0) : 22);
        if (pid < 0)
                return errno == EPERM || errno == ENOSPC ? 77 : 23;
        if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
                return 24;
        return WEXITSTATUS(status);
}

static void
test_fork_of_a_first_process_by_another(void **state)
{
        int status = -1;
        pid_t pid;

        (void)state;
#ifdef __SANITIZE_THREAD__
        skip(); /* it hears of fork() alone, and takes the child's lock for the parent's */
#endif
        pid = fork_as_first(geteuid() == 0 ? 0 : CLONE_NEWUSER);
        if (pid == 0)
                _exit(WITH_TSAN ? 77 : first_of_namespace());
        if (pid < 0) {
                print_message("skipped: no PID namespaces for this user\n");
                skip();
        }
        for (unsigned i = 0; i < PATIENCE_S * 10 && waitpid(pid, &status, WNOHANG) == 0; i++)
                usleep(100000);
        if (status == -1) {
                kill(pid, SIGKILL); /* and all of its namespace */
                waitpid(pid, &status, 0);
        }
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77)
                skip();
        assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_socket_is_chosen_when_initialised(void **state)
{
        struct pdane_module *m;
        char path[300];

        (void)state;
        unsetenv("P11_DANE_SOCKET");
        assert_int_equal(pdane_module_start(), 0);
        assert_int_equal(pdane_module_enter(&m), 0);
        assert_string_equal(m->socket_path, PDANE_SOCKET_DEFAULT);
        pdane_module_leave(&m);
        assert_int_equal(pdane_module_stop(), 0);
        setenv("P11_DANE_SOCKET", "/tmp/other", 1);
        assert_int_equal(pdane_module_start(), 0);
        setenv("P11_DANE_SOCKET", "/tmp/third", 1);
        assert_int_equal(pdane_module_enter(&m), 0);
        assert_string_equal(m->socket_path, "/tmp/other");
        pdane_module_leave(&m);
        assert_int_equal(pdane_module_stop(), 0);
        memset(path, 'x', sizeof(path) - 1);
        path[sizeof(path) - 1] = '\0';
        setenv("P11_DANE_SOCKET", path, 1);
        assert_int_equal(pdane_module_start(), 0);
        assert_int_equal(pdane_module_enter(&m), 0);
        assert_string_equal(m->socket_path, "");
        pdane_module_leave(&m);
        assert_int_equal(pdane_module_stop(), 0);
}

static void
load_and_use(void)
{
        CK_RV (*get_function_list)(CK_FUNCTION_LIST **);
        CK_FUNCTION_LIST *list;
        CK_OBJECT_HANDLE h[8];
        void *library = dlopen(PDANE_TEST_MODULE, RTLD_NOW | RTLD_LOCAL);
        void *symbol;

        assert_non_null(library);
        symbol = dlsym(library, "C_GetFunctionList");
        assert_non_null(symbol);
        memcpy(&get_function_list, &symbol, sizeof(symbol));
        assert_int_equal(get_function_list(&list), CKR_OK);
        assert_ptr_not_equal(list, p11);
        assert_int_equal(list->C_Initialize(NULL), CKR_OK);
        assert_int_equal(find_alone(list, gnutls_by_subject(items[2].subject), h), 1);
        assert_int_equal(find_alone(list, gnutls_by_subject(items[3].subject), h), 0);
        (void)open_session(list);
        assert_int_equal(list->C_Finalize(NULL), CKR_OK);
        assert_int_equal(dlclose(library), 0);
        assert_null(dlopen(PDANE_TEST_MODULE, RTLD_NOW | RTLD_NOLOAD));
}

static void
test_load_and_unload(void **state)
{
        struct fake f;
        size_t before;
        int fds;

        (void)state;
        fake_start(&f, serve_by_subject);
        /* The allocator and the loader fill caches of their own first. */
        for (int i = 0; i < 20; i++)
                load_and_use();
        fds = (int)count_descriptors();
        before = mallinfo2().uordblks;
        for (int i = 0; i < 100; i++)
                load_and_use();
        assert_int_equal(atomic_load(&f.questions), 240);
        /* The fake daemon's last one may be about to be closed. */
        assert_in_range((int)count_descriptors(), fds - 1, fds + 1);
        assert_true(mallinfo2().uordblks < before + 1024);
        fake_stop(&f);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_threads),
                cmocka_unit_test(test_fork),
                cmocka_unit_test(test_fork_while_another_thread_holds_the_lock),
                cmocka_unit_test(test_fork_of_a_first_process_by_another),
                cmocka_unit_test(test_socket_is_chosen_when_initialised),
                cmocka_unit_test(test_load_and_unload),
        };

        return cmocka_run_group_tests(tests, set_up, NULL);
}
