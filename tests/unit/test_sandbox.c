/* SPDX-License-Identifier: BSD-3-Clause */
/* What a process in the daemon's sandbox can do and what ends it. Each act is a process of its own,
 * and is done once outside first: what fails there would prove nothing. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/sandbox.h"
#include "test.h"

#ifdef PDANE_SANITIZED
static const bool limited = false;
#else
static const bool limited = true;
#endif

static char base[64];
static bool files_limited;

/* 0, or an errno. */
typedef int act(void);

static int
result(long r)
{
        return r < 0 ? errno : 0;
}

/* ---- what has to go on ---- */

static int
write_file(const char *dir, const char *name)
{
        char path[256], other[300];
        snprintf(path, sizeof path, "%s/%s", dir, name);
        snprintf(other, sizeof other, "%s.new", path);
        FILE *f = fopen(other, "w");
        if (!f)
                return errno;
        int r = fputs("text", f) < 0 || fflush(f) != 0 || fsync(fileno(f)) < 0 ||
                                fchmod(fileno(f), 0644) < 0
                        ? errno
                        : 0;
        fclose(f);
        if (r == 0 && rename(other, path) < 0)
                r = errno;
        return r;
}

static int
write_state(void)
{
        char dir[128];
        snprintf(dir, sizeof dir, "%s/state", base);
        return write_file(dir, "root.key");
}

static int
replace_certificate(void)
{
        char path[128];
        snprintf(path, sizeof path, "%s/certs", base);
        int r = write_file(path, "01234567.0");
        snprintf(path, sizeof path, "%s/certs/01234567.0", base);
        return r ? r : result(unlink(path));
}

static int
remove_socket(void)
{
        char path[128];
        snprintf(path, sizeof path, "%s/run/socket", base);
        return result(unlink(path));
}

static int
read_elsewhere(void)
{
        char c;
        int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return errno;
        int r = result(read(fd, &c, 1));
        close(fd);
        return r;
}

static int
open_socket(int family, int type, int protocol)
{
        int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
        if (fd < 0)
                return errno;
        close(fd);
        return 0;
}

static int
udp(void)
{
        return open_socket(AF_INET, SOCK_DGRAM, 0);
}

static int
tcp6(void)
{
        int r = open_socket(AF_INET6, SOCK_STREAM, 0);
        return r == EAFNOSUPPORT ? 0 : r; /* a machine without IPv6 */
}

static int
route_news(void)
{
        return open_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
}

static int
watch_file(void)
{
        int fd = inotify_init1(IN_CLOEXEC);
        return fd < 0 ? errno : result(inotify_add_watch(fd, "/etc", IN_MODIFY));
}

static int
randomness(void)
{
        char buf[16];
        return result(getrandom(buf, sizeof buf, 0));
}

static int
much_memory(void)
{
        char *p = malloc(32u << 20), *q;
        if (!p)
                return ENOMEM;
        memset(p, 1, 32u << 20);
        q = realloc(p, 48u << 20);
        free(q ? q : p);
        return q ? 0 : ENOMEM;
}

/* The table that clients read grows while the daemon runs. */
static int
new_table(void)
{
        int fd = memfd_create("table", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0)
                return errno;
        int r = posix_fallocate(fd, 0, 8192);
        void *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        return p == MAP_FAILED ? errno : r ? r : result(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
}

/* How glibc loads a library's code. */
static int
map_code(void)
{
        int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
        return p == MAP_FAILED ? errno : 0;
}

/* ---- what ends the process ---- */

static int
run_program(void)
{
        char *argv[] = {(char[]){"true"}, NULL}, *envp[] = {NULL};
        execve("/bin/true", argv, envp);
        return errno;
}

static int
make_process(void)
{
        pid_t p = fork();
        if (p == 0)
                _exit(0);
        return p < 0 ? errno : 0;
}

static int
trace_parent(void)
{
        return result(ptrace(PTRACE_SEIZE, getppid(), NULL, NULL)) == 0 ? 0 : EPERM;
}

static int
signal_parent(void)
{
        return result(kill(getppid(), 0));
}

static int
raw_socket(void)
{
        return result(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)) ? EPERM : 0;
}

static int
audit_socket(void)
{
        return result(socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT)) ? EPERM : 0;
}

static int
listen_now(void)
{
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        return result(listen(fd, 1));
}

static int
writable_code(void)
{
        void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0);
        return p == MAP_FAILED ? errno : 0;
}

static int
data_to_code(void)
{
        void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return result(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int
change_user(void)
{
        return result(setuid(getuid()));
}

static int
change_mode(void)
{
        return result(chmod(base, 0755));
}

static int
make_directory(void)
{
        char path[128];
        snprintf(path, sizeof path, "%s/new", base);
        int r = result(mkdir(path, 0755));
        rmdir(path);
        return r;
}

static int
raise_limit(void)
{
        struct rlimit l;
        getrlimit(RLIMIT_CORE, &l);
        return result(setrlimit(RLIMIT_CORE, &l));
}

static int
new_namespace(void)
{
        return result(unshare(CLONE_FS)); /* what anybody may */
}

static int
foreign_memory(void)
{
        return result(syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0));
}

static int
kernel_keys(void)
{
        return result(syscall(SYS_keyctl, 0, 0, 0, 0, 0)) ? EPERM : 0;
}

/* ---- what is refused, but not fatal ---- */

static int
unix_socket(void)
{
        return open_socket(AF_UNIX, SOCK_STREAM, 0);
}

static int
write_elsewhere(void)
{
        return write_file(base, "elsewhere");
}

static int
open_for_writing(void)
{
        int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
        return fd < 0 ? errno : 0;
}

static int
remove_elsewhere(void)
{
        char path[128];
        snprintf(path, sizeof path, "%s/kept", base);
        return result(unlink(path));
}

static int
write_beside_socket(void)
{
        char dir[128];
        snprintf(dir, sizeof dir, "%s/run", base);
        return write_file(dir, "other");
}

static int
dumpable(void)
{
        return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int
abort_now(void)
{
        abort();
}

/* ---- running them ---- */

static void
make_files(void)
{
        static const char *const dirs[] = {"", "/state", "/certs", "/run"};
        static const char *const files[] = {"/kept", "/run/socket"};
        char path[128];
        for (size_t i = 0; i < 4; i++) {
                snprintf(path, sizeof path, "%s%s", base, dirs[i]);
                mkdir(path, 0755);
        }
        for (size_t i = 0; i < 2; i++) {
                snprintf(path, sizeof path, "%s%s", base, files[i]);
                int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
                assert_true(fd >= 0);
                close(fd);
        }
}

static bool
enter(void)
{
        char state_dir[96], certs[96], sock[96], *error = NULL;
        snprintf(state_dir, sizeof state_dir, "%s/state", base);
        snprintf(certs, sizeof certs, "%s/certs", base);
        snprintf(sock, sizeof sock, "%s/run/socket", base);
        const struct pdane_sandbox s = {.state_dir = state_dir, .certs_dir = certs, .socket = sock};
        struct pdane_sandbox_force force;
        if (pdane_sandbox_enter(&s, &force, &error) < 0) {
                fprintf(stderr, "%s\n", error ? error : "?");
                return false;
        }
        return force.calls == limited;
}

/* The child's wait status. */
static int
in_child(act *a, bool sandboxed)
{
        static const struct rlimit none;
        int status = 0;
        make_files();
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                setrlimit(RLIMIT_CORE, &none);
                if (sandboxed && !enter())
                        _exit(250);
                _exit(a());
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        return status;
}

#define exits_with(status, code)                                                                   \
        do {                                                                                       \
                assert_true(WIFEXITED(status));                                                    \
                assert_int_equal(WEXITSTATUS(status), code);                                       \
        } while (0)

struct named {
        const char *name;
        act *act;
};
#define NAMED(a)                                                                                   \
        {                                                                                          \
#a, a                                                                              \
        }

static void
test_goes_on(void **state)
{
        static const struct named acts[] = {
                NAMED(write_state),   NAMED(replace_certificate),
                NAMED(remove_socket), NAMED(read_elsewhere),
                NAMED(udp),           NAMED(tcp6),
                NAMED(route_news),    NAMED(watch_file),
                NAMED(randomness),    NAMED(much_memory),
                NAMED(new_table),     NAMED(map_code),
        };
        (void)state;
        for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
                print_message("%s\n", acts[i].name);
                exits_with(in_child(acts[i].act, false), 0);
                exits_with(in_child(acts[i].act, true), 0);
        }
}

static void
test_ends_the_process(void **state)
{
        static const struct named acts[] = {
                NAMED(run_program),   NAMED(make_process),  NAMED(trace_parent),
                NAMED(signal_parent), NAMED(raw_socket),    NAMED(audit_socket),
                NAMED(listen_now),    NAMED(writable_code), NAMED(data_to_code),
                NAMED(change_user),   NAMED(change_mode),   NAMED(make_directory),
                NAMED(raise_limit),   NAMED(new_namespace), NAMED(foreign_memory),
                NAMED(kernel_keys),
        };
        (void)state;
        if (!limited)
                skip();
        for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
                print_message("%s\n", acts[i].name);
                int status = in_child(acts[i].act, false);
                assert_true(WIFEXITED(status)); /* allowed or not, nothing ends it out here */
                status = in_child(acts[i].act, true);
                assert_true(WIFSIGNALED(status));
                assert_int_equal(WTERMSIG(status), SIGSYS);
        }
}

static void
test_refused(void **state)
{
        (void)state;
        if (!limited)
                skip();
        exits_with(in_child(unix_socket, false), 0);
        exits_with(in_child(unix_socket, true), EAFNOSUPPORT);
        exits_with(in_child(dumpable, false), 0);
        exits_with(in_child(dumpable, true), EINVAL);
        /* a bug is still told as what it is */
        assert_int_equal(WTERMSIG(in_child(abort_now, true)), SIGABRT);
}

static void
test_files(void **state)
{
        static const struct named acts[] = {
                NAMED(write_elsewhere),
                NAMED(open_for_writing),
                NAMED(remove_elsewhere),
                NAMED(write_beside_socket),
        };
        (void)state;
        if (!files_limited) {
                print_message("this kernel has no Landlock\n");
                skip();
        }
        for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
                print_message("%s\n", acts[i].name);
                exits_with(in_child(acts[i].act, false), 0);
                exits_with(in_child(acts[i].act, true), EACCES);
        }
}

static int
says_files(void)
{
        const struct pdane_sandbox s = {.certs_dir = ""};
        struct pdane_sandbox_force force;
        char *error = NULL;
        return pdane_sandbox_enter(&s, &force, &error) == 0 && force.files ? 1 : 0;
}

static int
set_up(void **state)
{
        (void)state;
        snprintf(base, sizeof base, "/tmp/pdane-sandbox-%d", getpid());
        files_limited = WEXITSTATUS(in_child(says_files, false)) == 1;
        return 0;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *where)
{
        (void)st;
        (void)flag;
        (void)where;
        return remove(path);
}

static int
tear_down(void **state)
{
        (void)state;
        return nftw(base, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_goes_on),
                cmocka_unit_test(test_ends_the_process),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_files),
        };
        return cmocka_run_group_tests(tests, set_up, tear_down);
}
