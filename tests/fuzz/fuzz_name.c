/* SPDX-License-Identifier: BSD-3-Clause */
/* Host names as text (name.c), against libc's own idea of addresses and a slow reading of RFC 1035.
 */
#include "fuzz.h"

#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>

#include "trust/name.h"

static bool
is_normal_char(char c)
{
        return strchr("abcdefghijklmnopqrstuvwxyz0123456789-_", c) && c != '\0';
}

/* Labels of 1 to 63, no hyphen at either end, 253 in all, the last one no number. */
static void
check_normal(const struct pdane_name *n)
{
        size_t len = strlen(n->text), start = 0;

        FUZZ_CHECK(len > 0 && len + (n->wildcard ? 2 : 0) <= PDANE_NAME_MAX);
        for (size_t i = 0; i <= len; i++) {
                if (i < len && n->text[i] != '.') {
                        FUZZ_CHECK(is_normal_char(n->text[i]));
                        continue;
                }
                FUZZ_CHECK(i > start && i - start <= PDANE_LABEL_DNS_MAX);
                FUZZ_CHECK(n->text[start] != '-' && n->text[i - 1] != '-');
                start = i + 1;
        }
        FUZZ_CHECK(!pdane_name_is_address(n->text, len));
}

/* What getaddrinfo(3) takes for a number is never a name that is looked up. */
static void
check_against_libc(const char *text, bool is_name)
{
        const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
        struct addrinfo *found = NULL;

        if (getaddrinfo(text, NULL, &hints, &found) != 0)
                return;
        freeaddrinfo(found);
        FUZZ_CHECK(!is_name);
        /* A scope may be longer than any address that is looked for. */
        if (!strchr(text, '%') && !strpbrk(text, " \t\r\n\v\f"))
                FUZZ_CHECK(pdane_name_is_address(text, strlen(text)));
}

/* "*.P" and exactly one label; or the name itself. By cutting off the first label, once. */
static bool
covers_slowly(const struct pdane_name *n, const char *host)
{
        const char *dot = strchr(host, '.');

        if (!n->wildcard)
                return strcmp(n->text, host) == 0;
        return dot && dot != host && strcmp(dot + 1, n->text) == 0;
}

static void
check_same_again(const struct pdane_name *n)
{
        char shown[PDANE_NAME_MAX + 3];
        struct pdane_name second;

        FUZZ_CHECK(pdane_name_format(n, shown) == shown);
        FUZZ_CHECK((shown[0] == '*') == n->wildcard);
        FUZZ_CHECK(pdane_name_parse(shown, strlen(shown), &second) == 0);
        FUZZ_CHECK(pdane_name_equal(n, &second));
}

/* Upper case and a dot at the end make no difference. */
static void
check_same_in_capitals(const struct pdane_name *n)
{
        char shown[PDANE_NAME_MAX + 4];
        struct pdane_name second;
        size_t len;

        pdane_name_format(n, shown);
        len = strlen(shown);
        for (size_t i = 0; i < len; i++)
                if (shown[i] >= 'a' && shown[i] <= 'z')
                        shown[i] = (char)(shown[i] - 'a' + 'A');
        shown[len] = '.';
        FUZZ_CHECK(pdane_name_parse(shown, len + 1, &second) == 0);
        FUZZ_CHECK(pdane_name_equal(n, &second));
}

static bool
check_one(struct fuzz_input in, struct pdane_name *ret)
{
        struct pdane_name n, host, untouched;
        bool is_name, is_host;

        memset(&n, 0xa5, sizeof n);
        untouched = n;
        is_name = pdane_name_parse((const char *)in.data, in.len, &n) == 0;
        is_host = pdane_host_parse((const char *)in.data, in.len, &host) == 0;
        if (!is_name) {
                FUZZ_CHECK(memcmp(&n, &untouched, sizeof n) == 0 && !is_host);
                FUZZ_CHECK(pdane_name_is_host_like((const char *)in.data, in.len) ==
                           pdane_name_is_address((const char *)in.data, in.len));
                return false;
        }
        FUZZ_CHECK(pdane_name_is_host_like((const char *)in.data, in.len));
        FUZZ_CHECK(!memchr(in.data, '\0', in.len));
        FUZZ_CHECK(is_host == (!n.wildcard && strchr(n.text, '.') != NULL));
        check_normal(&n);
        check_same_again(&n);
        check_same_in_capitals(&n);
        *ret = n;
        return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len}, first = fuzz_take(&in, fuzz_u16(&in));
        struct pdane_name a, b;
        char *text = fuzz_string(first), *host = fuzz_string(in);
        bool is_a, is_b;

        if (!first.data || !in.data)
                goto out;
        is_a = check_one(first, &a);
        is_b = check_one(in, &b);
        if (first.len == strlen(text))
                check_against_libc(text, is_a);
        if (is_a)
                FUZZ_CHECK(!pdane_name_covers(&a, host) || covers_slowly(&a, host));
        if (is_a && is_b && !b.wildcard)
                FUZZ_CHECK(pdane_name_covers(&a, b.text) == covers_slowly(&a, b.text));
        FUZZ_CHECK(!pdane_name_is_address(NULL, 0));
out:
        free(text);
        free(host);
        return 0;
}
