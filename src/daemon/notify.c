/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams to the service manager. What they mean is the caller's. */
#include "daemon/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct {
        int fd;
        uint64_t watchdog_us;
} manager = {.fd = -1};

/* A path, or '@' and a name in the abstract namespace. Other kinds (vsock) are for guests of a
 * virtual machine's host. */
static int
address(const char *text, struct sockaddr_un *ret, socklen_t *ret_len)
{
        size_t len = strlen(text);
        if (*text != '/' && *text != '@')
                return -EAFNOSUPPORT;
        if (len < 2 || len >= sizeof ret->sun_path)
                return -EINVAL;
        *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
        memcpy(ret->sun_path, text, len);
        *ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
        if (*text == '@')
                ret->sun_path[0] = '\0';
        else
                ++*ret_len; /* the NUL belongs to a path */
        return 0;
}

static int
reach(const char *text)
{
        struct sockaddr_un sun;
        socklen_t len = 0;
        int r = address(text, &sun, &len);
        if (r < 0)
                return r;
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *)&sun, len) < 0) {
                r = -errno;
                close(fd);
                return r;
        }
        manager.fd = fd;
        return 0;
}

/* A decimal number that fits, or 0. */
static uint64_t
number(const char *text)
{
        char *end;
        if (!text || *text < '0' || *text > '9')
                return 0;
        errno = 0;
        uint64_t n = strtoumax(text, &end, 10);
        return errno == 0 && *end == '\0' ? n : 0;
}

/* Without WATCHDOG_PID it is meant for whoever reads it. */
static uint64_t
watchdog(void)
{
        const char *pid = secure_getenv("WATCHDOG_PID");
        if (pid && number(pid) != (uint64_t)getpid())
                return 0;
        return number(secure_getenv("WATCHDOG_USEC"));
}

int
pdane_notify_open(void)
{
        const char *text = secure_getenv("NOTIFY_SOCKET");
        int r = 0;
        pdane_notify_close();
        if (text && *text) {
                r = reach(text);
                if (r == 0)
                        manager.watchdog_us = watchdog();
        }
        unsetenv("NOTIFY_SOCKET");
        unsetenv("WATCHDOG_USEC");
        unsetenv("WATCHDOG_PID");
        return r;
}

static void
tell(const char *text)
{
        if (manager.fd >= 0)
                (void)!send(manager.fd, text, strlen(text), MSG_NOSIGNAL);
}

void
pdane_notify_ready(void)
{
        tell("READY=1");
}

void
pdane_notify_reloading(void)
{
        struct timespec now;
        char text[64];
        clock_gettime(CLOCK_MONOTONIC, &now);
        snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
                 (uint64_t)now.tv_sec * UINT64_C(1000000) + (uint64_t)now.tv_nsec / 1000u);
        tell(text);
}

void
pdane_notify_stopping(void)
{
        tell("STOPPING=1");
}

void
pdane_notify_alive(void)
{
        tell("WATCHDOG=1");
}

uint64_t
pdane_notify_watchdog_us(void)
{
        return manager.watchdog_us / 2;
}

void
pdane_notify_close(void)
{
        if (manager.fd >= 0)
                close(manager.fd);
        manager.fd = -1;
        manager.watchdog_us = 0;
}
