# SPDX-License-Identifier: BSD-3-Clause
# Every library that the project links. Nothing is fetched; scripts/install-deps names the packages.
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
pkg_check_modules(LIBUNBOUND REQUIRED IMPORTED_TARGET libunbound>=1.13)
pkg_check_modules(LIBEVENT REQUIRED IMPORTED_TARGET libevent_core>=2.1 libevent_openssl>=2.1)
pkg_check_modules(LIBIDN2 REQUIRED IMPORTED_TARGET libidn2>=2.3)
pkg_check_modules(INIH REQUIRED IMPORTED_TARGET inih)
pkg_check_modules(P11KIT REQUIRED IMPORTED_TARGET p11-kit-1>=0.24)

# Sanitizers make system calls of their own, which no list of ours should know.
if(PDANE_SECCOMP AND NOT PDANE_SANITIZE)
    pkg_check_modules(LIBSECCOMP REQUIRED IMPORTED_TARGET libseccomp>=2.5)
endif()

# Where p11-kit looks for modules and for their .module files.
pkg_get_variable(P11KIT_MODULE_PATH p11-kit-1 p11_module_path)
pkg_get_variable(P11KIT_MODULE_CONFIGS p11-kit-1 p11_module_configs)
foreach(var P11KIT_MODULE_PATH P11KIT_MODULE_CONFIGS)
    if(NOT ${var})
        message(FATAL_ERROR "pkg-config p11-kit-1 does not say ${var}")
    endif()
endforeach()

# The callback of ub_resolve_event gained a seventh argument (was_ratelimited) in libunbound 1.8.
include(CheckCSourceCompiles)
set(CMAKE_REQUIRED_INCLUDES ${LIBUNBOUND_INCLUDE_DIRS})
check_c_source_compiles("
#include <stddef.h>
#include <unbound.h>
#include <unbound-event.h>
static void cb(void *a, int b, void *c, int d, int e, char *f, int g)
{ (void)a; (void)b; (void)c; (void)d; (void)e; (void)f; (void)g; }
int main(void) { ub_event_callback_type t = cb; (void)t; return 0; }
" PDANE_UB_CALLBACK_7)
unset(CMAKE_REQUIRED_INCLUDES)

# Debian's inih lets its line limit (200 characters) be set at run time.
set(CMAKE_REQUIRED_INCLUDES ${INIH_INCLUDE_DIRS})
set(CMAKE_REQUIRED_LIBRARIES ${INIH_LINK_LIBRARIES})
check_c_source_compiles("
#include <ini.h>
int main(void) { ini_use_stack = 0; ini_max_line = 4096; return 0; }
" PDANE_INIH_MAX_LINE)
unset(CMAKE_REQUIRED_INCLUDES)
unset(CMAKE_REQUIRED_LIBRARIES)

if(BUILD_TESTING)
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka>=1.1)
endif()
