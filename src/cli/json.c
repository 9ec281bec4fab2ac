/* SPDX-License-Identifier: BSD-3-Clause */
/* A JSON writer without memory of its own. */
#include "cli/json.h"

#include <inttypes.h>

static void
put_text(FILE *to, const char *text)
{
        fputc('"', to);
        for (; *text; text++) {
                unsigned char c = (unsigned char)*text;

                if (c == '"' || c == '\\')
                        fprintf(to, "\\%c", c);
                else if (c >= 0x80)
                        fputs("\\ufffd", to);
                else if (c < 0x20 || c == 0x7f)
                        fprintf(to, "\\u%04x", c);
                else
                        fputc(c, to);
        }
        fputc('"', to);
}

static void
new_line(const struct pdane_json *j)
{
        if (!j->compact)
                fprintf(j->to, "\n%*s", (int)(2 * j->depth), "");
}

/* What stands before any value. */
static void
put_key(struct pdane_json *j, const char *key)
{
        if (!j->fresh && j->depth > 0)
                fputc(',', j->to);
        if (j->depth > 0)
                new_line(j);
        j->fresh = false;
        if (key) {
                put_text(j->to, key);
                fputs(": ", j->to);
        }
}

void
pdane_json_begin(struct pdane_json *j, const char *key, char bracket)
{
        put_key(j, key);
        fputc(bracket, j->to);
        j->depth++;
        j->fresh = true;
}

void
pdane_json_end(struct pdane_json *j, char bracket)
{
        j->depth--;
        if (!j->fresh)
                new_line(j);
        j->fresh = false;
        fputc(bracket, j->to);
        if (j->depth == 0)
                fputc('\n', j->to);
}

void
pdane_json_string(struct pdane_json *j, const char *key, const char *text)
{
        put_key(j, key);
        put_text(j->to, text);
}

void
pdane_json_number(struct pdane_json *j, const char *key, int64_t value)
{
        put_key(j, key);
        fprintf(j->to, "%" PRId64, value);
}

void
pdane_json_bool(struct pdane_json *j, const char *key, bool value)
{
        put_key(j, key);
        fputs(value ? "true" : "false", j->to);
}

void
pdane_json_null(struct pdane_json *j, const char *key)
{
        put_key(j, key);
        fputs("null", j->to);
}
