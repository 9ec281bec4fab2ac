# SPDX-License-Identifier: BSD-3-Clause
"""What the number of hosts in the store does to a question, and to the daemon's event loop."""
import contextlib
import statistics

SIZES = (1000, 10000)  # between the small store and the large one
TURN_SECONDS = 120
TASKS = ("recheck", "system-store", "list", "reload", "expiry", "flush")  # bench_turn.h
LAST = ("expiry", "flush")
HALF_LOAD = ("recheck",)  # and long enough to believe it


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


def longest_turns(questions, server, hosts, number):
    """Microseconds of processor time that the event loop was away at most: while evidence came, and while it did each
    of TASKS and was asked questions. The last ones take evidence away: the first half of it, then the rest."""
    turns = {"built": server.built_us}
    for task in TASKS:
        server.tell(task)
        questions(server, 0 if task in LAST else hosts, 8, number if task in HALF_LOAD else number // 10, 25000)
        turns[task] = server.ask("end", TURN_SECONDS)
    return turns


ROWS = (("built", "evidence comes, and with it larger tables"), ("recheck", "the system's store grew: all evidence looked at again"),
        ("system-store", "the system's store is read"), ("list", "a list of all hosts"), ("reload", "a reload"),
        ("expiry", "half of it runs out at once"), ("flush", "the other half is forgotten"))


def turn_rows(turns):
    return [(f"  the event loop's longest turn: {what}", "not measured" if turns[name] is None else f"{turns[name]:.0f} us", "1000 us")
            for name, what in ROWS]
