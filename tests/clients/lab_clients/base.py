# SPDX-License-Identifier: BSD-3-Clause
"""What all clients share: the verdict, the clean environment, the fresh home, processes that always end.

Must not know any particular client.
"""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

ACCEPTED, REFUSED, UNAVAILABLE, ERROR = "accepted", "refused", "unavailable", "error"
EXIT_STATUS = {ACCEPTED: 0, REFUSED: 1, UNAVAILABLE: 77, ERROR: 2}

# tests/clients/lab_clients/base.py -> the top of the source tree
SOURCE_DIR = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


class Verdict:
    """What a client made of a site.

    `refused` means that the client rejected the certificate. Every other way not to get the page (no such
    name, no connection, an empty answer, a timeout) is `error`: a site that is down must not pass for a site
    that was refused.
    """

    def __init__(self, word, reason=""):
        self.word = word
        self.reason = " ".join(reason.split())

    def __str__(self):
        return f"{self.word} {self.reason}".strip()

    @property
    def exit_status(self):
        return EXIT_STATUS[self.word]


def accepted():
    return Verdict(ACCEPTED)


def refused(reason):
    return Verdict(REFUSED, reason)


def error(reason):
    return Verdict(ERROR, reason)


# What clients say when they and the server have no kind of signature in common, or when they end the handshake because of
# the key itself.
NO_HANDSHAKE = re.compile(r"NO_CYPHER_OVERLAP|CIPHER_MISMATCH|HANDSHAKE_FAILURE|alert handshake failure|Handshake failed|"
                          r"TLS fatal alert|WEAK_SERVER_CERT_KEY")


class SetupError(Exception):
    """The client could not be prepared or started; says nothing about the site."""


class Setup:
    """What a client is run with: the module (a path, or None for none), public CAs, a daemon, limits.

    certs is what a client of OpenSSL has in the module's place: the daemon's certificate directory.
    """

    def __init__(self, module=None, ca_files=(), socket=None, timeout=30.0, keep_home=None, certs=None):
        self.module = os.path.realpath(module) if module else None
        self.ca_files = [os.path.realpath(f) for f in ca_files]
        self.socket = socket
        self.timeout = timeout
        self.keep_home = keep_home
        self.certs = os.path.realpath(certs) if certs else None


class Client:
    """One client with a home of its own: `with Client(setup) as c: c.visit(host)`.

    Visits share whatever process the client has; for a browser that is one process for all of them.
    """

    name = ""
    programs = ()  # what must be on the machine
    packages = ""  # where Debian has it

    def __init__(self, setup):
        self.setup = setup
        self.home = None

    @classmethod
    def missing(cls):
        """What is missing on this machine for this client, or None."""
        absent = [p for p in cls.programs if not shutil.which(p, path="/usr/bin:/bin:/usr/sbin:/sbin")]
        return f"{' '.join(absent)} (Debian: {cls.packages})" if absent else None

    def __enter__(self):
        if self.setup.keep_home:
            self.home = os.path.realpath(self.setup.keep_home)
            os.makedirs(self.home, exist_ok=True)
        else:
            self.home = tempfile.mkdtemp(prefix="p11-dane-client-")
        try:
            os.makedirs(self.path("tmp"), exist_ok=True)
            os.makedirs(self.path("run"), mode=0o700, exist_ok=True)
            self.start()
        except BaseException as e:
            self.__exit__()
            if isinstance(e, (OSError, EOFError)):
                raise SetupError(f"{self.name}: {e}") from e
            raise
        return self

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            if not self.setup.keep_home:
                shutil.rmtree(self.home, ignore_errors=True)

    def start(self):
        """Prepares self.home; starts what serves all visits."""

    def stop(self):
        """Ends what start() began. Called once, also when start() failed half way."""

    def visit(self, host, port=443, marker=None):
        """Fetches https://HOST/ and tells whether the page with the marker came."""
        raise NotImplementedError

    def path(self, *parts):
        return os.path.join(self.home, *parts)

    def environment(self, **more):
        """The whole environment: what this machine sets (SSL_CERT_FILE ...) would decide trust for us."""
        env = {
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": self.home,
            "TMPDIR": self.path("tmp"),
            "XDG_RUNTIME_DIR": self.path("run"),
            "LANG": "C.UTF-8",
        }
        if self.setup.socket:
            env["P11_DANE_SOCKET"] = self.setup.socket
        env.update(more)
        return env

    def run(self, argv, stdin=b"", timeout=None, env=None):
        """Runs a program to its end; (status, stdout, stderr). TimeoutExpired ends its whole process group."""
        with Process(argv, env or self.environment(), stdin=subprocess.PIPE,
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
            out, err = p.popen.communicate(stdin, timeout=timeout or self.setup.timeout)
            return p.popen.returncode, out.decode(errors="replace"), err.decode(errors="replace")

    def prepare(self, argv):
        """Runs a program that must succeed for the client to be set up at all."""
        try:
            status, out, err = self.run(argv, timeout=60)
        except (OSError, subprocess.TimeoutExpired) as e:
            raise SetupError(f"{argv[0]}: {e}") from e
        if status != 0:
            raise SetupError(f"{argv[0]}: exit status {status}: {err or out}")
        return out


class Process:
    """A child in a process group of its own; leaving the `with` ends the group, however many it became."""

    niceness = 0  # of later ones: tests that measure time let clients wait for the CPU, not what clients wait for

    def __init__(self, argv, env, **popen_arguments):
        self.popen = subprocess.Popen(argv, env=env, cwd="/", start_new_session=True, **popen_arguments)
        if self.niceness:
            self._be_nice()

    def _be_nice(self):
        """A session may be scheduled as a group, which has a niceness of its own."""
        try:
            os.setpriority(os.PRIO_PROCESS, self.popen.pid, self.niceness)
            with open(f"/proc/{self.popen.pid}/autogroup", "w", encoding="ascii") as f:
                f.write(str(self.niceness))
        except OSError:
            pass  # it has ended, or there are no such groups

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self, grace=0.0):
        """SIGTERM and, after grace seconds, SIGKILL to the group."""
        if grace > 0 and self.popen.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self.popen.wait(grace)
            except subprocess.TimeoutExpired:
                pass
        self._signal(signal.SIGKILL)
        self.popen.wait()
        for stream in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            if stream:
                stream.close()

    def _signal(self, number):
        try:
            os.killpg(self.popen.pid, number)
        except ProcessLookupError:
            pass


def wait_for(condition, timeout, what):
    """Polls until condition() is true; programs that tell when they are ready only by a file need this."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise SetupError(f"{what}: not within {timeout:g} s")
        time.sleep(0.02)


def over_mounted(binds, argv):
    """argv, run in a mount namespace of its own in which each (source, target) of binds is bind-mounted.

    This is how configuration that lives in the system's directories is supplied without touching the machine.
    """
    script = 'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 125; shift 2; done; shift; exec "$@"'
    # Without root there is still a user namespace to be root of.
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    pairs = [p for bind in binds for p in bind]
    return [*unshare, "sh", "-c", script, "over-mounted", *pairs, "--", *argv]


def http_request(host):
    return f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


def find_line(text, *needles):
    """The first line that holds one of needles, stripped, or an empty string."""
    for line in text.splitlines():
        if any(n in line for n in needles):
            return line.strip()
    return ""
