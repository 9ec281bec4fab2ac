# SPDX-License-Identifier: BSD-3-Clause
pdane_unit_test(wire pdane_wire)
pdane_unit_test(wire_report pdane_wire_report pdane_wire)
pdane_unit_test(log pdane_common)
pdane_unit_test(config pdane_common)
pdane_unit_test(siphash pdane_wire)
pdane_unit_test(table pdane_wire)
