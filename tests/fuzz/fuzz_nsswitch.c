/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The name-service plugin as glibc calls it: whatever the name, the buffers, the daemon and the
 * program's other threads, it says UNAVAIL, writes nothing and loses nothing. First byte: which
 * entry, and in what process; second: how it is called; then the time that has passed (odd: the
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
#include "nsswitch_process.h"
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

/* ---- the process ---- */

#define IN_A_CHILD 4u  /* forked while another thread was in it */
#define BESIDE_ONE 8u  /* another thread is in it, and stays there */
#define ONE_COMES 16u  /* another thread enters while this one waits */
#define MANY_NAMES 32u /* more than are remembered were told before */
#define NO_PLACE 64u   /* the socket's name is too long */
#define IS_DAEMON 128u /* it is the daemon itself */

static void
one_comes(void)
{
        nsswitch_process_held(NSSWITCH_THREAD);
}

static void
tell_many(void)
{
        int error = errno;
        char name[] = "n00.example";

        for (unsigned i = 0; i < 40; i++) {
                name[1] = (char)('0' + i / 10);
                name[2] = (char)('0' + i % 10);
                fake_channel_script((struct fuzz_input){(const uint8_t *)name, 0});
                pdane_observe(name);
                FUZZ_CHECK(waits || fake_channel_requests() == 1);
                fake_channel_pass_ms(1);
        }
        errno = error;
}

static void
begin(uint8_t process)
{
        static char daemon[] = "p11-daned", program[] = "program";

        pdane_observer_forget();
        nsswitch_process_held(NSSWITCH_NOBODY);
        fake_channel_place(process & NO_PLACE ? 1 : 0);
        fake_channel_meanwhile(process & ONE_COMES ? one_comes : NULL);
        program_invocation_short_name = program;
        if (process & MANY_NAMES && !(process & NO_PLACE))
                tell_many();
        if (process & IS_DAEMON)
                program_invocation_short_name = daemon;
        if (process & IN_A_CHILD)
                nsswitch_process_held(NSSWITCH_PARENT);
        if (process & BESIDE_ONE)
                nsswitch_process_held(NSSWITCH_THREAD);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};
        uint8_t process = fuzz_u8(&in);
        struct call c = {.entry = process % 4, .how = fuzz_u8(&in)};
        uint64_t start, passed;
        int eighth = fake_channel_free();
        bool told;
        char *name;

        passed = fuzz_u16(&in);
        waits = passed & 1;
        fake_channel_pass_ms(passed);
        name = fuzz_string(fuzz_blob(&in));
        c.name = name;
        FUZZ_CHECK(pdane_host_name_worthwhile(name) == is_worthwhile(name));
        FUZZ_CHECK(!pdane_host_name_worthwhile(NULL));
        told = is_worthwhile(name) && !(process & (IS_DAEMON | NO_PLACE));
        begin(process);
        fake_channel_script(in);
        start = fake_channel_now_ms();
        check_call(&c);
        FUZZ_CHECK(fake_channel_now_ms() - start <= 6000);
        FUZZ_CHECK(fake_channel_requests() <= told);
        check_call(&c); /* and once more, with what is remembered */
        fake_channel_pass_ms(passed);
        check_call(&c);
        FUZZ_CHECK(fake_channel_requests() <= 3u * told);
        FUZZ_CHECK(fake_channel_free() == eighth);
        free(name);
        return 0;
}
