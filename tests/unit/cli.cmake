# SPDX-License-Identifier: BSD-3-Clause
foreach(name judge differential)
    pdane_unit_test(${name} pdane_trust pdane_test_certs)
endforeach()
target_sources(test_differential PRIVATE differential_sample.c)
foreach(name dot graph_file check_graph check_words)
    pdane_unit_test(${name} pdane_cli pdane_trust pdane_common pdane_wire_report pdane_wire pdane_test_certs)
endforeach()
