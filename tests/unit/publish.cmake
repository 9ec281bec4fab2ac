# SPDX-License-Identifier: BSD-3-Clause
# The published table, from the daemon that writes it to the module that reads it.
foreach(name grow publish publish_sound)
    pdane_core_test(${name})
    target_sources(test_${name} PRIVATE publish_fixture.c ${PROJECT_SOURCE_DIR}/tests/bench/dn.c)
    target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/module/common ${PROJECT_SOURCE_DIR}/module/pkcs11
        ${PROJECT_SOURCE_DIR}/tests/bench)
    target_link_libraries(test_${name} PRIVATE pdane_pkcs11 pdane_module_common)
endforeach()
