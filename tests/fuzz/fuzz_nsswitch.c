/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The name-service plugin as glibc calls it: whatever the name, the buffers and the daemon, it says
 * UNAVAIL, writes nothing and loses nothing. First byte: which entry; second: how it is called;
 * then the time that has passed (odd: the
 * program waits), the name after its length, and the daemon's script.
 */
#include "fuzz.h"

#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>

#include "common/wire.h"
#include "entry.h"
#include "fake_channel.h"
#include "host_name.h"
#include "observer.h"
#include "tls_user.h"

struct pdane_tls_user __wrap_pdane_tls_user_scan(void);

static bool waits; /* as a program of OpenSSL's does */

struct pdane_tls_user
__wrap_pdane_tls_user_scan(void)
{
        return (struct pdane_tls_user){.openssl = waits};
}

struct call {
        unsigned entry, how;
        const char *name;
        char buffer[64];
        struct hostent host;
        struct gaih_addrtuple *tuple;
        char *canon;
        int errnop, h_errnop;
        int32_t ttl;
};

static enum nss_status
make(struct call *c, int *h_errnop)
{
        static const int families[] = {AF_INET, AF_INET6, AF_UNSPEC, AF_UNIX};
        int af = families[c->how % 4];
        size_t room = c->how & 4 ? sizeof c->buffer : 0;

        switch (c->entry) {
        case 0:
                return _nss_dane_gethostbyname4_r(c->name, &c->tuple, c->buffer, room, &c->errnop,
                                                  h_errnop, c->how & 8 ? &c->ttl : NULL);
        case 1:
                return _nss_dane_gethostbyname3_r(c->name, af, &c->host, c->buffer, room,
                                                  &c->errnop, h_errnop, c->how & 8 ? &c->ttl : NULL,
                                                  c->how & 16 ? &c->canon : NULL);
        case 2:
                return _nss_dane_gethostbyname2_r(c->name, af, &c->host, c->buffer, room,
                                                  &c->errnop, h_errnop);
        default:
                return _nss_dane_gethostbyname_r(c->name, &c->host, c->buffer, room, &c->errnop,
                                                 h_errnop);
        }
}

static void
check_call(struct call *c)
{
        struct call before;
        bool own = c->how & 32;
        int before_h = (int)(c->how >> 6) - 1;

        memset(c->buffer, 0x5a, sizeof c->buffer);
        memset(&c->host, 0x5a, sizeof c->host);
        c->tuple = NULL;
        c->canon = NULL;
        c->errnop = ENOENT;
        c->h_errnop = h_errno = before_h;
        memcpy(&before, c, sizeof before);
        errno = ETXTBSY;
        FUZZ_CHECK(make(c, own ? &h_errno : &c->h_errnop) == NSS_STATUS_UNAVAIL);
        FUZZ_CHECK(errno == ETXTBSY);
        FUZZ_CHECK(memcmp(c->buffer, before.buffer, sizeof c->buffer) == 0 &&
                   memcmp(&c->host, &before.host, sizeof c->host) == 0 && !c->tuple && !c->canon &&
                   c->ttl == before.ttl && c->h_errnop == before_h);
        if (!own)
                FUZZ_CHECK(c->errnop == ENOENT && h_errno == before_h);
        else
                FUZZ_CHECK(h_errno == before_h || before_h == NETDB_INTERNAL);
}

/* Slowly: two labels at least, none empty, the last no number and none of four words. */
static bool
is_worthwhile(const char *name)
{
        static const char *const words[] = {"local", "localhost", "invalid", "onion"};
        size_t n = strlen(name), dots = 0;
        const char *last;
        char *copy = strdup(name);
        bool good;

        FUZZ_CHECK(copy);
        good = n > 0 && n <= PDANE_HINT_NAME_MAX;
        if (n > 0 && copy[n - 1] == '.')
                copy[--n] = '\0';
        for (size_t i = 0; i < n; i++) {
                unsigned char ch = (unsigned char)copy[i];

                if (ch == '.') {
                        dots++;
                        good = good && i > 0 && copy[i - 1] != '.';
                } else if (ch < 0x80 && !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
                                                "YZ0123456789-_",
                                                ch)) {
                        good = false;
                }
        }
        last = strrchr(copy, '.');
        good = good && dots > 0 && last[1] != '\0';
        for (size_t i = 0; good && i < sizeof words / sizeof *words; i++)
                good = strcasecmp(last + 1, words[i]) != 0;
        if (good && strspn(last + 1, "0123456789") == strlen(last + 1))
                good = false;
        if (good && last[1] == '0' && (last[2] | 0x20) == 'x' &&
            strspn(last + 3, "0123456789abcdefABCDEF") == strlen(last + 3))
                good = false;
        free(copy);
        return good;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};
        struct call c = {.entry = fuzz_pick(&in, 4), .how = fuzz_u8(&in)};
        uint64_t start, passed;
        char *name;

        passed = fuzz_u16(&in);
        waits = passed & 1;
        fake_channel_pass_ms(passed);
        name = fuzz_string(fuzz_blob(&in));
        c.name = name;
        pdane_observer_forget();
        FUZZ_CHECK(pdane_host_name_worthwhile(name) == is_worthwhile(name));
        FUZZ_CHECK(!pdane_host_name_worthwhile(NULL));
        fake_channel_script(in);
        start = fake_channel_now_ms();
        check_call(&c);
        FUZZ_CHECK(fake_channel_now_ms() - start <= 6000);
        FUZZ_CHECK(fake_channel_requests() <= is_worthwhile(name));
        check_call(&c); /* and once more, with what is remembered */
        fake_channel_pass_ms(passed);
        check_call(&c);
        free(name);
        return 0;
}
