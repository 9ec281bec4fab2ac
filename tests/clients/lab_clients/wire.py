# SPDX-License-Identifier: BSD-3-Clause
"""The lab with resolvers far away: what programs ask and what the daemon asks, each behind lab/slow-dns. Knows no
clients."""
import os
import subprocess
import time

from . import base, lab

DELAY_MS = 100
# Where slow-dns listens, and for whom it asks. The daemon's sees signatures as they are.
PROGRAMS, DAEMON = "10.53.0.60", "10.53.0.61"
RESOLVER, VALIDATING_RESOLVER = "10.53.0.53", "10.53.0.54"
A, DNSKEY, TLSA = "1", "48", "52"


class Wire:
    """Both resolvers, DELAY_MS away, from `with` to its end.

    untold: hosts of which the daemon is told the address (A), and no more than silence about all else.
    """

    def __init__(self, untold=()):
        self.path = os.path.join(os.environ["LAB_RUN"], "log", "slow-dns")
        self.command = [lab.tool("slow-dns"), "--log", self.path]
        for host in untold:
            self.command += ["--untold", f"{DAEMON}={host}"]
        self.command += [str(DELAY_MS), f"{PROGRAMS}={RESOLVER}", f"{DAEMON}={VALIDATING_RESOLVER}"]
        self.process = self.resolv_conf = None

    def __enter__(self):
        with open("/etc/resolv.conf", encoding="ascii") as f:
            self.resolv_conf = f.read()
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE)
        if self.process.stdout.readline() != b"ready\n":
            self.__exit__()
            raise base.SetupError("slow-dns did not start")
        self._use(f"nameserver {PROGRAMS}\noptions timeout:5 attempts:1\n")
        return self

    def __exit__(self, *_):
        self._use(self.resolv_conf)
        self.process.terminate()
        self.process.wait()

    @staticmethod
    def _use(text):
        with open("/etc/resolv.conf", "w", encoding="ascii") as f:
            f.write(text)

    def lines(self, since):
        """[(seconds, who listened, name, type)], or "late", milliseconds in the end."""
        with open(self.path, encoding="ascii") as f:
            lines = [line.split() for line in f]
        return [(float(when), *rest) for when, *rest in lines if float(when) >= since]

    def late(self, since):
        """How many milliseconds more than DELAY_MS an answer took, at worst."""
        return max((int(ms) for _, _, what, ms in self.lines(since) if what == "late"), default=0)

    def wait_for_root(self, since):
        """Until a daemon has what every lookup needs; on a real machine it has been up since boot."""
        base.wait_for(lambda: any(asked == [DAEMON, ".", DNSKEY] for _, *asked in self.lines(since)), 10, "root keys")
        time.sleep(3 * DELAY_MS / 1000)

    def asked(self, host, since):
        """{(name, type): seconds} of what the daemon asked about a host or names below it, the first time each."""
        asked = {}
        for when, listen, name, kind in self.lines(since):
            if listen == DAEMON and (name == host or name.endswith("." + host)):
                asked.setdefault((name, kind), when)
        return asked
