/* SPDX-License-Identifier: BSD-3-Clause */
/* What the command line reads and shows (pem.c, text.c). The first byte says which. */
#include "fuzz.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "cli/pem.h"
#include "cli/text.h"

static void
check_printable(const char *text)
{
        for (; *text; text++)
                FUZZ_CHECK(*text >= 0x20 && *text < 0x7f);
}

static void
read_certificates(struct fuzz_input in)
{
        char path[32], error[PDANE_CLI_ERROR_MAX] = "";
        struct pdane_cli_certs c = {0};
        int fd = fuzz_file(in, path);
        int r = pdane_cli_certs_read(path, &c, error);

        close(fd);
        FUZZ_CHECK(ERR_peek_error() == 0);
        if (r == 0) {
                FUZZ_CHECK(c.n >= 1 && c.n <= PDANE_CLI_CERTS_MAX && !error[0]);
                FUZZ_CHECK(memmem(in.data, in.len, "CERTIFICATE-----", 16));
                for (size_t i = 0; i < c.n; i++)
                        FUZZ_CHECK(i2d_X509(c.certs[i], NULL) > 0);
        } else {
                FUZZ_CHECK(r == -EINVAL && c.n == 0 && error[0]);
                check_printable(error);
        }
        pdane_cli_certs_clear(&c);
        ERR_clear_error();
}

static void
show(struct fuzz_input in)
{
        size_t cap = 4u + fuzz_u8(&in);
        char *text = fuzz_string(in), *room = malloc(cap);
        int64_t n = -77, again;
        char back[32];

        FUZZ_CHECK(room && pdane_cli_show(text, room, cap) == room);
        FUZZ_CHECK(memchr(room, '\0', cap));
        check_printable(room);
        if (pdane_cli_number(text, -5, INT64_C(253402300799), &n)) {
                FUZZ_CHECK(n >= -5 && n <= INT64_C(253402300799));
                snprintf(back, sizeof back, "%lld", (long long)n);
                FUZZ_CHECK(pdane_cli_number(back, n, n, &again) && again == n);
        } else {
                FUZZ_CHECK(n == -77);
        }
        (void)pdane_cli_colours();
        free(room);
        free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};

        if (fuzz_u8(&in) & 1)
                show(in);
        else
                read_certificates(in);
        return 0;
}
