/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Key tags of trust anchor files (root_keys.c), against a reading of the same lines that goes from
 * octet to octet. First byte: how many keys at most, four times that; bit 0 and 1 of it: by file.
 */
#include <ctype.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "daemon/resolver_anchor.h"
#include "daemon/root_keys.h"
#include "fuzz.h"

#define LINE_MAX_BYTES 4096u

/* Words are what stands between blanks and parentheses, before a semicolon. */
static size_t
split(char *line, char *words[64])
{
        size_t n = 0;
        bool inside = false;

        for (char *p = line; *p && *p != ';'; p++) {
                bool gap = strchr(" \t()", *p);

                if (!gap && !inside && n < 64)
                        words[n++] = p;
                inside = !gap;
                if (gap)
                        *p = '\0';
        }
        line[strcspn(line, ";")] = '\0'; /* of what is left of the last word */
        return n;
}

static int
sextet(char c)
{
        static const char digits[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const char *at = c ? strchr(digits, c) : NULL;

        return at ? (int)(at - digits) : -1;
}

/* RFC 4034 appendix B, from base64 that is in order; -1 when it is not. */
static long
tag_of(const char *flags, const char *algorithm, const char *base64)
{
        size_t len = strlen(base64), octet = 4;
        long f = strtol(flags, NULL, 10), a = strtol(algorithm, NULL, 10);
        uint32_t sum =
                ((uint32_t)f & 0xff00) + ((uint32_t)f & 0xff) + (3u << 8) + ((uint32_t)a & 0xff);
        size_t digits = strcspn(base64, "=");

        if (len == 0 || len % 4 != 0 || len - digits > 2 ||
            digits + strspn(base64 + digits, "=") != len)
                return -1;
        for (size_t bit = 0; bit + 8 <= digits * 6; bit += 8, octet++) {
                uint32_t value = 0;

                for (size_t b = bit; b < bit + 8; b++) {
                        int s = sextet(base64[b / 6]);

                        if (s < 0)
                                return -1;
                        value = value << 1 | ((uint32_t)s >> (5 - b % 6) & 1);
                }
                sum += octet & 1 ? value : value << 8;
        }
        for (size_t i = 0; i < digits; i++)
                if (sextet(base64[i]) < 0)
                        return -1;
        return (sum + (sum >> 16)) & 0xffff;
}

/* The key of one line: its tag, -1 without one, -2 when it is not for us to say. */
static long
key_of_line(const char *text, size_t len)
{
        char line[LINE_MAX_BYTES] = "", base64[2 * LINE_MAX_BYTES] = "", *words[64];
        size_t n, i;

        if (len >= sizeof line)
                return -1;
        memcpy(line, text, len);
        n = split(line, words);
        for (i = 0; i < n && strcasecmp(words[i], "DNSKEY") && strcasecmp(words[i], "DS"); i++)
                ;
        if (i + 4 >= n)
                return -1;
        if (words[i][1] == 'S' || words[i][1] == 's') {
                char *end;
                long tag = strtol(words[i + 1], &end, 10);

                if (strcasecmp(words[i], "DS") == 0)
                        return tag >= 0 && tag <= 65535 && !*end ? tag : -1;
        }
        for (size_t k = i + 4; k < n; k++)
                strcat(base64, words[k]);
        if (strlen(base64) >= 2048)
                return -1;
        long tag = tag_of(words[i + 1], words[i + 3], base64);
        return tag < 0 ? -2 : tag;
}

static void
check_keys(const char *text, const struct pdane_root_key *keys, size_t n, size_t max)
{
        size_t at = 0;

        FUZZ_CHECK(n <= max);
        for (size_t i = 0; i < n; i++) {
                FUZZ_CHECK(memchr(keys[i].state, '\0', sizeof keys[i].state));
                for (const char *p = keys[i].state; *p; p++)
                        FUZZ_CHECK(*p >= 'a' && *p <= 'z');
                for (size_t k = 0; k < i; k++)
                        FUZZ_CHECK(keys[i].tag != keys[k].tag);
        }
        /* Each line's key is the next one, or one that was there. */
        while (*text && at < max) {
                size_t len = strcspn(text, "\n");
                long tag = key_of_line(text, len);
                size_t k;

                if (tag == -2) /* base64 that OpenSSL may make something of: no telling any more */
                        return;
                for (k = 0; k < at && keys[k].tag != tag; k++)
                        ;
                if (tag >= 0 && k == at) {
                        FUZZ_CHECK(at < n && keys[at].tag == tag);
                        at++;
                }
                text += len + (text[len] == '\n');
        }
        FUZZ_CHECK(at == n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};
        struct pdane_root_key keys[64];
        uint8_t first = fuzz_u8(&in);
        size_t max = first >> 2, n;
        char path[32], *text;
        int fd;

        if (in.len > PDANE_ROOT_KEY_MAX)
                in.len = PDANE_ROOT_KEY_MAX;
        text = fuzz_string(in);
        n = pdane_root_keys_parse(text, keys, max);
        check_keys(text, keys, n, max);
        if (first & 3) {
                fd = fuzz_file((struct fuzz_input){(const uint8_t *)text, strlen(text)}, path);
                FUZZ_CHECK(pdane_root_keys_read(path, keys, max) == n);
                close(fd);
                FUZZ_CHECK(pdane_root_keys_read(path, keys, max) == 0);
        }
        free(text);
        return 0;
}
