# SPDX-License-Identifier: BSD-3-Clause
"""What the number of hosts in the store does to a question, and to the daemon's event loop."""
import contextlib
import json
import os
import select
import signal
import statistics

SIZES = (1000, 10000)  # between the small store and the large one
TURN_SECONDS = 30


def by_hosts(questions, server_of, ends, rounds, number):
    """[{"hosts", "median", "p99"}] in microseconds: stores of each size are asked in turn, and the middle round counts."""
    with contextlib.ExitStack() as running:
        servers = dict(ends)
        for size in SIZES:
            if size < max(ends):
                servers[size] = running.enter_context(server_of(size))
        got = {size: [] for size in sorted(servers)}
        for _ in range(rounds):
            for size, of in got.items():
                of.append(questions(servers[size], size, 1, number)["question"])
    return [{"hosts": size, **{what: statistics.median(q[what] for q in of) for what in ("median", "p99")}}
            for size, of in got.items()]


def longest_turn(questions, server, hosts, number):
    """Microseconds of processor time that the event loop was away, while questions came and all evidence was looked at again."""
    server.process.send_signal(signal.SIGUSR1)
    questions(server, hosts, 8, number, 25000)
    server.process.send_signal(signal.SIGUSR1)
    ready, _, _ = select.select([server.process.stdout], [], [], TURN_SECONDS)
    return json.loads(os.read(server.process.stdout.fileno(), 4096))["value"] if ready else None
