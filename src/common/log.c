/* SPDX-License-Identifier: BSD-3-Clause */
/* One event, one line on standard error. Knows levels and escaping; not what the events mean. */
#include "common/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static atomic_int current_level = PDANE_LOG_INFO;

void
pdane_log_set_level(enum pdane_log_level level)
{
        atomic_store(&current_level, (int)level);
}

enum pdane_log_level
pdane_log_get_level(void)
{
        return (enum pdane_log_level)atomic_load(&current_level);
}

/* sd-daemon(3): the journal takes the level from "<N>" at the start of a line. */
static const char *
prefix(enum pdane_log_level level)
{
        static const char *const journal[] = {"<3>", "<4>", "<6>", "<7>"};
        static const char *const plain[] = {"error ", "warning ", "info ", "debug "};
        return getenv("JOURNAL_STREAM") ? journal[level] : plain[level];
}

void
pdane_log(enum pdane_log_level level, const char *format, ...)
{
        char line[LINE_MAX_BYTES];
        va_list ap;

        if ((int)level > atomic_load(&current_level))
                return;
        int at = snprintf(line, sizeof line, "%s", prefix(level));
        if (at < 0)
                return;
        va_start(ap, format);
        int n = vsnprintf(line + at, sizeof line - (size_t)at - 1, format, ap);
        va_end(ap);
        if (n < 0)
                return;
        size_t len = strlen(line);
        line[len++] = '\n';
        /* One write: lines of several threads do not mix. A full or closed log is not our failure.
         */
        ssize_t ignored = write(STDERR_FILENO, line, len);
        (void)ignored;
}

static bool
is_plain(unsigned char c)
{
        return c > 0x20 && c < 0x7f && c != '"' && c != '=' && c != '\\';
}

char *
pdane_log_escape(const char *in, size_t len, char *buf, size_t cap)
{
        static const char hex[] = "0123456789abcdef";
        size_t out = 0, safe = 0; /* safe: where "..." still fits */

        if (cap == 0)
                return buf;
        for (size_t i = 0; i < len; i++) {
                unsigned char c = (unsigned char)in[i];
                size_t need = is_plain(c) ? 1 : 4;
                if (out + need + 1 > cap) {
                        if (cap >= 4) {
                                memcpy(buf + safe, "...", 4);
                                return buf;
                        }
                        break;
                }
                if (need == 1) {
                        buf[out] = (char)c;
                } else {
                        buf[out] = '\\';
                        buf[out + 1] = 'x';
                        buf[out + 2] = hex[c >> 4];
                        buf[out + 3] = hex[c & 15];
                }
                out += need;
                if (out + 4 <= cap)
                        safe = out;
        }
        buf[out] = '\0';
        return buf;
}
