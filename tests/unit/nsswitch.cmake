# SPDX-License-Identifier: BSD-3-Clause
# Tests of module/nsswitch.
add_executable(nsswitch_lookup nsswitch_lookup.c)
target_link_libraries(nsswitch_lookup PRIVATE pdane::flags)
