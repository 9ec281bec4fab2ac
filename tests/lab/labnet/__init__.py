# SPDX-License-Identifier: BSD-3-Clause
"""The lab: a DNS tree and TLS servers of its own, in a network namespace of its own."""
