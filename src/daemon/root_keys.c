/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of a zone file, as far as keys need it. */
#include "daemon/root_keys.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/resolver_anchor.h"

#define LINE_MAX_BYTES 4096u
#define WORDS_MAX 64
#define KEY_MAX 1024u /* bytes of a DNSKEY's RDATA */

/* RFC 4034 appendix B. */
static uint16_t
key_tag(const uint8_t *rdata, size_t len)
{
        uint32_t sum = 0;
        for (size_t i = 0; i < len; i++)
                sum += i & 1 ? rdata[i] : (uint32_t)rdata[i] << 8;
        return (uint16_t)(sum + (sum >> 16));
}

/* "257 3 8 BASE64..." */
static bool
tag_of_dnskey(char *const *words, size_t n, uint16_t *ret)
{
        char base64[2 * KEY_MAX];
        uint8_t rdata[4 + 2 * KEY_MAX];
        size_t len = 0, pad = 0;
        if (n < 4)
                return false;
        long flags = strtol(words[0], NULL, 10), alg = strtol(words[2], NULL, 10);
        for (size_t i = 3; i < n; i++) {
                size_t more = strlen(words[i]);
                if (len + more >= sizeof base64)
                        return false;
                memcpy(base64 + len, words[i], more);
                len += more;
        }
        while (pad < 2 && pad < len && base64[len - 1 - pad] == '=')
                pad++;
        rdata[0] = (uint8_t)(flags >> 8);
        rdata[1] = (uint8_t)flags;
        rdata[2] = 3;
        rdata[3] = (uint8_t)alg;
        int m = EVP_DecodeBlock(rdata + 4, (const unsigned char *)base64, (int)len);
        if (m <= (int)pad)
                return false;
        *ret = key_tag(rdata, 4 + (size_t)m - pad);
        return true;
}

static bool
tag_of_ds(char *const *words, size_t n, uint16_t *ret)
{
        char *end;
        long tag = n >= 4 ? strtol(words[0], &end, 10) : -1;
        if (tag < 0 || tag > UINT16_MAX || *end)
                return false;
        *ret = (uint16_t)tag;
        return true;
}

/* What libunbound notes after the record: ";;state=2 [  VALID  ] ". */
static void
read_state(const char *comment, char ret[16])
{
        const char *at = strstr(comment, "state=");
        size_t n = 0;
        ret[0] = '\0';
        at = at ? strchr(at, '[') : NULL;
        for (at = at ? at + 1 : ""; *at && *at != ']' && n < 15; at++)
                if (isalpha((unsigned char)*at))
                        ret[n++] = (char)tolower((unsigned char)*at);
        ret[n] = '\0';
}

static bool
read_line(char *line, struct pdane_root_key *ret)
{
        char *words[WORDS_MAX], *save = NULL;
        size_t n = 0;
        char *comment = strchr(line, ';');
        read_state(comment ? comment : "", ret->state);
        if (comment)
                *comment = '\0';
        for (char *w = strtok_r(line, " \t()", &save); w && n < WORDS_MAX;
             w = strtok_r(NULL, " \t()", &save))
                words[n++] = w;
        for (size_t i = 0; i < n; i++) {
                /* cppcheck-suppress uninitvar ; n of them are set */
                if (strcasecmp(words[i], "DNSKEY") == 0)
                        return tag_of_dnskey(words + i + 1, n - i - 1, &ret->tag);
                if (strcasecmp(words[i], "DS") == 0)
                        return tag_of_ds(words + i + 1, n - i - 1, &ret->tag);
        }
        return false;
}

static bool
is_among(const struct pdane_root_key *keys, size_t n, uint16_t tag)
{
        for (size_t i = 0; i < n; i++)
                if (keys[i].tag == tag)
                        return true;
        return false;
}

size_t
pdane_root_keys_parse(const char *text, struct pdane_root_key *ret, size_t max)
{
        size_t n = 0;
        while (*text && n < max) {
                char line[LINE_MAX_BYTES];
                struct pdane_root_key key = {0};
                size_t len = strcspn(text, "\n");
                snprintf(line, sizeof line, "%.*s", (int)(len < sizeof line ? len : 0), text);
                if (read_line(line, &key) && !is_among(ret, n, key.tag))
                        ret[n++] = key;
                text += len + (text[len] == '\n');
        }
        return n;
}

size_t
pdane_root_keys_read(const char *path, struct pdane_root_key *ret, size_t max)
{
        char *text = calloc(1, PDANE_ROOT_KEY_MAX + 1);
        FILE *f = text ? fopen(path, "re") : NULL;
        size_t n = 0;
        if (f && fread(text, 1, PDANE_ROOT_KEY_MAX, f) > 0)
                n = pdane_root_keys_parse(text, ret, max);
        if (f)
                fclose(f);
        free(text);
        return n;
}
