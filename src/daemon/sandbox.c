/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of system calls. What is on it was seen in use, or is libc's other way to the same end
 * on another architecture or version; docs/security.md says why the rest is fatal. */
#include "daemon/sandbox.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "daemon/landlock.h"

static int
explain(char **ret_error, const char *what, int r)
{
        if (asprintf(ret_error, "[daemon] sandbox: %s: %s", what, strerror(-r)) < 0)
                *ret_error = NULL;
        return r;
}

#ifdef PDANE_HAVE_SECCOMP
#include <linux/netlink.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET_TYPE_MASK 0xfu /* the rest is SOCK_CLOEXEC and SOCK_NONBLOCK */

/* By name: one that an architecture does not have is passed over, a name that libseccomp is too old
 * for as well. */
static const char *const allowed[] = {
        /* files that are open, and configuration, trust store and keys to read anew */
        "read", "readv", "pread64", "write", "writev", "pwrite64", "close", "lseek", "_llseek",
        "open", "openat", "fstat", "fstat64", "stat", "stat64", "lstat", "lstat64", "newfstatat",
        "fstatat64", "statx", "fstatfs", "fstatfs64", "access", "faccessat", "faccessat2",
        "getdents", "getdents64", "readlink", "readlinkat", "getcwd", "chdir", "fchdir", "fcntl",
        "fcntl64", "dup", "dup2", "dup3", "pipe", "pipe2",
        /* state and certificate directories; where, is Landlock's */
        "fchmod", "fsync", "fdatasync", "ftruncate", "ftruncate64", "rename", "renameat",
        "renameat2", "unlink", "unlinkat",
        /* the event loop and its clocks */
        "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2",
        "poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6", "pselect6_time64",
        "eventfd2", "timerfd_create", "timerfd_settime", "timerfd_settime64", "signalfd4",
        "clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64",
        "clock_nanosleep", "clock_nanosleep_time64", "nanosleep", "gettimeofday", "time",
        "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
        /* the network; which sockets, see add_sockets. No listen: what listens does so by now */
        "bind", "connect", "accept", "accept4", "getsockname", "getpeername", "getsockopt",
        "setsockopt", "send", "sendto", "sendmsg", "sendmmsg", "recv", "recvfrom", "recvmsg",
        "recvmmsg", "recvmmsg_time64", "shutdown",
        /* memory, and a larger table for clients; mmap and mprotect see add_memory */
        "memfd_create", "fallocate", "brk", "munmap", "mremap", "madvise", "memfd_create",
        "fallocate",
        /* the process itself */
        "futex", "futex_time64", "sched_yield", "sched_getaffinity", "rt_sigaction",
        "rt_sigprocmask", "rt_sigreturn", "sigreturn", "restart_syscall", "getpid", "gettid",
        "getuid", "geteuid", "getgid", "getegid", "getuid32", "geteuid32", "getgid32", "getegid32",
        "getrandom", "uname", "sysinfo", "getrlimit", "ugetrlimit", "exit", "exit_group"};

/* Tried by libcs before an older way; by their answer they take that. */
static const struct {
        const char *name;
        int error;
} absent[] = {
        {"openat2", ENOSYS}, {"close_range", ENOSYS}, {"futex_waitv", ENOSYS},
        {"mseal", ENOSYS},   {"cachestat", ENOSYS},   {"prctl", EINVAL},
};

/* libseccomp's answers for calls that cannot be there. */
static int
add(scmp_filter_ctx ctx, uint32_t action, int number, unsigned n, const struct scmp_arg_cmp *args)
{
        if (number == __NR_SCMP_ERROR)
                return 0;
        int r = seccomp_rule_add_array(ctx, action, number, n, args);
        return r == -EDOM ? 0 : r;
}

static int
add_names(scmp_filter_ctx ctx)
{
        int r = 0;
        for (size_t i = 0; i < sizeof allowed / sizeof *allowed && r == 0; i++)
                r = add(ctx, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(allowed[i]), 0, NULL);
        for (size_t i = 0; i < sizeof absent / sizeof *absent && r == 0; i++)
                r = add(ctx, SCMP_ACT_ERRNO((uint32_t)absent[i].error),
                        seccomp_syscall_resolve_name(absent[i].name), 0, NULL);
        return r;
}

static int
add_socket(scmp_filter_ctx ctx, int family, int type)
{
        const struct scmp_arg_cmp args[] = {
                SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family),
                SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_TYPE_MASK, (scmp_datum_t)type),
        };
        return add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, args);
}

/* DNS and TLS; news of addresses and routes. Other families are refused and not fatal: a library
 * may try. */
static int
add_sockets(scmp_filter_ctx ctx)
{
        static const int families[] = {AF_INET, AF_INET6};
        const struct scmp_arg_cmp route[] = {
                SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
                SCMP_A2(SCMP_CMP_EQ, NETLINK_ROUTE),
        };
        int r = 0;
        for (size_t i = 0; i < 2 && r == 0; i++) {
                r = add_socket(ctx, families[i], SOCK_STREAM);
                if (r == 0)
                        r = add_socket(ctx, families[i], SOCK_DGRAM);
        }
        if (r == 0)
                r = add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, route);
        for (int family = 0; family < AF_MAX && r == 0; family++) {
                const struct scmp_arg_cmp other = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family);
                if (family != AF_INET && family != AF_INET6 && family != AF_NETLINK)
                        r = add(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1, &other);
        }
        /* libevent and libunbound wake themselves by a pair */
        const struct scmp_arg_cmp local = SCMP_A0(SCMP_CMP_EQ, AF_UNIX);
        return r < 0 ? r : add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1, &local);
}

/* Nothing becomes executable that could be written. A library's code may still be mapped: p11-kit's
 * trust module may be loaded again with the trust store. */
static int
add_memory(scmp_filter_ctx ctx)
{
        static const char *const maps[] = {"mmap", "mmap2"};
        static const scmp_datum_t fine[] = {0, PROT_WRITE, PROT_EXEC};
        int r = 0;
        for (size_t i = 0; i < 6 && r == 0; i++) {
                const struct scmp_arg_cmp arg =
                        SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_WRITE | PROT_EXEC, fine[i % 3]);
                r = add(ctx, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(maps[i / 3]), 1, &arg);
        }
        const struct scmp_arg_cmp data = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
        return r < 0 ? r : add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &data);
}

/* About ourselves only: abort() sends a signal, malloc() may ask for a limit. */
static int
add_self(scmp_filter_ctx ctx)
{
        const struct scmp_arg_cmp us = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid());
        const struct scmp_arg_cmp read_limit[] = {
                SCMP_A0(SCMP_CMP_EQ, 0),
                SCMP_A2(SCMP_CMP_EQ, 0),
        };
        static const unsigned long ioctls[] = {FIONBIO, FIONREAD, TCGETS};
        int r = add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &us);
        if (r == 0)
                r = add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, read_limit);
        for (size_t i = 0; i < sizeof ioctls / sizeof *ioctls && r == 0; i++) {
                const struct scmp_arg_cmp request = SCMP_A1(SCMP_CMP_EQ, ioctls[i]);
                r = add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, &request);
        }
        return r;
}

static int
limit_calls(char **ret_error)
{
        scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
        if (!ctx)
                return explain(ret_error, "seccomp_init", -ENOMEM);
        /* A tree instead of a row of comparisons; only speed is lost without. */
        (void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
        int r = add_names(ctx);
        if (r == 0)
                r = add_sockets(ctx);
        if (r == 0)
                r = add_memory(ctx);
        if (r == 0)
                r = add_self(ctx);
        if (r < 0)
                explain(ret_error, "seccomp rules", r);
        else if ((r = seccomp_load(ctx)) < 0)
                explain(ret_error, "seccomp cannot be used here (sandbox=no does without)", r);
        seccomp_release(ctx);
        return r;
}

#elif defined(PDANE_SANITIZED)

static int
limit_calls(char **ret_error)
{
        (void)ret_error;
        return 0;
}

#else

static int
limit_calls(char **ret_error)
{
        return explain(ret_error, "this build has no seccomp (sandbox=no does without)", -ENOSYS);
}

#endif

/* "" for no path. */
static void
directory_of(const char *path, char ret[PATH_MAX])
{
        snprintf(ret, PATH_MAX, "%s", path ? path : "");
        char *slash = strrchr(ret, '/');
        ret[slash ? (slash == ret ? 1 : slash - ret) : 0] = '\0';
}

int
pdane_sandbox_enter(const struct pdane_sandbox *s, struct pdane_sandbox_force *ret,
                    char **ret_error)
{
        char socket_dir[PATH_MAX] = "", metrics_dir[PATH_MAX] = "";
        const char *const writable[] = {s->state_dir, s->certs_dir, metrics_dir};
        directory_of(s->socket, socket_dir);
        directory_of(s->metrics_file, metrics_dir);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return explain(ret_error, "no_new_privs", -errno);
        int r = pdane_landlock_restrict(writable, 3, socket_dir);
        if (r < 0 && r != -EOPNOTSUPP)
                return explain(ret_error, "Landlock", r);
        const bool files = r == 0;
        r = limit_calls(ret_error);
        if (r < 0)
                return r;
#ifdef PDANE_SANITIZED
        *ret = (struct pdane_sandbox_force){.calls = false, .files = files};
#else
        *ret = (struct pdane_sandbox_force){.calls = true, .files = files};
#endif
        return 0;
}
