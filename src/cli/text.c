/* SPDX-License-Identifier: BSD-3-Clause */
/* Small things about text that more than one subcommand needs. */
#include "cli/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *
pdane_cli_show(const char *in, char *buf, size_t cap)
{
        size_t pos = 0;

        /* Room for one escape, the dots and the NUL. */
        for (; *in && pos + 8 <= cap; in++) {
                unsigned char c = (unsigned char)*in;

                if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\')
                        buf[pos++] = (char)c;
                else
                        pos += (size_t)snprintf(buf + pos, cap - pos, "\\x%02x", c);
        }
        snprintf(buf + pos, cap - pos, "%s", *in ? "..." : "");
        return buf;
}

bool
pdane_cli_number(const char *text, int64_t low, int64_t high, int64_t *ret)
{
        char *end;
        long long value;

        if (!isdigit((unsigned char)text[text[0] == '-']))
                return false;
        errno = 0;
        value = strtoll(text, &end, 10);
        if (errno != 0 || *end || value < low || value > high)
                return false;
        *ret = value;
        return true;
}

bool
pdane_cli_colours(void)
{
        const char *no = getenv("NO_COLOR");
        const char *term = getenv("TERM");

        if ((no && *no) || !term || strcmp(term, "dumb") == 0)
                return false;
        return isatty(STDOUT_FILENO) == 1;
}
