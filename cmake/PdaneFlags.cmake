# SPDX-License-Identifier: BSD-3-Clause
# The compiler and linker flags of every target, on one interface target: pdane::flags.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

add_library(pdane_flags INTERFACE)
add_library(pdane::flags ALIAS pdane_flags)
target_compile_features(pdane_flags INTERFACE c_std_17)
target_compile_definitions(pdane_flags INTERFACE _GNU_SOURCE
                           PDANE_VERSION="${PROJECT_VERSION}")
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)

target_compile_options(pdane_flags INTERFACE
    -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wundef -Wvla -Wcast-qual
    -Wformat=2 -Wimplicit-fallthrough
    -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -fno-strict-aliasing -fno-common)
if(PDANE_WERROR)
    target_compile_options(pdane_flags INTERFACE -Werror)
endif()

if(PDANE_SANITIZE)
    target_compile_options(pdane_flags INTERFACE
        -fsanitize=${PDANE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(pdane_flags INTERFACE -fsanitize=${PDANE_SANITIZE})
elseif(PDANE_HARDEN)
    target_compile_options(pdane_flags INTERFACE
        -fstack-protector-strong $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
    foreach(flag -fstack-clash-protection -fcf-protection=full -fstrict-flex-arrays=3)
        string(MAKE_C_IDENTIFIER "PDANE_HAVE${flag}" have)
        check_c_compiler_flag(${flag} ${have})
        if(${have})
            target_compile_options(pdane_flags INTERFACE ${flag})
        endif()
    endforeach()
    # Never -z nodlopen: it would make the modules unloadable.
    target_link_options(pdane_flags INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()

# libFuzzer's instrumentation; only the targets themselves link its main().
if(PDANE_FUZZ)
    target_compile_options(pdane_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(pdane_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(PDANE_TIDY)
    find_program(PDANE_CLANG_TIDY NAMES clang-tidy REQUIRED)
    set(CMAKE_C_CLANG_TIDY "${PDANE_CLANG_TIDY};--quiet")
endif()
