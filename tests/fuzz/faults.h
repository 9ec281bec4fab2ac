/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Steps that fail when the input says so: memory (ours, through --wrap, and OpenSSL's, through
 * CRYPTO_set_mem_functions) and the calls in faults_openssl.c. Nothing fails but between start and
 * stop. One thread.
 */
#ifndef PDANE_FUZZ_FAULTS_H
#define PDANE_FUZZ_FAULTS_H

#include "fuzz.h"

/* Once, before OpenSSL is used at all (faults_openssl.c). */
void fuzz_faults_install(void);

/*
 * Three bytes. The first: bit 0, steps fail at random, one in as many as the second byte says, the
 * third being the seed; otherwise the step fails that the other two count to. Bit 1, all steps
 * after that fail too. Bit 2, the following 255 steps are tried as well, one at a time.
 */
void fuzz_faults_read(struct fuzz_input *in);
bool fuzz_faults_again(void); /* more of them are to be tried */
void fuzz_faults_start(void);
unsigned fuzz_faults_stop(void); /* how many steps failed */
bool fuzz_faults_pause(bool on); /* between the two; what it was */

/* Is this a step that fails? */
bool fuzz_fault(void);

#endif
