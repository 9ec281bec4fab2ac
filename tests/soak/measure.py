# SPDX-License-Identifier: BSD-3-Clause
"""What a process needs, second by second: sampled, judged, written as a table and plotted. Knows nothing of what goes on."""
import json
import os
import shutil
import statistics
import subprocess
import time

COLUMNS = ("seconds", "pss_kib", "rss_kib", "descriptors", "certificates", "hosts", "client_pss_kib",
           "client_descriptors")
# A heap is not as even as what lies in it.
MARGIN, MARGIN_KIB = 0.05, 1024
POINTS = 300  # of a plotted line
PLOT = """\
set terminal svg size 900,700 background "white"
set output "{directory}/soak.svg"
set datafile separator "\\t"
set key autotitle columnhead outside top center horizontal
set xlabel "seconds"
set multiplot layout 3,1
set yrange [0:*]
set ylabel "PSS, MiB"
plot "{table}" using 1:($2/1024) with lines title "daemon", "" using 1:($7/1024) with lines title "client process"
set ylabel "descriptors"
plot "{table}" using 1:4 with lines title "daemon", "" using 1:8 with lines title "client process"
set ylabel "known"
plot "{table}" using 1:5 with lines title "certificates", "" using 1:6 with lines title "hosts"
unset multiplot
"""


def memory_kib(pid):
    """(PSS, RSS)"""
    found = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        for line in f:
            words = line.split()
            if words[0] in ("Pss:", "Rss:"):
                found[words[0]] = int(words[1])
    return found["Pss:"], found["Rss:"]


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Sampler:
    """client: returns the process id of a client that lives long, or None."""

    def __init__(self, daemon, program, client):
        self.daemon, self.program, self.client = daemon, program, client
        self.start, self.samples = time.monotonic(), []

    def known(self):
        env = {"PATH": os.environ["PATH"], "P11_DANE_SOCKET": self.daemon.socket}
        done = subprocess.run([self.program, "status", "--json"], env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30, check=False)
        try:
            return json.loads(done.stdout)["known"]
        except (ValueError, KeyError):
            return {"certificates": 0, "hosts": 0}

    def sample(self):
        known, pid = self.known(), self.daemon.process.pid
        pss, rss = memory_kib(pid)
        out = dict(zip(COLUMNS, (round(time.monotonic() - self.start, 1), pss, rss, descriptors(pid),
                                 known["certificates"], known["hosts"], 0, 0)))
        if client := self.client():
            try:
                out["client_pss_kib"], out["client_descriptors"] = memory_kib(client)[0], descriptors(client)
            except (OSError, KeyError):
                pass  # not yet, or no longer
        return out

    def take(self):
        self.samples.append(self.sample())

    def quiet(self, like, seconds):
        """A sample of the daemon with nothing to do, as soon as it has no more descriptors than an earlier one, and at the
        latest after so many seconds."""
        end = time.monotonic() + seconds
        while True:
            out = self.sample()
            if time.monotonic() > end or (like and out["descriptors"] <= like["descriptors"]):
                return out
            time.sleep(0.5)

    def quarter(self, number, column):
        """The median of a quarter of all samples, the first being 0."""
        n = len(self.samples)
        part = [s[column] for s in self.samples[n * number // 4:n * (number + 1) // 4] if s[column]]
        return statistics.median(part) if part else 0


def judge(out, sampler, before, after):
    """before, after: samples of the daemon at rest."""
    out.note(f"at rest, before: {before}")
    out.note(f"at rest, after:  {after}")
    out.check(len(sampler.samples) >= 20, "there are samples", str(len(sampler.samples)))
    out.check(after["descriptors"] <= before["descriptors"], "no descriptor is left",
              f"{before['descriptors']} before, {after['descriptors']} after")
    for column, what in (("pss_kib", "the daemon's memory"), ("client_pss_kib", "the client process's memory")):
        second, last = sampler.quarter(1, column), sampler.quarter(3, column)
        out.note(f"{what}: second quarter {second:.0f} KiB, last quarter {last:.0f} KiB")
        out.check(0 < last <= second * (1 + MARGIN) + MARGIN_KIB, f"{what} is constant", f"{second} KiB, then {last} KiB")
    second, last = sampler.quarter(1, "client_descriptors"), sampler.quarter(3, "client_descriptors")
    out.check(last <= second, "the client process's descriptors are constant", f"{second}, then {last}")
    second, last = sampler.quarter(1, "certificates"), sampler.quarter(3, "certificates")
    out.check(0 < last <= second + 4, "so is the evidence", f"{second}, then {last} certificates")


def write(directory, sampler, visits):
    with open(f"{directory}/samples.tsv", "w", encoding="ascii") as f:
        f.write("\t".join(COLUMNS) + "\n")
        for sample in sampler.samples:
            f.write("\t".join(str(sample[c]) for c in COLUMNS) + "\n")
    with open(f"{directory}/visits.tsv", "w", encoding="ascii") as f:
        f.write("seconds\tclient\thost\tverdict\ttook\n")
        for began, client, host, word, took in visits:
            f.write(f"{began:.1f}\t{client}\t{host}\t{word}\t{took:.3f}\n")


def thin(directory):
    """Of so many samples that follow each other the most: what a plot has room for, and peaks stay."""
    with open(f"{directory}/samples.tsv", encoding="ascii") as f:
        head, *lines = f.read().splitlines()
    rows = [[float(word) for word in line.split("\t")] for line in lines]
    step = -(-len(rows) // POINTS) or 1
    with open(f"{directory}/plot.tsv", "w", encoding="ascii") as f:
        f.write(head + "\n")
        for at in range(0, len(rows), step):
            f.write("\t".join(f"{max(column):g}" for column in zip(*rows[at:at + step])) + "\n")
    return f"{directory}/plot.tsv"


def plot(directory):
    """True when there is gnuplot, and it made DIRECTORY/soak.svg."""
    if not shutil.which("gnuplot"):
        return False
    text = PLOT.format(directory=directory, table=thin(directory))
    return subprocess.run(["gnuplot"], input=text.encode(), timeout=60, check=False).returncode == 0
