/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes one JSON value as it goes along (RFC 8259): ASCII only, whatever the strings hold. Commas
 * and indentation are its own business. The caller keeps begin and end in balance.
 */
#ifndef PDANE_CLI_JSON_H
#define PDANE_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct pdane_json {
        FILE *to;
        unsigned depth;
        bool fresh;   /* nothing yet in the innermost object or array */
        bool compact; /* all on one line */
};

/* key is NULL for an element of an array and for the outermost value. */
void pdane_json_begin(struct pdane_json *j, const char *key, char bracket); /* '{' or '[' */
void pdane_json_end(struct pdane_json *j, char bracket);                    /* '}' or ']' */
/* Bytes past ASCII become U+FFFD each: names are A-labels, and anything else is not text. */
void pdane_json_string(struct pdane_json *j, const char *key, const char *text);
void pdane_json_number(struct pdane_json *j, const char *key, int64_t value);
void pdane_json_bool(struct pdane_json *j, const char *key, bool value);
void pdane_json_null(struct pdane_json *j, const char *key);

#endif
