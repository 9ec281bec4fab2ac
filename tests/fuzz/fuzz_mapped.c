/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the modules take a program for, by the libraries that are mapped in it. First byte: how many
 * the loader has loaded before, and whether it says so; then libraries that are loaded and
 * unloaded, forks, and scans. Each scan finds what is there; the plugin's in a child what the
 * parent found.
 */
#include "fuzz.h"

#include <link.h>
#include <stddef.h>

#include "mapped_scans.h"
#include "nsswitch/tls_user.h"
#include "pkcs11/client_kind.h"

#define LIBRARIES 8u

int __real_dl_iterate_phdr(int (*fn)(struct dl_phdr_info *info, size_t size, void *data),
                           void *data);
int __wrap_dl_iterate_phdr(int (*fn)(struct dl_phdr_info *info, size_t size, void *data),
                           void *data);

static struct {
        bool on; /* who drives us has libraries, too */
        bool silent;
        unsigned long long loaded, unloaded;
        char *libraries[LIBRARIES]; /* NULL: none */
        bool scanned, child;
        struct pdane_tls_user found; /* by the plugin, by the parent if there is one */
} f;

int
__wrap_dl_iterate_phdr(int (*fn)(struct dl_phdr_info *info, size_t size, void *data), void *data)
{
        size_t size =
                f.silent ? offsetof(struct dl_phdr_info, dlpi_adds) : sizeof(struct dl_phdr_info);
        struct dl_phdr_info info = {
                .dlpi_name = "", .dlpi_adds = f.loaded, .dlpi_subs = f.unloaded};
        int r;

        if (!f.on)
                return __real_dl_iterate_phdr(fn, data);
        r = fn(&info, size, data); /* the program itself */
        for (unsigned i = 0; i < LIBRARIES && r == 0; i++) {
                info.dlpi_name = f.libraries[i];
                if (i == 0 || f.libraries[i])
                        r = fn(&info, size, data);
        }
        return r;
}

static void
load(struct fuzz_input *in)
{
        static const char *const names[] = {"libxul.so",   "libssl3.so",    "libnss3.so",
                                            "libssl.so.3", "libssl.so.1.1", "libxul.so.1",
                                            "xlibnss3.so", "libssl.so",     "libnss3.so/x"};
        static const char *const directories[] = {"", "/", "/usr/lib/x/", "libnss3.so/"};
        unsigned at = fuzz_pick(in, LIBRARIES), name = fuzz_pick(in, 12);
        const char *directory = directories[fuzz_pick(in, 4)];

        free(f.libraries[at]);
        f.libraries[at] = NULL;
        if (name >= sizeof names / sizeof *names)
                f.libraries[at] = fuzz_string(fuzz_take(in, fuzz_u8(in)));
        else
                FUZZ_CHECK(asprintf(&f.libraries[at], "%s%s", directory, names[name]) >= 0);
        f.loaded++;
}

static void
unload(unsigned at)
{
        f.unloaded += f.libraries[at] != NULL;
        free(f.libraries[at]);
        f.libraries[at] = NULL;
}

/* Slowly: whether one has that name, or one that begins like that. */
static bool
is_mapped(const char *name, bool begins)
{
        for (unsigned i = 0; i < LIBRARIES; i++) {
                const char *last = f.libraries[i];

                for (const char *c = last; c && *c; c++)
                        if (*c == '/')
                                last = c + 1;
                if (last && strncmp(last, name, strlen(name)) == 0 &&
                    (begins || strlen(last) == strlen(name)))
                        return true;
        }
        return false;
}

static void
scan_client(void)
{
        enum pdane_client kind = PDANE_CLIENT_GNUTLS, by_gnutls = PDANE_CLIENT_NSS;
        bool xul = is_mapped("libxul.so", false), ssl3 = is_mapped("libssl3.so", false),
             nss3 = is_mapped("libnss3.so", false);
        struct pdane_mapped m;

        f.on = true;
        m = pdane_mapped_scan();
        f.on = false;
        FUZZ_CHECK(m.xul == xul && m.ssl3 == ssl3 && m.nss3 == nss3);
        FUZZ_CHECK(pdane_client_kind(&m, false, &kind) == (xul || ssl3 || nss3));
        FUZZ_CHECK(kind == (xul    ? PDANE_CLIENT_MOZPKIX
                            : ssl3 ? PDANE_CLIENT_NSS
                            : nss3 ? PDANE_CLIENT_CHROMIUM
                                   : PDANE_CLIENT_GNUTLS));
        FUZZ_CHECK(pdane_client_kind(&m, true, &by_gnutls) && by_gnutls == PDANE_CLIENT_GNUTLS);
}

/* Who waits must not be a browser, which asks the other module. */
static void
scan_tls_user(void)
{
        struct pdane_tls_user u,
                there = {.openssl = is_mapped("libssl.so.", true),
                         .nss = is_mapped("libnss3.so", false) || is_mapped("libxul.so", false)};

        if (!f.child)
                f.found = there;
        f.scanned = true;
        f.on = true;
        u = pdane_tls_user_scan();
        f.on = false;
        FUZZ_CHECK(u.openssl == f.found.openssl && u.nss == f.found.nss);
        FUZZ_CHECK(pdane_tls_user_waits(&u) == (f.found.openssl && !f.found.nss));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        static const unsigned long long before[] = {0, (1u << 30) - 3, 1u << 31, 1ull << 40};
        struct fuzz_input in = {data, len};
        uint8_t how = fuzz_u8(&in);

        memset(&f, 0, sizeof f);
        f.loaded = 5 + before[how % 4];
        f.unloaded = how & 4 ? (1u << 30) - 3 : 0;
        f.silent = how & 8;
        mapped_client_forget();
        mapped_tls_forget();
        while (in.len > 0) {
                switch (fuzz_pick(&in, 6)) {
                case 0:
                case 1:
                        load(&in);
                        break;
                case 2:
                        unload(fuzz_pick(&in, LIBRARIES));
                        break;
                case 3:
                        f.child = f.scanned;
                        mapped_tls_fork();
                        break;
                case 4:
                        scan_client();
                        break;
                default:
                        scan_tls_user();
                        break;
                }
        }
        for (unsigned i = 0; i < LIBRARIES; i++)
                unload(i);
        return 0;
}
