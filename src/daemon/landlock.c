/* SPDX-License-Identifier: BSD-3-Clause */
/* glibc has no wrappers for these three system calls. */
#include "daemon/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(SYS_landlock_create_ruleset) && __has_include(<linux/landlock.h>)
#include <linux/landlock.h>

/* Later than the oldest headers that we build with. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif

/* What changes a file in a directory of ours. */
#define WRITING                                                                                    \
        (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                          \
         LANDLOCK_ACCESS_FS_MAKE_REG)
/* What nobody needs. */
#define NEVER                                                                                      \
        (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                              \
         LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |                              \
         LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                             \
         LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* Rights are handled as far as the kernel knows them: one it does not know is an error to it. */
struct rights {
        uint64_t handled, writing;
};

static struct rights
rights_of(long abi)
{
        struct rights r = {WRITING | NEVER, WRITING};
        if (abi >= 2)
                r.handled |= LANDLOCK_ACCESS_FS_REFER;
        if (abi >= 3) {
                r.handled |= LANDLOCK_ACCESS_FS_TRUNCATE;
                r.writing |= LANDLOCK_ACCESS_FS_TRUNCATE;
        }
        if (abi >= 5)
                r.handled |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
        return r;
}

static int
allow(int ruleset, const char *dir, uint64_t access)
{
        if (!dir || !*dir)
                return 0;
        int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        const struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
        int r = 0;
        if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
                r = -errno;
        close(fd);
        return r;
}

static int
restrict_to(int ruleset, const struct rights *rights, const char *const *writable, size_t n,
            const char *removable)
{
        int r = 0;
        for (size_t i = 0; i < n && r == 0; i++)
                r = allow(ruleset, writable[i], rights->writing);
        if (r == 0)
                r = allow(ruleset, removable, LANDLOCK_ACCESS_FS_REMOVE_FILE);
        if (r == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
                r = -errno;
        return r;
}

int
pdane_landlock_restrict(const char *const *writable, size_t n, const char *removable)
{
        long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
        if (abi < 1)
                return abi == 0 || errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM
                               ? -EOPNOTSUPP
                               : -errno;
        const struct rights rights = rights_of(abi);
        const struct landlock_ruleset_attr attr = {.handled_access_fs = rights.handled};
        long ruleset = syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
        if (ruleset < 0)
                return -errno;
        int r = restrict_to((int)ruleset, &rights, writable, n, removable);
        close((int)ruleset);
        return r;
}

#else

int
pdane_landlock_restrict(const char *const *writable, size_t n, const char *removable)
{
        (void)writable;
        (void)n;
        (void)removable;
        return -EOPNOTSUPP;
}

#endif
