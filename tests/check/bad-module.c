/* SPDX-License-Identifier: BSD-3-Clause */
/* A module that breaks one rule of check-module-links, chosen by the build. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT unsigned long C_GetFunctionList(void **list);

#ifdef BAD_constructor
static volatile int ran;

__attribute__((constructor)) static void
run_when_loaded(void)
{
        ran = 1;
}
#endif

#ifdef BAD_export
EXPORT int another_symbol;
#endif

#ifdef BAD_tls
static __thread unsigned long calls;
#endif

EXPORT unsigned long
C_GetFunctionList(void **list)
{
#ifdef BAD_import
        if (!list)
                abort();
#endif
#ifdef BAD_output
        puts("called");
#endif
#ifdef BAD_allocation
        *list = strdup("allocated");
#endif
#ifdef BAD_tls
        calls++;
        *list = &calls;
#endif
        return list ? strlen((const char *)*list) : 0;
}
