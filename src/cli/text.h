/* SPDX-License-Identifier: BSD-3-Clause */
/* Text that is safe on a terminal, numbers from options, and whether colours are wanted. */
#ifndef PDANE_CLI_TEXT_H
#define PDANE_CLI_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PDANE_CLI_SHOWN_MAX 256u /* bytes that fit any text shown in a message */

/* Printable ASCII as it is; other bytes, quotes and backslashes as \xHH; cut with "..." where cap
 * ends. Returns buf. */
char *pdane_cli_show(const char *in, char *buf, size_t cap);

/* A whole decimal number in low..high, nothing around it. */
bool pdane_cli_number(const char *text, int64_t low, int64_t high, int64_t *ret);

/* Standard output is a terminal that knows colours, and NO_COLOR does not forbid them. */
bool pdane_cli_colours(void);

#endif
