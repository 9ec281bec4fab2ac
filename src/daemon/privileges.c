/* SPDX-License-Identifier: BSD-3-Clause */
/* Becoming the daemon's user, and making sure that there is no way back. */
#include "daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int
explain(char **ret_error, const char *subject, const char *what, int r)
{
        if (asprintf(ret_error, "%s: %s: %s", subject, what, strerror(-r)) < 0)
                *ret_error = NULL;
        return r;
}

static int
make_directory(const char *dir, mode_t mode, const struct passwd *pw, char **ret_error)
{
        if (!*dir)
                return 0;
        if (mkdir(dir, mode) == 0) {
                if (chmod(dir, mode) < 0)
                        return explain(ret_error, dir, "cannot set its mode", -errno);
                if (pw && chown(dir, pw->pw_uid, pw->pw_gid) < 0)
                        return explain(ret_error, dir, "cannot give it to the daemon's user",
                                       -errno);
                return 0;
        }
        return errno == EEXIST ? 0 : explain(ret_error, dir, "cannot make this directory", -errno);
}

static int
become(const struct passwd *pw, char **ret_error)
{
        if (initgroups(pw->pw_name, pw->pw_gid) < 0 ||
            setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) < 0 ||
            setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) < 0)
                return explain(ret_error, pw->pw_name, "cannot become this user", -errno);
        if (pw->pw_uid != 0 && (setuid(0) == 0 || geteuid() == 0))
                return explain(ret_error, pw->pw_name, "root could be had again", -EPERM);
        return 0;
}

int
pdane_privileges_drop(const char *user, const struct pdane_own_directory *dirs, size_t n,
                      char **ret_error)
{
        const struct passwd *pw = NULL;
        if (*user && geteuid() == 0) {
                errno = 0;
                pw = getpwnam(user);
                if (!pw)
                        return explain(ret_error, user, "[daemon] user", errno ? -errno : -ENOENT);
        }
        int r = 0;
        for (size_t i = 0; i < n && r == 0; i++)
                r = make_directory(dirs[i].path, dirs[i].mode, pw, ret_error);
        if (r == 0 && pw)
                r = become(pw, ret_error);
        if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                r = explain(ret_error, "no_new_privs", "prctl", -errno);
        return r;
}
