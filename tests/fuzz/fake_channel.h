/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daemon's end of the socket and the clock, from the input, through --wrap. Every call takes
 * one byte of the script: 0 is how it should go, and what follows the script's end; the highest
 * values are the ways to fail. A message that is received is a length of 16 bits and its bytes.
 */
#ifndef PDANE_FUZZ_FAKE_CHANNEL_H
#define PDANE_FUZZ_FAKE_CHANNEL_H

#include "fuzz.h"

void fake_channel_script(struct fuzz_input script); /* until the next one */
/* What other threads do while one waits, if the script says that they do. They may have a script of
 * their own; the time that they take passes for all. NULL: nothing. */
void fake_channel_meanwhile(void (*fn)(void));
/* Where the environment says that the daemon listens, one of a few. */
void fake_channel_place(uint8_t which);
uint64_t fake_channel_now_ms(void);
void fake_channel_pass_ms(uint64_t ms);
size_t fake_channel_requests(void); /* sent since the script began */

/* The eighth descriptor that is free: the same one as before, when none was left open. */
int fake_channel_free(void);

#endif
