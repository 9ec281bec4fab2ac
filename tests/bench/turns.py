# SPDX-License-Identifier: BSD-3-Clause
"""Programs that differ in one thing, each a process of its own, working in turns (turns.h): all meet the same noise.

Knows nothing of what they do.
"""
import json
import os
import re
import select
import shutil
import statistics
import subprocess
import tempfile
import time

START_SECONDS, TURN_SECONDS = 60, 120
WARM_TURNS, SETTLE_SECONDS = 2, 1.5  # the daemon publishes a beat after the first question
FEW, MANY = 20, 100                  # between which callgrind counts


class Failed(Exception):
    """A program said so, or nothing at all."""


class Program:
    """What to run, and in what: around turns a command into one that first sees to namespaces and such."""

    def __init__(self, argv, env, around=lambda argv: argv):
        self.argv, self.env, self.around = [str(a) for a in argv], env, around

    def command(self, *prefix):
        return self.around([*prefix, *self.argv])


class Player:
    """One program, from `with` to its end."""

    def __init__(self, argv, env):
        self.argv, self.env, self.process = argv, env, None

    def __enter__(self):
        self.process = subprocess.Popen(self.argv, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self._line(START_SECONDS)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def _line(self, seconds):
        """Programs write a line at a time, and one for each turn: there is never a second one to wait in a buffer."""
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            self.process.kill()
            raise Failed(f"{' '.join(self.argv)}: {self.process.stderr.read().decode(errors='replace').strip()[-500:]}")
        return line

    def turn(self, n):
        """{"cpu": microseconds of one, "wall": ...} of n."""
        self.process.stdin.write(b"%d\n" % n)
        self.process.stdin.flush()
        figures = json.loads(self._line(TURN_SECONDS))
        return {key: figures[key] / n for key in ("cpu", "wall")}


def warm_up(players, n):
    for _ in range(WARM_TURNS):
        for player in players:
            player.turn(n)
        time.sleep(SETTLE_SECONDS)


def in_turns(programs, n, rounds, launches=1):
    """Medians of each program's turns, of n each, and how they stand to those of the first one.

    programs: {name: Program}. Returns {name: {"cpu": us, "wall": us, "cpu_ratio": ..., "wall_ratio": ...}}. Where a process
    lies in memory makes some percent, as long as it runs: with more than one launch the rounds are shared among that many
    processes of each program, and the medians are of theirs; {"cpu_least", "cpu_most"} are the ratios of single launches.
    """
    all_of = [one_launch(programs, n, max(1, rounds // launches)) for _ in range(launches)]
    medians = {name: {key: statistics.median(of[name][key] for of in all_of) for key in ("cpu", "wall")} for name in programs}
    name_of_first = next(iter(programs))
    first = medians[name_of_first]
    for name, of in medians.items():
        of |= {key + "_ratio": of[key] / first[key] for key in ("cpu", "wall")}
        if launches > 1:
            ratios = [one[name]["cpu"] / one[name_of_first]["cpu"] for one in all_of]
            of |= {"cpu_least": min(ratios), "cpu_most": max(ratios)}
    return medians


def one_launch(programs, n, rounds):
    """{name: {"cpu": median, "wall": median}} of one process of each program."""
    players = {name: Player(p.command(), p.env) for name, p in programs.items()}
    got = {name: {"cpu": [], "wall": []} for name in players}
    try:
        for player in players.values():
            player.__enter__()
        warm_up(players.values(), n)
        names = list(players)
        for _ in range(rounds):
            for name in names:
                for key, us in players[name].turn(n).items():
                    got[name][key].append(us)
            names.reverse()  # who comes first is as often one as the other
    finally:
        for player in players.values():
            if player.process:
                player.__exit__()
    return {name: {key: statistics.median(us) for key, us in of.items()} for name, of in got.items()}


def instructions(program, module):
    """(those of everything, those of a module's own functions) of one of what a program does in its turns, in user space,
    as callgrind counts them; None without valgrind."""
    if not shutil.which("valgrind"):
        return None
    many, few = counted(program, module, MANY), counted(program, module, FEW)
    return tuple((m - f) / (MANY - FEW) for m, f in zip(many, few))


def counted(program, module, n):
    with tempfile.TemporaryDirectory(prefix="p11-dane-count-") as directory:
        out = os.path.join(directory, "out")
        command = ["valgrind", "-q", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=bench_once",
                   "--compress-strings=no", "--compress-pos=no", f"--callgrind-out-file={out}"]
        with Player(program.command(*command), program.env) as player:
            player.turn(FEW)
            time.sleep(SETTLE_SECONDS)
            player.turn(FEW)
            player.turn(n)
        with open(out, encoding="utf-8", errors="replace") as f:
            return own_cost(f, os.path.basename(module))


def own_cost(lines, module):
    """(of everything, of what stands below ob=MODULE). The line after calls= is what the callee took."""
    total, own, ours, callee = 0, 0, False, False
    for line in lines:
        if line.startswith("ob="):
            ours = os.path.basename(line[3:].strip()) == module
        elif line.startswith("calls="):
            callee = True
        elif re.match(r"^[0-9]+ [0-9]+$", line):
            cost = 0 if callee else int(line.split()[1])
            total, own, callee = total + cost, own + (cost if ours else 0), False
    return total, own
