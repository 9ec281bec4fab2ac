/* SPDX-License-Identifier: BSD-3-Clause */
/* When to fail, and memory that does. */
#include "faults.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);

static struct {
        bool on;
        bool often;
        bool for_good;  /* all after the first one fail as well */
        uint32_t nth;   /* the step to fail, from 0 */
        uint32_t tries; /* how many more, each the next one */
        uint32_t one_in;
        uint32_t random;
        uint32_t steps, failed;
} plan;

void
fuzz_faults_read(struct fuzz_input *in)
{
        uint8_t mode = fuzz_u8(in);

        memset(&plan, 0, sizeof plan);
        plan.often = mode & 1;
        plan.for_good = mode & 2;
        if (plan.often) {
                plan.one_in = 2u + fuzz_u8(in);
                plan.random = 1u + fuzz_u8(in);
        } else {
                plan.nth = fuzz_u16(in);
                plan.tries = mode & 4 ? 255 : 0;
        }
}

bool
fuzz_faults_again(void)
{
        if (plan.tries == 0 || plan.failed == 0)
                return false;
        plan.tries--;
        plan.nth++;
        return true;
}

void
fuzz_faults_start(void)
{
        plan.steps = plan.failed = 0;
        plan.on = true;
}

unsigned
fuzz_faults_stop(void)
{
        plan.on = false;
        return plan.failed;
}

bool
fuzz_faults_pause(bool on)
{
        bool was = plan.on;

        plan.on = on;
        return was;
}

/* Marsaglia's xorshift, 32 bits. */
static bool
falls(void)
{
        if (!plan.often)
                return plan.steps++ == plan.nth || (plan.for_good && plan.failed > 0);
        plan.random ^= plan.random << 13;
        plan.random ^= plan.random >> 17;
        plan.random ^= plan.random << 5;
        return plan.random % plan.one_in == 0 || (plan.for_good && plan.failed > 0);
}

bool
fuzz_fault(void)
{
        if (!plan.on || !falls())
                return false;
        plan.failed++;
        return true;
}

/* ---- memory ---- */

void *
__wrap_malloc(size_t n)
{
        return fuzz_fault() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
        return fuzz_fault() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
        return fuzz_fault() ? NULL : __real_realloc(p, n);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
        return fuzz_fault() ? NULL : __real_reallocarray(p, n, size);
}

char *
__wrap_strdup(const char *s)
{
        return fuzz_fault() ? NULL : __real_strdup(s);
}
