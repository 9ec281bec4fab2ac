# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the daemon as a service share: a daemon that asks nobody, and the service manager's end of things."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
TIMEOUT = 30.0  # a sanitizer's build on a busy machine takes its time


class Failed(Exception):
    """A check that did not hold."""


def check(condition, what):
    if not condition:
        raise Failed(what)
    print(f"ok: {what}")


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def wait_until(condition, what, timeout=TIMEOUT):
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {timeout:.0f} s")
        time.sleep(0.02)


class Directory:
    """A directory of its own with a configuration of which nothing leads to the network."""

    def __init__(self, **daemon):
        self.path = tempfile.mkdtemp(prefix="pdane-")  # short: a socket's path has a limit
        os.chmod(self.path, 0o755)
        keys = {"socket": f"{self.path}/run/socket", "state-dir": f"{self.path}/state", "user": "", **daemon}
        self.socket = keys["socket"]
        self.certs = f"{self.path}/certs"
        with open(f"{self.path}/conf", "w", encoding="ascii") as f:
            f.write("[daemon]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items()) +
                    f"[dns]\nforward = none\n[openssl]\ndirectory = {self.certs}\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def log(self):
        try:
            with open(f"{self.path}/log", encoding="utf-8", errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def start(self, command, env=None, **more):
        with open(f"{self.path}/log", "ab") as log:
            return subprocess.Popen(command, env={"PATH": os.environ["PATH"], **sanitizer_options(), **(env or {})},
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, **more)


def sanitizer_options():
    return {k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}


class Manager:
    """Hears what the daemon says to its service manager."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.settimeout(TIMEOUT)

    def hear(self):
        try:
            return dict(line.partition("=")[::2] for line in self.socket.recv(4096).decode().splitlines())
        except TimeoutError:
            raise Failed("the daemon says nothing") from None


def ask(path, data=b"?", timeout=TIMEOUT):
    """What the daemon answers to one message; b"" when it only hangs up."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.settimeout(timeout)
        s.connect(path)
        s.send(data)
        return s.recv(131072)


MALFORMED = b"malformed"  # in the ERROR that a message like "?" is answered with


def ended(process):
    try:
        return process.wait(TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        raise Failed("the daemon does not end") from None


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def run(*checks, explain=None):
    """Runs each check; exit status 1 when one fails, after explain() has printed more."""
    for one in checks:
        print(f"== {one.__name__}", flush=True)
        try:
            one()
        except (Failed, OSError, subprocess.SubprocessError) as e:
            print(f"FAILED: {e!r}", flush=True)
            if explain:
                explain()
            sys.exit(1)
