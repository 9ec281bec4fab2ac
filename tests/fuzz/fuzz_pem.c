/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the command line reads and shows (pem.c, text.c). The first byte: bit 0, text is shown; for
 * certificates bit 1, from standard input; bit 2, a path that is no file; bit 3, memory runs out on
 * the way (faults.h): then what is read is all of it, or nothing; bit 4, zeros up to the limit and
 * one more behind it; bit 5, the text as often as fits.
 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <unistd.h>

#include "cli/pem.h"
#include "cli/text.h"
#include "faults.h"

static void
check_printable(const char *text)
{
        for (; *text; text++)
                FUZZ_CHECK(*text >= 0x20 && *text < 0x7f);
}

/* From the descriptor, as standard input when it is to be that. */
static int
read_all(const char *path, struct pdane_cli_certs *c, char *error)
{
        FILE *in = stdin;
        int r;

        if (strcmp(path, "-") != 0)
                return pdane_cli_certs_read(path, c, error);
        stdin = fopen(error, "re"); /* the path is left there */
        error[0] = '\0';
        FUZZ_CHECK(stdin);
        r = pdane_cli_certs_read(path, c, error);
        fclose(stdin);
        stdin = in;
        return r;
}

static void
check_read(uint8_t flags, struct fuzz_input in, int r, const struct pdane_cli_certs *c,
           const char *error)
{
        if (r == 0) {
                FUZZ_CHECK(c->n >= 1 && c->n <= PDANE_CLI_CERTS_MAX && !error[0]);
                FUZZ_CHECK(flags & 0x20 || memmem(in.data, in.len, "CERTIFICATE-----", 16));
                for (size_t i = 0; i < c->n; i++)
                        FUZZ_CHECK(i2d_X509(c->certs[i], NULL) > 0);
        } else {
                FUZZ_CHECK(r == -EINVAL && c->n == 0 && error[0]);
                check_printable(error);
        }
}

static void
read_once(const char *path, int want_result, const struct pdane_cli_certs *want)
{
        struct pdane_cli_certs got = {0};
        char error[PDANE_CLI_ERROR_MAX] = "";
        int r;

        fuzz_faults_start();
        r = pdane_cli_certs_read(path, &got, error);
        fuzz_faults_stop();
        FUZZ_CHECK(r == want_result || r == -ENOMEM);
        FUZZ_CHECK(got.n == (r == 0 ? want->n : 0));
        for (size_t i = 0; i < got.n; i++)
                FUZZ_CHECK(X509_cmp(got.certs[i], want->certs[i]) == 0);
        pdane_cli_certs_clear(&got);
}

/* The input as a file of the form that the flags ask for. Caller closes. */
static int
make_file(uint8_t flags, struct fuzz_input in, char path[static 32])
{
        size_t times = 1, n = in.len;
        uint8_t *data;
        int fd;

        if (flags & 0x10)
                n = PDANE_CLI_FILE_MAX + 1;
        else if (flags & 0x20 && in.len > 0)
                times = PDANE_CLI_FILE_MAX / in.len < 200 ? PDANE_CLI_FILE_MAX / in.len : 200;
        data = calloc(times > 0 ? times : 1, n + 1);
        FUZZ_CHECK(data);
        for (size_t i = 0; i < times; i++)
                memcpy(data + i * n, in.data, in.len < n ? in.len : n);
        fd = fuzz_file((struct fuzz_input){data, times * n}, path);
        free(data);
        return fd;
}

static void
read_certificates(uint8_t flags, struct fuzz_input in)
{
        char path[32], error[PDANE_CLI_ERROR_MAX] = "";
        struct pdane_cli_certs c = {0};
        int fd, r;

        if (flags & 8) {
                flags &= 0x0f; /* of much, each step would take its time */
                fuzz_faults_read(&in);
        }
        fd = make_file(flags, in, path);
        if (flags & 4)
                snprintf(path, sizeof path, "%s", flags & 2 ? "/nonexistent" : "/");
        if (flags & 2 && !(flags & 4)) {
                snprintf(error, sizeof error, "%s", path);
                r = read_all("-", &c, error);
        } else {
                r = read_all(path, &c, error);
        }
        FUZZ_CHECK(ERR_peek_error() == 0);
        check_read(flags, in, r, &c, error);
        if (flags & 8) {
                do
                        read_once(path, r, &c);
                while (fuzz_faults_again());
        }
        close(fd);
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
        uint8_t flags = fuzz_u8(&in);

        if (flags & 1)
                show(in);
        else
                read_certificates(flags, in);
        return 0;
}
