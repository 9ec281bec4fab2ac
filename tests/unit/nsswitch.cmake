# SPDX-License-Identifier: BSD-3-Clause
# Tests of module/nsswitch, one per source file; those that need a daemon share a fake one.
foreach(name entry host_name observer process recent tell tls_user)
    pdane_unit_test(nsswitch_${name} pdane_nsswitch pdane_module_common pdane_wire)
    target_sources(test_nsswitch_${name} PRIVATE fake_socket.c test_nsswitch_fake.c)
    target_link_libraries(test_nsswitch_${name} PRIVATE ${CMAKE_DL_LIBS})
    target_compile_definitions(test_nsswitch_${name} PRIVATE
        PDANE_TEST_PLUGIN="$<TARGET_FILE:nss_dane>"
        PDANE_TEST_MAPPED="${CMAKE_CURRENT_BINARY_DIR}/mapped")
    add_dependencies(test_nsswitch_${name} nss_dane)
endforeach()

# An empty library with the name of OpenSSL's, next to those of module.cmake.
add_library(pdane_mapped_openssl MODULE test_module_mapped.c)
target_link_libraries(pdane_mapped_openssl PRIVATE pdane::flags)
set_target_properties(pdane_mapped_openssl PROPERTIES
    OUTPUT_NAME ssl SUFFIX .so.9 LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/mapped)
add_dependencies(test_nsswitch_tls_user pdane_mapped_openssl pdane_mapped_nss3)
add_dependencies(test_nsswitch_observer pdane_mapped_openssl pdane_mapped_nss3)
add_dependencies(test_nsswitch_process pdane_mapped_openssl)

# The clock, the socket calls and one of the plugin's own go through these tests.
target_link_options(test_nsswitch_tell PRIVATE
    -Wl,--wrap=clock_gettime -Wl,--wrap=poll -Wl,--wrap=socket -Wl,--wrap=send)
target_link_options(test_nsswitch_observer PRIVATE
    -Wl,--wrap=clock_gettime -Wl,--wrap=poll -Wl,--wrap=socket)
target_link_options(test_nsswitch_process PRIVATE -Wl,--wrap=socket -Wl,--wrap=pdane_recent_has)

# The plugin under the machine's glibc.
add_executable(nsswitch_lookup nsswitch_lookup.c)
target_link_libraries(nsswitch_lookup PRIVATE pdane::flags)
set(pdane_nsswitch_options)
if(PDANE_SANITIZE)
    set(pdane_nsswitch_options --sanitized)
endif()
add_test(NAME unit.nsswitch_glibc COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/check-nsswitch-glibc
    $<TARGET_FILE_DIR:nss_dane> $<TARGET_FILE:nsswitch_lookup> ${pdane_nsswitch_options})
set_tests_properties(unit.nsswitch_glibc PROPERTIES LABELS unit SKIP_RETURN_CODE 77 TIMEOUT 300)
