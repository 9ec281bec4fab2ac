# SPDX-License-Identifier: BSD-3-Clause
# Tests of module/pkcs11, one per source file; those that need a daemon share a fake one.
set(pdane_module_tests
    client_kind connection entry error held inside memory object object_table patience process published search search_daemon
    session slot
    template)
foreach(name IN LISTS pdane_module_tests)
    pdane_unit_test(module_${name} pdane_pkcs11 pdane_module_common pdane_wire)
    target_sources(test_module_${name} PRIVATE fake_socket.c test_module_fake.c test_module_client.c)
    target_link_libraries(test_module_${name} PRIVATE ${CMAKE_DL_LIBS})
    target_compile_definitions(test_module_${name} PRIVATE
        PDANE_TEST_MODULE="$<TARGET_FILE:p11-dane>"
        PDANE_TEST_MAPPED="${CMAKE_CURRENT_BINARY_DIR}/mapped")
    add_dependencies(test_module_${name} p11-dane)
endforeach()

# Empty libraries with the names that tell verifiers apart.
foreach(name xul ssl3 nss3)
    add_library(pdane_mapped_${name} MODULE test_module_mapped.c)
    target_link_libraries(pdane_mapped_${name} PRIVATE pdane::flags)
    set_target_properties(pdane_mapped_${name} PROPERTIES
        OUTPUT_NAME ${name} LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/mapped)
    add_dependencies(test_module_client_kind pdane_mapped_${name})
    add_dependencies(test_module_search pdane_mapped_${name})
endforeach()

# The clock and the socket calls of these go through the test.
target_link_options(test_module_search_daemon PRIVATE -Wl,--wrap=clock_gettime)
target_link_options(test_module_inside PRIVATE -Wl,--wrap=send)
target_link_options(test_module_connection PRIVATE -Wl,--wrap=socket -Wl,--wrap=send)
