# SPDX-License-Identifier: BSD-3-Clause
"""Runs a command as often as it is told, for turns.py: what a program costs from its start to its end.

usage: run_in_turns.py COMMAND [ARGUMENT...]
"""
import json
import resource
import subprocess
import sys
import time


def cpu_us():
    """Of all children so far."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1e6 * (spent.ru_utime + spent.ru_stime)


def main():
    print("ready", flush=True)
    for line in sys.stdin:
        n, cpu, wall = int(line), cpu_us(), time.monotonic()
        for _ in range(n):
            subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60, check=True)
        print(json.dumps({"n": n, "cpu": cpu_us() - cpu, "wall": 1e6 * (time.monotonic() - wall)}), flush=True)


main()
