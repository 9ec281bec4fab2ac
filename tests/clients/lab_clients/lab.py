# SPDX-License-Identifier: BSD-3-Clause
"""What a test changes in the lab it runs in: daemons of its own, and the name-service plugin. Knows no clients."""
import os
import re
import signal
import subprocess
import time

from .base import SetupError

STOP_TIMEOUT = 10.0


def require(program):
    """Ends a program that was started outside the lab."""
    if "LAB_RUN" not in os.environ:
        raise SystemExit(f"{program}: runs inside the lab only: tests/lab/in-lab LAB tests/clients/{program} ...")


def tool(name):
    return os.path.join(os.environ["LAB_BIN"], name)


class Daemon:
    """p11-daned of a build, from `with` to its end. It knows nothing yet, and watches no hosts unless told to."""

    def __init__(self, build, name, *settings):
        self.name = name
        self.directory = os.path.join(os.environ["LAB_RUN"], name)
        self.socket = os.path.join(self.directory, "socket")
        self.certs = os.path.join(self.directory, "certs")
        self.command = [tool("start-daemon"), build, "--name", name]
        for setting in ("lookup.watch=", *settings):
            self.command += ["--set", setting]
        self.pid = None

    def __enter__(self):
        done = subprocess.run(self.command, stdout=subprocess.PIPE, timeout=60, check=False)
        if done.returncode:
            raise SetupError(f"{self.name}: the daemon did not start")
        self.pid = int(re.search(r"LAB_DAEMON_PID=(\d+)", done.stdout.decode()).group(1))
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGTERM)
        end = time.monotonic() + STOP_TIMEOUT
        while os.path.exists(f"/proc/{self.pid}"):
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                raise SetupError(f"{self.name}: SIGTERM did not end the daemon")
            time.sleep(0.02)

    def lookups(self):
        """[{key: value}] of the lookups so far, in the order in which they ended."""
        with open(os.path.join(self.directory, "log"), encoding="utf-8", errors="replace") as f:
            fields = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in f]
        return [f for f in fields if f.get("event") == "lookup"]


class Plugin:
    """The name-service plugin of a build, in place from `with` to its end."""

    def __init__(self, build):
        self.library = os.path.join(build, "module", "libnss_dane.so.2")

    def __enter__(self):
        self._install(self.library)
        return self

    def __exit__(self, *_):
        self._install("--remove")

    @staticmethod
    def _install(what):
        done = subprocess.run([tool("install-hints"), what], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=60, check=False)
        if done.returncode:
            raise SetupError(f"install-hints: {done.stdout.decode()}")
