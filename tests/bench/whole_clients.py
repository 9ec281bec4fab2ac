# SPDX-License-Identifier: BSD-3-Clause
"""What p11-dane costs whole clients that have no use for it, and what it takes of their memory: rows for scripts/bench.

Each client works through certificates that a public authority could have signed, with the module beside it and without,
in turns. The daemon is bench_serve, or is not there. Times to page are page_times', which runs in the lab.
"""
import concurrent.futures
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "clients"))
# pylint: disable=wrong-import-position
import turns
from lab_clients import base, gnutls, nss

TESTS = os.path.dirname(HERE)
KINDS = ("ec", "rsa")
LEAVES = 4000
HOSTS = 2000      # of which the daemon has evidence
REMEMBERED = (10, 100)
LAB_SECONDS = {True: 300, False: 2400}
ENGINES = ("classic", "pkix")
ROUNDS, LAUNCHES = 60, 10
COUNTED = ("without", "with", "no daemon", "empty")


class Bench:
    """Where things are, and how much is to be done."""

    def __init__(self, directory, socket, quick):
        self.programs = os.path.join(directory, "tests", "bench")
        self.module = os.path.join(directory, "module", "p11-dane.so")
        self.socket = socket
        self.quick = quick

    def program(self, name):
        return os.path.join(self.programs, name)

    def missing(self, *names):
        return [n for n in names if not os.path.exists(self.program(n))]


def skip(what, why):
    print(f"skipped: {what}: {why}", file=sys.stderr)


def make_chain(bench, directory, kind):
    path = os.path.join(directory, kind)
    os.makedirs(path)
    subprocess.run([bench.program("bench_chain"), path, kind, str(500 if bench.quick else LEAVES), "same"], check=True)
    return path


def variants(bench):
    """{name: what the client is set up with}: the first is what the others are compared with."""
    return {
        "without": {},
        "with": {"module": bench.module, "socket": bench.socket},
        "no daemon": {"module": bench.module, "socket": bench.socket + ".none"},
    }


def other_tokens(bench):
    """Modules in ours' place: one that does nothing, the least that any costs, and one that any machine may have."""
    tokens = {"empty": {"module": bench.program("bench_empty.so")}}
    path = subprocess.run(["pkg-config", "--variable=p11_module_path", "p11-kit-1"], stdout=subprocess.PIPE, text=True,
                          check=False).stdout.strip()
    path = os.path.join(path, "p11-kit-trust.so")
    return tokens | ({"p11-kit-trust": {"module": path}} if os.path.exists(path) else {})


# ---- NSS ----

class Copied(nss.Database):
    """Another client's database, down to the order of its pages, with a module more."""

    original = None

    def start(self):
        shutil.copytree(self.original, self.path("nssdb"))
        self.database = "sql:" + self.path("nssdb")
        self.prepare(["modutil", "-dbdir", self.database, "-add", nss.MODULE_NAME, "-libfile", self.setup.module, "-force"])


class Databases:
    """An NSS database for each variant, with the root of a chain in it."""

    def __init__(self, bench, chain):
        cas = {"ca_files": [os.path.join(chain, "root.pem")]}
        self.clients = {name: (Copied if "module" in setup else nss.Database)(base.Setup(**cas, **setup))
                        for name, setup in (variants(bench) | other_tokens(bench)).items()}

    def __enter__(self):
        for client in self.clients.values():
            if isinstance(client, Copied):
                client.original = self.clients["without"].path("nssdb")
            client.__enter__()
        return {name: (c.database, c.environment()) for name, c in self.clients.items()}

    def __exit__(self, *_):
        for client in self.clients.values():
            client.__exit__()


def measure_nss(bench, chains):
    """{"ec classic": {variant: figures}}"""
    lacking = bench.missing("bench_nss", "bench_empty.so") or [p for p in ("certutil", "modutil") if not shutil.which(p)]
    if lacking:
        skip("NSS", f"{' '.join(lacking)} missing (Debian: libnss3-dev libnss3-tools)")
        return {}
    out = {}
    for kind, chain in chains.items():
        with Databases(bench, chain) as databases:
            for engine in ENGINES:
                programs = {name: turns.Program([bench.program("bench_nss"), database, chain, engine], env)
                            for name, (database, env) in databases.items()}
                out[f"{kind} {engine}"] = in_turns(bench, programs)
    return out


def in_turns(bench, programs):
    """Times, and how many instructions it takes whom, of which so many are the module's own."""
    if bench.quick:
        return turns.in_turns(programs, 20, 10)
    figures = turns.in_turns(programs, 20, ROUNDS, LAUNCHES)
    names = [name for name in COUNTED if name in programs]
    # Not in turns: who else works makes no difference to a count.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, counts in zip(names, pool.map(lambda name: turns.instructions(programs[name], bench.module), names)):
            if counts:
                figures[name] |= dict(zip(("instructions", "own_instructions"), counts))
    return figures


# ---- GnuTLS ----

class Server:
    """A program that prints a line when it is ready, and serves from `with` to its end. That line."""

    def __init__(self, *command):
        self.command = command

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE)
        line = self.process.stdout.readline().decode().strip()
        if not line:
            self.__exit__()
            raise turns.Failed(" ".join(self.command))
        return line

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Mounted:
    """What p11-kit is to load for each variant, where p11-kit looks for it, and the root in the system's bundle."""

    def __init__(self, bench, chain):
        self.clients = {name: gnutls.GnuTls(base.Setup(ca_files=[os.path.join(chain, "root.pem")], **setup))
                        for name, setup in variants(bench).items()}

    def __enter__(self):
        for client in self.clients.values():
            client.__enter__()
        return self

    def __exit__(self, *_):
        for client in self.clients.values():
            client.__exit__()

    def programs(self, *argv):
        return {name: turns.Program(argv, c.environment(), functools.partial(base.over_mounted, c.binds))
                for name, c in self.clients.items()}


def https(bench, chain):
    return Server(bench.program("bench_gnutls"), "--serve", chain)


def can_mount():
    done = subprocess.run(base.over_mounted([], ["true"]), stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def measure_gnutls(bench, chains):
    """{"ec": {variant: figures}}"""
    lacking = bench.missing("bench_gnutls")
    if lacking or not can_mount():
        skip("GnuTLS", f"{' '.join(lacking)} missing (Debian: libgnutls28-dev)" if lacking else "no mount namespaces")
        return {}
    out = {}
    for kind, chain in chains.items():
        with Mounted(bench, chain) as mounted, https(bench, chain) as port:
            programs = mounted.programs(bench.program("bench_gnutls"), "pkcs11:", port)
            out[kind] = in_turns(bench, programs)
    return out


def measure_wget(bench, chain):
    """{variant: figures} of whole processes."""
    if not shutil.which("wget") or bench.missing("bench_gnutls") or not can_mount():
        skip("wget", "wget, bench_gnutls or mount namespaces missing")
        return {}
    with Mounted(bench, chain) as mounted, https(bench, chain) as port, tempfile.NamedTemporaryFile("w") as wgetrc:
        wgetrc.write("ca_certificate = pkcs11:\n")
        wgetrc.flush()
        command = ["wget", "--quiet", "--tries=1", "--no-proxy", "--no-hsts", "--output-document=/dev/null",
                   f"https://localhost:{port}/"]
        programs = mounted.programs(sys.executable, "-B", os.path.join(HERE, "run_in_turns.py"), *command)
        for program in programs.values():
            program.env["WGETRC"] = wgetrc.name
        return turns.in_turns(programs, 1, 5 if bench.quick else 40)


# ---- memory, names ----

def run(*command, **options):
    """The figures that a program prints, by name."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=300, check=False, **options)
    if done.returncode:
        raise turns.Failed(" ".join(command))
    figures = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {f.pop("name"): f for f in figures}


def measure_memory(bench):
    """{hosts: {"private": KB, "file": KB, "table": KB}}"""
    out = {}
    for hosts in REMEMBERED:
        f = run(bench.program("bench_memory"), bench.module, bench.socket, str(hosts))
        out[str(hosts)] = {name: figure["value"] for name, figure in f.items()}
    return out


def measure_pages(directory, quick):
    """page_times' figures: {"names": ..., client: ...}; empty where there can be no lab."""
    lab, tests_lab = os.path.join(directory, "lab"), os.path.join(TESTS, "lab")
    made = subprocess.run([os.path.join(tests_lab, "make-lab"), lab], stdout=subprocess.PIPE, text=True, check=False)
    if made.returncode:
        skip("time to page", made.stdout.strip() or "no lab")
        return {}
    with tempfile.NamedTemporaryFile("r", suffix=".json") as out:
        command = [os.path.join(tests_lab, "in-lab"), "--timeout", str(LAB_SECONDS[quick]), lab,
                   os.path.join(HERE, "page_times"), "--build", directory, *(["--quick"] if quick else []), out.name,
                   "openssl-curl", "firefox", "chromium"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
        if done.returncode:
            skip("time to page", f"the lab ended with {done.returncode}")
            return {}
        return json.load(out)


def measure(directory, quick):
    """All figures of whole clients, for whole_rows.py and for bench.json."""
    out = {}
    with tempfile.TemporaryDirectory(prefix="p11-dane-whole-") as run_directory:
        bench = Bench(directory, os.path.join(run_directory, "socket"), quick)
        chains = {kind: make_chain(bench, run_directory, kind) for kind in KINDS}
        with Server(bench.program("bench_serve"), bench.socket, str(HOSTS // 10 if quick else HOSTS)):
            out["nss"] = measure_nss(bench, chains)
            out["gnutls"] = measure_gnutls(bench, chains)
            out["wget"] = measure_wget(bench, chains["rsa"])
            out["memory"] = measure_memory(bench)
        out["nsswitch"] = run(bench.program("bench_nsswitch"), os.path.join(directory, "module", "libnss_dane.so.2"))
    out["pages"] = measure_pages(os.path.realpath(directory), quick)
    return out
