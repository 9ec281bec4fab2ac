# SPDX-License-Identifier: BSD-3-Clause
"""The frame of every program here: options, cases one after the other, each with a bound on its time."""
import argparse
import contextlib
import os
import sys
import tempfile
import time
import traceback

from lab_clients import base, report
from labnet import live

from . import certs, daemon, names

WEB = "10.53.9.1"
GOOD = f"good.{names.ZONE}"
WRONG = f"wrong.{names.ZONE}"


class Scene:
    """Servers, names and daemons of one program."""

    def __init__(self, args, directory, zones_below=()):
        self.args, self.directory, self.out = args, directory, report.Report()
        self.key = certs.Key(os.path.join(directory, "leaf.key"))
        self.names = names.Names(directory, [names.Zone(directory, *z) for z in zones_below])
        self.web = live.Web(directory)
        self.leaves, self.records, self.servers = {}, [], None
        self.add(GOOD)
        wrong = self.add(WRONG, tlsa=False)
        self.records.append((f"_443._tcp.{WRONG}", "TLSA", f"3 1 1 {'5a' * 32}"))
        assert wrong.host == WRONG

    def leaf(self, host):
        if host not in self.leaves:
            self.leaves[host] = certs.Leaf(self.directory, host, self.key)
        return self.leaves[host]

    def add(self, host, address=WEB, tlsa=True, ttl=300):
        """A host whose certificate DNS vouches for, unless tlsa is False. Its records go into self.records."""
        leaf = self.leaf(host)
        self.records.append((host, "A", address, ttl))
        if tlsa:
            self.records.append((f"_443._tcp.{host}", "TLSA", leaf.tlsa(), ttl))
        return leaf

    def serve(self, *hosts):
        """nginx with these hosts' certificates, told apart by SNI; good and wrong are always there."""
        self.web.serve([(WEB, h, [self.leaf(h)], "") for h in (GOOD, WRONG, *hosts)])

    def daemon(self, name, *settings, **how):
        return daemon.Daemon(self.args.build, name, *settings, **how)

    @contextlib.contextmanager
    def bound(self, what, seconds):
        """A part that must not take longer; what it raises is a failure."""
        start = time.monotonic()
        try:
            yield
        except (OSError, base.SetupError, ValueError, KeyError) as e:
            self.out.check(False, f"{what}: runs", "".join(traceback.format_exception(e))[-800:])
        took = time.monotonic() - start
        self.out.check(took <= seconds, f"{what}: within {seconds:g} s", f"{took:.2f} s")
        self.out.note(f"{what}: {took:.2f} s")

    def trusted(self, d, host, what, within=None):
        """The host's certificate is vouched for: at the first question, or within some seconds of asking again."""
        reply = d.ask(self.leaf(host).der) if within is None else d.ask_until(self.leaf(host).der, True, within)[0]
        self.out.check(reply.trusts(self.leaf(host).der), f"{what}: {host} is trusted",
                       f"{reply}; {d.outcome(host)}")
        return reply

    def untrusted(self, d, host, what, seconds=None):
        """The host's certificate is not, and that is said in time."""
        reply = d.ask(self.leaf(host).der)
        self.out.check(not reply.items and reply.word == "answer", f"{what}: {host} is not trusted", str(reply))
        if seconds is not None:
            self.out.check(reply.seconds <= seconds, f"{what}: {host}: said within {seconds:g} s", str(reply))
        return reply

    def sound(self, d, what):
        """After a fault: the daemon lives, good is trusted, wrong is not."""
        self.out.check(d.alive(), f"{what}: the daemon lives", "" if d.alive() else d.last_words())
        self.trusted(d, GOOD, what, 8)
        self.untrusted(d, WRONG, what)

    def end(self):
        if self.servers:
            self.servers.end()
        self.web.stop()
        self.names.end()


def require(program):
    if "LAB_RUN" not in os.environ:
        raise SystemExit(f"{program}: runs inside the lab only: tests/lab/in-lab LAB tests/faults/{program} ...")


def main(program, cases, prepare, zones_below=(), options=()):
    """Prepares a scene and runs the cases, each a function of it; the exit status."""
    p = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", required=True, metavar="BUILD", help="build directory of daemon and module")
    p.add_argument("--only", metavar="CASE,...", help="of " + ", ".join(cases))
    for flag, how in options:
        p.add_argument(flag, **how)
    args = p.parse_args()
    args.build = os.path.realpath(args.build)
    require(program)
    with tempfile.TemporaryDirectory(prefix="p11-dane-faults-") as directory:
        os.chmod(directory, 0o755)
        scene = Scene(args, directory, [z if isinstance(z, tuple) else (z,) for z in zones_below])
        try:
            prepare(scene)
            for name in args.only.split(",") if args.only else cases:
                cases[name](scene)
        except (OSError, base.SetupError) as e:
            scene.out.check(False, "the test runs", "".join(traceback.format_exception(e))[-800:])
        finally:
            scene.end()
        return scene.out.finish()
