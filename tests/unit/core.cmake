# SPDX-License-Identifier: BSD-3-Clause
# The daemon's core against a scripted resolver, a scripted prober and a clock that stands still.
function(pdane_core_test name)
    pdane_unit_test(${name} pdane_daemon pdane_trust pdane_common pdane_wire_report pdane_wire pdane_test_certs)
    target_sources(test_${name} PRIVATE core_fixture.c fake_clock.c fake_prober.c fake_resolver.c fake_rest.c)
endfunction()

foreach(name access control outbox renewal shelf certdir hints look resolve store answer hosts question server sysstore)
    pdane_core_test(${name})
endforeach()

pdane_core_test(question_budget)
pdane_core_test(server_table)
foreach(name server server_table)
    target_sources(test_${name} PRIVATE server_fixture.c)
endforeach()
foreach(name question question_budget)
    target_sources(test_${name} PRIVATE question_fixture.c)
endforeach()
pdane_core_test(clock_jump)
pdane_core_test(denied)
pdane_core_test(ration)
pdane_core_test(tally)
pdane_core_test(hosts_share)
pdane_core_test(netwatch)

# How the daemon lives with its service manager and its kernel.
pdane_core_test(inherit)
pdane_core_test(notify)
pdane_unit_test(sandbox pdane_sandbox)
target_link_libraries(test_access PRIVATE pdane_sandbox)
if(PDANE_SANITIZE)
    target_compile_definitions(test_sandbox PRIVATE PDANE_SANITIZED)
endif()
