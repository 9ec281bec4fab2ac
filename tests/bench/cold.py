# SPDX-License-Identifier: BSD-3-Clause
"""Cold lookups: runs bench_cold_lab within the lab, and has the rows of scripts/bench's table for it."""
import json
import os
import subprocess
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
LAB = os.path.join(TESTS, "lab")
SECONDS = 1200
SKIPPED = 77
ROUND_TRIPS = (0, 20, 100)
GOAL, GOAL_CPU = "x 1.15", "x 1.30"


def measure(directory, quick):
    """bench_cold_lab's figures; empty where there can be no lab."""
    lab = os.path.join(directory, "lab")
    made = subprocess.run([os.path.join(LAB, "make-lab"), lab], stdout=subprocess.PIPE, text=True, timeout=SECONDS, check=False)
    if made.returncode:
        print(f"cold lookups are left out: {made.stdout.strip() or 'no lab'}", file=sys.stderr)
        return {}
    command = [os.path.join(LAB, "in-lab"), "--timeout", str(SECONDS), lab,
               os.path.join(TESTS, "bench", "bench_cold_lab"), directory, *(["--quick"] if quick else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=SECONDS + 60, check=False)
    if done.returncode:
        print(f"cold lookups are left out: status {done.returncode}", file=sys.stderr)
        return {}
    return json.loads(done.stdout.splitlines()[-1])


def rows(figures):
    """(what, reached, to reach)"""
    if not figures:
        return []
    out = []
    for what, series in (("cold DANE host, its zone known", "known"), ("cold DANE host, first of its zone", "first")):
        for p in figures[series]:
            if p["rtt_ms"] in ROUND_TRIPS:
                out.append((f"{what}, {p['rtt_ms']} ms added: daemon / least",
                            f"{p['daemon_ms']:.1f} / {p['least_ms']:.1f} ms x {p['ratio']:.2f}", GOAL))
    cpu = figures["cpu"]
    out.append(("cold lookups of one core: daemon / least", f"{1e6 / cpu['daemon_us']:.0f} / {1e6 / cpu['least_us']:.0f} a second",
                ""))
    out.append(("  processor time of one", f"{cpu['daemon_us']:.0f} / {cpu['least_us']:.0f} us x {cpu['ratio']:.2f}", GOAL_CPU))
    return out
