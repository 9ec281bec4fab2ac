/* SPDX-License-Identifier: BSD-3-Clause */
/* The system calls of module/common/channel.c and of those who receive. Descriptors are real ones,
 * so that closing them is, too. */
#include "fake_channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "channel_limits.h"
#include "common/table.h"
#include "common/wire.h"

int __real_clock_gettime(clockid_t id, struct timespec *ret);
int __wrap_clock_gettime(clockid_t id, struct timespec *ret);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __real_stat(const char *path, struct stat *ret);
int __wrap_stat(const char *path, struct stat *ret);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t len, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
char *__real_secure_getenv(const char *name);
char *__wrap_secure_getenv(const char *name);

/* One conversation, or several one after the other. */
struct talk {
        struct fuzz_input script;
        struct fuzz_input message;
        bool peeked, unset; /* unset: no time can be set for sending */
        bool stranger;      /* listens, for all that was said */
        size_t requests, messages;
};

static struct talk fake;
static uint64_t now_ms = 1000000;
static void (*meanwhile)(void);
static uint8_t place;

/* Whoever closed this one has had it from here, or never had it. */
static void
reopen_input(void)
{
        int error = errno;

        if (fcntl(STDIN_FILENO, F_GETFD) < 0)
                FUZZ_CHECK(open("/dev/null", O_RDWR | O_CLOEXEC) == STDIN_FILENO);
        errno = error;
}

void
fake_channel_script(struct fuzz_input script)
{
        fake = (struct talk){.script = script};
        reopen_input();
}

void
fake_channel_meanwhile(void (*fn)(void))
{
        meanwhile = fn;
}

void
fake_channel_place(uint8_t which)
{
        place = which;
}

int
fake_channel_free(void)
{
        int fds[8];

        reopen_input();
        for (unsigned i = 0; i < 8; i++) {
                fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
                FUZZ_CHECK(fds[i] > 0);
        }
        for (unsigned i = 0; i < 8; i++)
                FUZZ_CHECK(close(fds[i]) == 0);
        return fds[7];
}

/* With a conversation under way. */
static void
others_run(void)
{
        struct talk own = fake;

        if (meanwhile)
                meanwhile();
        fake = own;
}

uint64_t
fake_channel_now_ms(void)
{
        return now_ms;
}

void
fake_channel_pass_ms(uint64_t ms)
{
        now_ms += ms;
}

size_t
fake_channel_requests(void)
{
        return fake.requests;
}

static int
fail(int error)
{
        errno = error;
        return -1;
}

/* Only the modules' clock: whoever drives us needs the others. */
int
__wrap_clock_gettime(clockid_t id, struct timespec *ret)
{
        if (id != CLOCK_BOOTTIME)
                return __real_clock_gettime(id, ret);
        ret->tv_sec = (time_t)(now_ms / 1000);
        ret->tv_nsec = (long)(now_ms % 1000) * 1000000;
        return 0;
}

int
__wrap_socket(int domain, int type, int protocol)
{
        FUZZ_CHECK(domain == AF_UNIX && type == (SOCK_SEQPACKET | SOCK_CLOEXEC) && protocol == 0);
        fake.messages = 0;
        switch (fuzz_u8(&fake.script)) {
        case 0xff:
                return fail(EMFILE);
        case 0xfe: /* the program has closed its standard input */
                (void)close(STDIN_FILENO);
                break;
        default:
                break;
        }
        return open("/dev/null", O_RDWR | O_CLOEXEC);
}

int
__wrap_connect(int fd, const struct sockaddr *address, socklen_t len)
{
        FUZZ_CHECK(fd >= 0 && address->sa_family == AF_UNIX && len > sizeof(sa_family_t));
        switch (fuzz_u8(&fake.script)) {
        case 0xff:
                return fail(ECONNREFUSED);
        case 0xfa:
                return fail(ENOENT);
        case 0xfe:
                now_ms += 1;
                return fail(EINTR);
        case 0xfd:
                now_ms += 1000;
                return fail(EAGAIN);
        case 0xfc:
                now_ms += 2000;
                return fail(EINTR);
        case 0xfb:
                fake.unset = true;
                return fail(EINTR);
        default:
                return 0;
        }
}

int
__wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
        (void)value;
        (void)len;
        FUZZ_CHECK(fd >= 0 && level == SOL_SOCKET && name == SO_SNDTIMEO);
        return fake.unset ? fail(ENOPROTOOPT) : 0;
}

/* Who listens: root, or somebody. */
int
__wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
        struct ucred peer = {.pid = 1};

        fake.stranger = true;
        FUZZ_CHECK(fd >= 0 && level == SOL_SOCKET && name == SO_PEERCRED && *len == sizeof peer);
        switch (fuzz_u8(&fake.script)) {
        case 0xff:
                return fail(ENOTCONN);
        case 0xfe:
                peer.uid = 12345;
                break;
        default:
                fake.stranger = false;
                break;
        }
        memcpy(value, &peer, sizeof peer);
        return 0;
}

/* Of the socket's directory: the somebody's, or another's. */
int
__wrap_stat(const char *path, struct stat *ret)
{
        if (strcmp(path, "/run/p11-dane") != 0) /* whoever drives us looks for files */
                return __real_stat(path, ret);
        *ret = (struct stat){.st_uid = fuzz_u8(&fake.script) == 0 ? 12345 : 54321};
        fake.stranger = ret->st_uid != 12345;
        return 0;
}

ssize_t
__wrap_send(int fd, const void *data, size_t len, int flags)
{
        enum pdane_message type;

        FUZZ_CHECK(fd >= 0 && (flags & ~MSG_DONTWAIT) == MSG_NOSIGNAL &&
                   len <= PDANE_WIRE_MAX_REQUEST && !fake.stranger);
        switch (fuzz_u8(&fake.script)) {
        case 0xff:
                return fail(EPIPE);
        case 0xfe:
                return fail(EINTR);
        case 0xfd:
                return (ssize_t)len - 1;
        case 0xfc: /* no room */
                if (!(flags & MSG_DONTWAIT))
                        now_ms += 700;
                return fail(EAGAIN);
        case 0xfb:
                fake.unset = true;
                return fail(EAGAIN);
        default:
                break;
        }
        FUZZ_CHECK(pdane_message_type(data, len, &type) == 0 &&
                   (type == PDANE_MESSAGE_QUESTION || type == PDANE_MESSAGE_HINT));
        fake.requests++;
        return (ssize_t)len;
}

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
        FUZZ_CHECK(n == 1 && fds->fd >= 0 && fds->events == POLLIN && timeout_ms >= 0 &&
                   timeout_ms <= 10000);
        switch (fuzz_u8(&fake.script)) {
        case 0xff:
                now_ms += (uint64_t)timeout_ms;
                return 0;
        case 0xfe:
                now_ms += 1;
                return fail(EINTR);
        case 0xfd:
                return fail(ENOMEM);
        case 0xfc:
                others_run();
                return 1;
        default:
                return 1;
        }
}

/* A message may be looked at before it is taken. One that is said to be longer than any is not
 * there. */
ssize_t
__wrap_recv(int fd, void *data, size_t len, int flags)
{
        size_t n;
        uint16_t said;

        FUZZ_CHECK(fd >= 0 && flags & MSG_DONTWAIT);
        if (!fake.peeked) {
                said = fuzz_u16(&fake.script);
                if (said >= 0xfffd)
                        return said == 0xffff ? 1 << 20
                                              : fail(said == 0xfffe ? EAGAIN : ECONNRESET);
                fake.message = fuzz_take(&fake.script, said);
                FUZZ_CHECK(++fake.messages <= PDANE_REPLIES_MAX);
        }
        fake.peeked = (flags & MSG_PEEK) != 0;
        n = fake.message.len < len ? fake.message.len : len;
        if (n > 0)
                memcpy(data, fake.message.data, n);
        return (ssize_t)(flags & MSG_TRUNC ? fake.message.len : n);
}

/* One that leads nowhere, one in no directory, one in the root, the usual one. */
char *
__wrap_secure_getenv(const char *name)
{
        static char places[][120] = {"", "daemon", "/daemon", "/run/p11-dane/socket", ""};

        if (strcmp(name, "P11_DANE_SOCKET") != 0)
                return __real_secure_getenv(name);
        memset(places[0], 'x', sizeof places[0] - 1);
        return place == 0 ? NULL : places[(place - 1) % 5];
}

/* ---- a descriptor with a message ---- */

/* A table as the daemon makes it, what the script says written over its beginning. */
static int
table_fd(bool sealed)
{
        struct fuzz_input own = fuzz_blob(&fake.script);
        size_t size = pdane_table_size(PDANE_TABLE_BITS_MIN) + fuzz_u8(&fake.script) % 3u;
        struct pdane_table head = {.magic = PDANE_TABLE_MAGIC, .bits = PDANE_TABLE_BITS_MIN};
        int fd = memfd_create("table", MFD_CLOEXEC | MFD_ALLOW_SEALING);

        FUZZ_CHECK(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
        head.epoch = 1;
        head.no_until_ms = now_ms + 500;
        FUZZ_CHECK(pwrite(fd, &head, sizeof head, 0) == sizeof head);
        if (own.len > size)
                own.len = size;
        FUZZ_CHECK(own.len == 0 || pwrite(fd, own.data, own.len, 0) == (ssize_t)own.len);
        if (sealed)
                FUZZ_CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0);
        return fd;
}

static void
attach(struct msghdr *m, int fd)
{
        struct cmsghdr *c = CMSG_FIRSTHDR(m);

        FUZZ_CHECK(c && m->msg_controllen >= CMSG_LEN(sizeof fd));
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
        m->msg_controllen = CMSG_LEN(sizeof fd);
}

ssize_t
__wrap_recvmsg(int fd, struct msghdr *m, int flags)
{
        size_t n = fake.message.len < m->msg_iov->iov_len ? fake.message.len : m->msg_iov->iov_len;
        uint8_t how = fuzz_u8(&fake.script);

        FUZZ_CHECK(fd >= 0 && fake.peeked && m->msg_iovlen == 1 &&
                   flags == (MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
        fake.peeked = false;
        if (how == 0xff)
                return fail(ECONNRESET);
        if (n > 0)
                memcpy(m->msg_iov->iov_base, fake.message.data, n);
        if (how == 1 || how == 2)
                attach(m, table_fd(how == 1));
        else if (how == 3)
                attach(m, open("/dev/null", O_RDONLY | O_CLOEXEC));
        else if (how == 4)
                attach(m, STDIN_FILENO);
        else
                m->msg_controllen = 0;
        return how == 0xfe ? (ssize_t)n - 1 : (ssize_t)n;
}
