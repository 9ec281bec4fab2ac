/* SPDX-License-Identifier: BSD-3-Clause */
/* The listening socket: where it may be made, and over what; or taken from the service manager. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/server.h"

static int
explain(char **ret_error, const char *path, const char *what, int r)
{
        if (asprintf(ret_error, "%s: %s: %s", path, what, strerror(-r)) < 0)
                *ret_error = NULL;
        return r;
}

static int
make_directory(const char *path, char **ret_error)
{
        char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
        snprintf(dir, sizeof dir, "%s", path);
        char *slash = strrchr(dir, '/');
        if (!slash || slash == dir)
                return 0;
        *slash = '\0';
        if (mkdir(dir, 0755) < 0 && errno != EEXIST)
                return explain(ret_error, dir, "cannot make the socket's directory", -errno);
        return 0;
}

/* A daemon that was killed leaves its socket behind. One that runs keeps it; another kind of file
 * is not ours to remove. */
static int
remove_stale(const struct sockaddr_un *sun, char **ret_error)
{
        struct stat st;
        if (lstat(sun->sun_path, &st) < 0)
                return errno == ENOENT
                               ? 0
                               : explain(ret_error, sun->sun_path, "cannot look at it", -errno);
        if (!S_ISSOCK(st.st_mode))
                return explain(ret_error, sun->sun_path, "is there and is no socket", -EEXIST);
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return explain(ret_error, sun->sun_path, "socket", -errno);
        int r = connect(fd, (const struct sockaddr *)sun, sizeof *sun) < 0 ? -errno : 0;
        close(fd);
        if (r != -ECONNREFUSED)
                return explain(ret_error, sun->sun_path, "another process listens there",
                               -EADDRINUSE);
        if (unlink(sun->sun_path) < 0)
                return explain(ret_error, sun->sun_path, "cannot remove the old socket", -errno);
        return 0;
}

static int
bind_listen(int fd, const struct sockaddr_un *sun, char **ret_error)
{
        mode_t old = umask(0111); /* 0666 from the start: no moment in which it is something else */
        int r = bind(fd, (const struct sockaddr *)sun, sizeof *sun) < 0 ? -errno : 0;
        umask(old);
        if (r < 0)
                return explain(ret_error, sun->sun_path, "cannot bind", r);
        if (listen(fd, SOMAXCONN) < 0)
                return explain(ret_error, sun->sun_path, "cannot listen", -errno);
        return 0;
}

int
pdane_server_listen(const char *path, int *ret_fd, char **ret_error)
{
        struct sockaddr_un sun = {.sun_family = AF_UNIX};
        if (strlen(path) >= sizeof sun.sun_path)
                return explain(ret_error, path, "the socket's path is too long", -ENAMETOOLONG);
        snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
        int r = make_directory(path, ret_error);
        if (r == 0)
                r = remove_stale(&sun, ret_error);
        if (r < 0)
                return r;
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return explain(ret_error, path, "socket", -errno);
        r = bind_listen(fd, &sun, ret_error);
        if (r < 0) {
                close(fd);
                return r;
        }
        *ret_fd = fd;
        return 0;
}

/* ---- from the service manager ---- */

#define FIRST_PASSED_FD 3

/* How many descriptors were passed to us. The environment is for one reader. */
static long
passed_fds(void)
{
        const char *pid = secure_getenv("LISTEN_PID"), *fds = secure_getenv("LISTEN_FDS");
        long n = 0;
        if (pid && fds && strtol(pid, NULL, 10) == getpid())
                n = strtol(fds, NULL, 10);
        unsetenv("LISTEN_PID");
        unsetenv("LISTEN_FDS");
        unsetenv("LISTEN_FDNAMES");
        return n;
}

static bool
has_option(int fd, int option, int wanted)
{
        int value = -1;
        socklen_t len = sizeof value;
        return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 && value == wanted;
}

int
pdane_server_inherit(int *ret_fd, char **ret_error)
{
        const int fd = FIRST_PASSED_FD;
        const char *who = "LISTEN_FDS";
        long n = passed_fds();
        if (n <= 0)
                return 0;
        if (n > 1)
                return explain(ret_error, who, "more than one socket was passed", -E2BIG);
        if (!has_option(fd, SO_DOMAIN, AF_UNIX) || !has_option(fd, SO_TYPE, SOCK_SEQPACKET) ||
            !has_option(fd, SO_ACCEPTCONN, 1))
                return explain(ret_error, who,
                               "what was passed is no listening SOCK_SEQPACKET socket "
                               "(ListenSequentialPacket=)",
                               -EPROTOTYPE);
        if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
                return explain(ret_error, who, "fcntl", -errno);
        *ret_fd = fd;
        return 1;
}
