# SPDX-License-Identifier: BSD-3-Clause
# Certificates of every kind, for whatever test needs them.
add_library(pdane_test_certs OBJECT certs.c)
target_include_directories(pdane_test_certs PUBLIC ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(pdane_test_certs PUBLIC pdane::flags OpenSSL::Crypto)

foreach(name name name_list tlsa verdict)
    pdane_unit_test(${name} pdane_trust)
endforeach()
foreach(name cert cert_key cert_memory cert_names cert_share match settled decide decide_authority decide_both decide_names anchor offer)
    pdane_unit_test(${name} pdane_trust pdane_test_certs)
endforeach()

# The anchor as GnuTLS reads it; test_anchor does the same with OpenSSL.
pkg_check_modules(GNUTLS IMPORTED_TARGET gnutls)
if(GNUTLS_FOUND)
    pdane_unit_test(anchor_gnutls pdane_trust pdane_test_certs PkgConfig::GNUTLS)
else()
    message(STATUS "gnutls not found: unit.anchor_gnutls is left out")
endif()
