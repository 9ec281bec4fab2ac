/* SPDX-License-Identifier: BSD-3-Clause */
/* A filter, not a parser: the daemon brings names into normal form and refuses what is none. */
#include "host_name.h"

#include <stddef.h>
#include <string.h>

#include "nsswitch_limits.h"

/* Not in RFC 6761 the way these are: test and example, which are ordinary names to resolvers, and
 * home.arpa (RFC 8375), which a home's own resolver answers. */
static const char *const not_in_dns[] = {"local", "localhost", "invalid", "onion"};

static bool
is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_in_names(char c)
{
        return is_letter(c) || is_digit(c) || c == '-' || c == '_' || (c & 0x80);
}

static bool
is_hex(char c)
{
        return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Whether a label could be the last part of an IPv4 address, or is empty. No top-level domain is.
 */
static bool
is_number(const char *label, size_t n)
{
        bool hex = n >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X');

        for (size_t i = hex ? 2 : 0; i < n; i++)
                if (hex ? !is_hex(label[i]) : !is_digit(label[i]))
                        return false;
        return true;
}

/* ASCII alone, whatever the process's locale is. */
static bool
is_word(const char *label, size_t n, const char *word)
{
        if (strlen(word) != n)
                return false;
        for (size_t i = 0; i < n; i++)
                if ((is_letter(label[i]) ? label[i] | 0x20 : label[i]) != word[i])
                        return false;
        return true;
}

/* Whether the last label alone decides against the name. */
static bool
is_beyond_dns(const char *label, size_t n)
{
        if (is_number(label, n))
                return true;
        for (size_t i = 0; i < sizeof(not_in_dns) / sizeof(not_in_dns[0]); i++)
                if (is_word(label, n, not_in_dns[i]))
                        return true;
        return false;
}

bool
pdane_host_name_worthwhile(const char *name)
{
        size_t label = 0, labels = 1, n;

        if (!name)
                return false;
        n = strnlen(name, PDANE_HINT_NAME_MAX + 1);
        if (n == 0 || n > PDANE_HINT_NAME_MAX)
                return false;
        if (name[n - 1] == '.')
                n--;
        for (size_t i = 0; i < n; i++) {
                if (is_in_names(name[i]))
                        continue;
                if (name[i] != '.' || i == label)
                        return false;
                label = i + 1;
                labels++;
        }
        return labels > 1 && !is_beyond_dns(name + label, n - label);
}
