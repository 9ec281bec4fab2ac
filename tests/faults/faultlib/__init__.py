# SPDX-License-Identifier: BSD-3-Clause
"""What the programs in tests/faults share. Each of them runs inside the lab and starts what it needs itself."""
import os
import sys

_TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
sys.path[:0] = [os.path.join(_TESTS, "lab"), os.path.join(_TESTS, "clients")]
