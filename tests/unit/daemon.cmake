# SPDX-License-Identifier: BSD-3-Clause
# What talks to the network, over loopback alone.
pdane_unit_test(probe_address pdane_net pdane_trust pdane_common)
pdane_unit_test(resolver_packet pdane_net pdane_trust pdane_common)
target_sources(test_resolver_packet PRIVATE packet.c)
foreach(name probe_address resolver_packet)
    target_sources(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src/daemon/clock.c)
endforeach()
