/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Host names as text. Everything that a client could compare with a host it connects to comes out
 * of here in one form, so that two names are the same exactly when their bytes are.
 */
#include "trust/name.h"

#include <arpa/inet.h>
#include <errno.h>
#include <idn2.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* U-labels are longer in UTF-8 than as A-labels; what is longer than this cannot become a name. */
#define INPUT_MAX ((size_t)4 * PDANE_NAME_MAX)

/* "[", an IPv6 address with an IPv4 tail, "%zone", "]": longer is not an address. */
#define ADDRESS_TEXT_MAX 128u

static bool
is_label_char(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool
label_ok(const char *label, size_t len)
{
        if (len == 0 || len > PDANE_LABEL_DNS_MAX)
                return false;
        if (label[0] == '-' || label[len - 1] == '-')
                return false;
        for (size_t i = 0; i < len; i++)
                if (!is_label_char(label[i]))
                        return false;
        return true;
}

/* Decimal or 0x-hexadecimal: URL parsers and inet_aton take a name that ends so for an IPv4
 * address. */
static bool
label_is_number(const char *label)
{
        if (label[0] == '0' && label[1] == 'x')
                return label[2 + strspn(label + 2, "0123456789abcdef")] == '\0';
        return label[strspn(label, "0123456789")] == '\0';
}

/* text is lower case and has no trailing dot. */
static bool
labels_ok(const char *text)
{
        const char *label = text;

        for (;;) {
                size_t len = strcspn(label, ".");

                if (!label_ok(label, len))
                        return false;
                if (label[len] == '\0')
                        return !label_is_number(label);
                label += len + 1;
        }
}

static bool
is_ascii(const char *in, size_t len)
{
        for (size_t i = 0; i < len; i++)
                if ((unsigned char)in[i] >= 0x80)
                        return false;
        return true;
}

/* Copies ASCII in lower case. False when it does not fit in cap, NUL included. */
static bool
copy_lower(const char *in, size_t len, char *out, size_t cap)
{
        if (len >= cap)
                return false;
        for (size_t i = 0; i < len; i++)
                out[i] = (char)(in[i] >= 'A' && in[i] <= 'Z' ? in[i] - 'A' + 'a' : in[i]);
        out[len] = '\0';
        return true;
}

/*
 * ASCII is only lower-cased: an A-label is compared as it stands by every client, so one that IDNA
 * would not have made is still just a name. Only what has U-labels goes through libidn2.
 */
static bool
to_ascii(const char *in, size_t len, char *out, size_t cap)
{
        char utf8[INPUT_MAX + 1];
        uint8_t *mapped = NULL;
        bool ok;

        if (len > INPUT_MAX)
                return false;
        if (is_ascii(in, len))
                return copy_lower(in, len, out, cap);
        memcpy(utf8, in, len);
        utf8[len] = '\0';
        if (idn2_lookup_u8((const uint8_t *)utf8, &mapped, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
            IDN2_OK)
                return false;
        ok = copy_lower((const char *)mapped, strlen((const char *)mapped), out, cap);
        idn2_free(mapped);
        return ok;
}

int
pdane_name_parse(const char *in, size_t len, struct pdane_name *ret)
{
        struct pdane_name n = {0};
        char text[PDANE_NAME_MAX + 2]; /* the trailing dot does not count */
        size_t text_len;

        if (!in || memchr(in, '\0', len))
                return -EINVAL;
        if (len >= 2 && in[0] == '*' && in[1] == '.') {
                n.wildcard = true;
                in += 2;
                len -= 2;
        }
        if (!to_ascii(in, len, text, sizeof(text)))
                return -EINVAL;
        text_len = strlen(text);
        if (text_len > 0 && text[text_len - 1] == '.')
                text[--text_len] = '\0';
        if (text_len + (n.wildcard ? 2u : 0u) > PDANE_NAME_MAX || !labels_ok(text))
                return -EINVAL;
        memcpy(n.text, text, text_len + 1);
        *ret = n;
        return 0;
}

int
pdane_host_parse(const char *in, size_t len, struct pdane_name *ret)
{
        struct pdane_name n;
        int r = pdane_name_parse(in, len, &n);

        if (r < 0)
                return r;
        if (n.wildcard || !strchr(n.text, '.'))
                return -EINVAL;
        *ret = n;
        return 0;
}

/*
 * Also taken for an address: brackets and a zone around IPv6, and one trailing dot, because URL
 * parsers do. Not taken: text after white space, which inet_aton ignores and no comparison does.
 */
bool
pdane_name_is_address(const char *in, size_t len)
{
        char text[ADDRESS_TEXT_MAX + 1];
        struct in_addr v4;
        struct in6_addr v6;
        char *p = text;

        if (!in || len == 0 || len > ADDRESS_TEXT_MAX || memchr(in, '\0', len))
                return false;
        memcpy(text, in, len);
        text[len] = '\0';
        if (strpbrk(text, " \t\r\n\v\f"))
                return false;
        if (text[len - 1] == '.')
                text[len - 1] = '\0';
        if (inet_aton(text, &v4))
                return true;
        p += strspn(p, "[");
        p[strcspn(p, "%]")] = '\0';
        return inet_pton(AF_INET6, p, &v6) == 1;
}

bool
pdane_name_is_host_like(const char *in, size_t len)
{
        struct pdane_name n;

        return pdane_name_parse(in, len, &n) == 0 || pdane_name_is_address(in, len);
}

bool
pdane_name_covers(const struct pdane_name *pattern, const char *host)
{
        size_t label;

        if (!pattern->wildcard)
                return strcmp(pattern->text, host) == 0;
        label = strcspn(host, ".");
        /* Not "*" itself: an answer for the owner name *.P says nothing about what P synthesises.
         */
        return label_ok(host, label) && host[label] == '.' &&
               strcmp(host + label + 1, pattern->text) == 0;
}

bool
pdane_name_equal(const struct pdane_name *a, const struct pdane_name *b)
{
        return a->wildcard == b->wildcard && strcmp(a->text, b->text) == 0;
}

char *
pdane_name_format(const struct pdane_name *n, char ret[PDANE_NAME_MAX + 3])
{
        snprintf(ret, PDANE_NAME_MAX + 3, "%s%s", n->wildcard ? "*." : "", n->text);
        return ret;
}
