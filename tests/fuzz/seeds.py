# SPDX-License-Identifier: BSD-3-Clause
"""What the programs that write seeds have in common."""
import os
import struct


def write(corpus, target, name, data):
    directory = os.path.join(corpus, target)
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, f"seed-{name}"), "wb") as f:
        f.write(data)


def blob(data):
    return struct.pack(">H", len(data)) + data
