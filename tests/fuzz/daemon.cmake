# SPDX-License-Identifier: BSD-3-Clause
# What the daemon reads from strangers and from the system, beside DNS and TLS.

# Whose names are taken, by a trust module from the input.
pdane_fuzz_target(sysstore SOURCES faults.c ${daemon}/sysstore.c LIBRARIES OpenSSL::Crypto PkgConfig::P11KIT
    WRAP ${memory} d2i_X509_NAME X509_NAME_hash_ex p11_kit_module_load p11_kit_module_initialize
    p11_kit_module_finalize p11_kit_module_release)
target_compile_definitions(fuzz_sysstore PRIVATE PDANE_P11KIT_MODULE_PATH="${P11KIT_MODULE_PATH}")

# The socket, what is asked over it and all that answers, in the scripted world of the unit tests.
set(unit ${PROJECT_SOURCE_DIR}/tests/unit)
pdane_fuzz_target(server SOURCES server_replies.c faults.c ${unit}/certs.c ${unit}/core_fixture.c ${unit}/fake_clock.c
    ${unit}/fake_prober.c ${unit}/fake_resolver.c ${unit}/fake_rest.c
    LIBRARIES pdane_daemon pdane_trust pdane_common pdane_wire_report pdane_wire PkgConfig::CMOCKA
    WRAP ${memory} accept4 getsockopt)
target_include_directories(fuzz_server PRIVATE ${unit})

# Files of the system's.
pdane_fuzz_target(root_keys SOURCES file.c ${daemon}/root_keys.c LIBRARIES OpenSSL::Crypto)
pdane_fuzz_target(forwarders SOURCES file.c ${daemon}/resolver_upstream.c LIBRARIES)

# What is said of clients.
pdane_fuzz_target(judge SOURCES ${faults})
