/* SPDX-License-Identifier: BSD-3-Clause */
/* observer.c among threads and in forked children. */
#include "observer.h"

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recent.h"
#include "test_nsswitch_fake.h"

#define THREADS 64

/* The linker sends the plugin's calls here (-Wl,--wrap). */
static atomic_int socket_calls;

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);

int
__wrap_socket(int domain, int type, int protocol)
{
        atomic_fetch_add(&socket_calls, 1);
        return __real_socket(domain, type, protocol);
}

static void *
observe_many(void *arg)
{
        const char *own = arg;

        for (int i = 0; i < 20; i++)
                pdane_observe(own ? own : "same.example");
        return NULL;
}

static void
run_threads(bool own_names)
{
        static char names[THREADS][32];
        pthread_t threads[THREADS];

        for (int i = 0; i < THREADS; i++) {
                snprintf(names[i], sizeof(names[i]), "n%d.example", i);
                assert_int_equal(pthread_create(&threads[i], NULL, observe_many,
                                                own_names ? names[i] : NULL),
                                 0);
        }
        for (int i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
}

static void
test_threads(void **state)
{
        struct fake_daemon f;
        void *ssl;

        (void)state;
        fake_daemon_start(&f);
        fake_daemon_says_done(&f);
        run_threads(true);
        assert_in_range(fake_daemon_sync(&f), THREADS, THREADS * 20);
        ssl = dlopen(PDANE_TEST_MAPPED "/libssl.so.9", RTLD_NOW);
        assert_non_null(ssl);
        run_threads(false);
        assert_in_range(atomic_load(&f.waits), 1, THREADS * 20);
        dlclose(ssl);
        fake_daemon_stop(&f);
}

static atomic_bool stop;

static void *
observe_until_stopped(void *arg)
{
        (void)arg;
        while (!atomic_load(&stop))
                pdane_observe("busy.example");
        return NULL;
}

static void
expect_good_end(pid_t pid)
{
        int status;

        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

static void
test_fork_among_threads(void **state)
{
        struct fake_daemon f;
        pthread_t threads[4];

        (void)state;
        fake_daemon_start(&f);
        atomic_store(&stop, false);
        for (int i = 0; i < 4; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, observe_until_stopped, NULL), 0);
        for (int i = 0; i < 50; i++) {
                pid_t pid = fork();

                assert_true(pid >= 0);
                if (pid == 0) {
                        alarm(20); /* one that hangs */
                        pdane_observe("child.example");
                        _exit(0);
                }
                expect_good_end(pid);
        }
        atomic_store(&stop, true);
        for (int i = 0; i < 4; i++)
                pthread_join(threads[i], NULL);
        fake_daemon_stop(&f);
}

/* Called with the lock held, through the linker as well. */
static bool forks;

bool __real_pdane_recent_has(const struct pdane_recent *r, uint64_t key, bool wait,
                             uint64_t now_ms);
bool __wrap_pdane_recent_has(const struct pdane_recent *r, uint64_t key, bool wait,
                             uint64_t now_ms);

bool
__wrap_pdane_recent_has(const struct pdane_recent *r, uint64_t key, bool wait, uint64_t now_ms)
{
        pid_t pid = -1;

        if (forks) {
                forks = false;
                pid = fork();
                assert_true(pid >= 0);
        }
        if (pid == 0) {
                int before = atomic_load(&socket_calls);

                alarm(20);
                pdane_observe("child.example");
                pdane_observe("child.example");
                /* It takes the lock over, with nothing of what was being changed, and remembers. */
                pdane_observe("told.example");
                _exit(atomic_load(&socket_calls) == before + 2 ? 0 : 1);
        }
        if (pid > 0)
                expect_good_end(pid);
        return __real_pdane_recent_has(r, key, wait, now_ms);
}

static void
test_fork_with_the_lock_held(void **state)
{
        struct fake_daemon f;

        (void)state;
        fake_daemon_start(&f);
        pdane_observe("told.example");
        forks = true;
        pdane_observe("parent.example");
        assert_false(forks);
        assert_int_equal(fake_daemon_sync(&f), 4);
        pdane_observe("parent.example");
        pdane_observe("told.example");
        assert_int_equal(fake_daemon_sync(&f), 4);
        fake_daemon_stop(&f);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_threads),
                cmocka_unit_test(test_fork_among_threads),
                cmocka_unit_test(test_fork_with_the_lock_held),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
