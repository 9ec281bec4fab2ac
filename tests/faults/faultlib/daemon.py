# SPDX-License-Identifier: BSD-3-Clause
"""p11-daned of the build under test: started, killed, limited, measured."""
import importlib.machinery
import importlib.util
import os
import signal
import socket
import subprocess
import time

from lab_clients.base import SetupError

from . import wire

TIMEOUT = 30.0
TICK = os.sysconf("SC_CLK_TCK")


def starter():
    """tests/lab/start-daemon, for the configuration that it writes."""
    loader = importlib.machinery.SourceFileLoader("start_daemon", os.path.join(os.environ["LAB_BIN"], "start-daemon"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("start_daemon", loader))
    loader.exec_module(module)
    return module


class Daemon:
    """From `with` to its end; start() again after kill(). It watches no hosts unless told to.

    settings: SECTION.KEY=VALUE; environment: more of it; before: called in the child before the program starts.
    """

    def __init__(self, build, name, *settings, environment=None, before=None):
        self.directory = os.path.join(os.environ["LAB_RUN"], name)
        self.program = os.path.join(build, "src", "p11-daned")
        self.config, self.log = f"{self.directory}/p11-dane.conf", f"{self.directory}/log"
        self.environment, self.before = {**os.environ, **(environment or {})}, before
        os.makedirs(f"{self.directory}/state", exist_ok=True)
        module = starter()
        # The daemon's own user in a directory that others may look into.
        wanted = module.settings(self.directory, ["lookup.watch=", *settings])
        self.socket, self.certs, self.state = wanted["daemon"]["socket"], wanted["openssl"]["directory"], \
            wanted["daemon"]["state-dir"]
        with open(self.config, "w", encoding="utf-8") as f:
            for section, keys in wanted.items():
                f.write(f"[{section}]\n" + "".join(f"{k} = {v}\n" for k, v in module.lines_of(keys)) + "\n")
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
                raise SetupError(f"{self.directory}: SIGTERM did not end the daemon") from None

    def spawn(self):
        """Starts it and does not wait for it to listen."""
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen([self.program, "--config", self.config, "--foreground"],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environment,
                                            preexec_fn=self.before)

    def start(self):
        self.spawn()
        end = time.monotonic() + TIMEOUT
        while not self.listens():
            if self.process.poll() is not None or time.monotonic() > end:
                raise SetupError(f"the daemon does not listen: {self.last_words()}")
            time.sleep(0.01)

    def listens(self):
        try:
            wire.connect(self.socket).close()
        except OSError:
            return False
        return True

    def kill(self):
        self.process.kill()
        self.process.wait()

    def signal(self, number):
        self.process.send_signal(number)

    def alive(self):
        return self.process.poll() is None

    def last_words(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()[-1500:]

    def events(self, name):
        """[{key: value}] of the log's lines with this event=, in their order."""
        with open(self.log, encoding="utf-8", errors="replace") as f:
            fields = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in f]
        return [f for f in fields if f.get("event") == name]

    def outcome(self, host):
        """What came of the last lookup of a host."""
        return next((e["outcome"] for e in reversed(self.events("lookup")) if e["host"] == host), None)

    def cpu(self):
        """Seconds of processor time so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as f:
            fields = f.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def status_kib(self, key):
        """VmRSS, VmSize ... in KiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith(key + ":"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def ask(self, certificate, client=wire.NSS, on_pending=None):
        return wire.ask(self.socket, wire.question(certificate, client), on_pending)

    def ask_until(self, certificate, wanted, seconds):
        """Asks again until the certificate is trusted, or is not (wanted). (last reply, seconds that it took)"""
        start = time.monotonic()
        while True:
            reply = self.ask(certificate)
            took = time.monotonic() - start
            if reply.trusts(certificate) == wanted or took > seconds:
                return reply, took
            time.sleep(0.2)

    def hint(self, name):
        """Brings a host up and waits until it was looked at."""
        return wire.ask(self.socket, wire.hint(name, wait=True))


def unix_socket(path, backlog=64):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.bind(path)
    os.chmod(path, 0o666)
    s.listen(backlog)
    return s
