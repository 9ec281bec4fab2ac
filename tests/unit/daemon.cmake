# SPDX-License-Identifier: BSD-3-Clause
# What talks to the network, over loopback alone.
foreach(name probe probe_address probe_every probe_starttls resolver resolver_ahead resolver_anchor resolver_asker resolver_packet resolver_packet_wire
        resolver_setup resolver_share resolver_upstream resolver_warm starttls starttls_refusals)
    pdane_unit_test(${name} pdane_net pdane_trust pdane_common pdane_test_certs)
    target_sources(test_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src/daemon/clock.c)
endforeach()
foreach(name probe_starttls starttls starttls_refusals)
    target_sources(test_${name} PRIVATE starttls_scripts.c)
endforeach()
foreach(name probe probe_every probe_starttls)
    target_sources(test_${name} PRIVATE probe_fixture.c tls_server.c)
endforeach()
foreach(name resolver resolver_ahead resolver_asker resolver_setup)
    target_sources(test_${name} PRIVATE dns_server.c dns_zone.c packet.c resolver_fixture.c)
endforeach()
foreach(name resolver_packet resolver_packet_wire)
    target_sources(test_${name} PRIVATE packet.c packet_parse.c)
endforeach()
