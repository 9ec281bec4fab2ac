# SPDX-License-Identifier: BSD-3-Clause
"""The first process inside the lab's namespaces: sets up the network and /etc, starts the servers, waits until they
answer, runs one command, and ends everything. When it dies, the kernel ends all that is left in its PID namespace.
"""
import argparse
import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
sys.path.insert(0, HERE)
# pylint: disable=wrong-import-position
from labnet import config, dns, table, zones

RUN = config.RUN
ETC = RUN + "/etc"
START_TIMEOUT = 20.0
STOP_TIMEOUT = 3.0
SANITIZER_TIMEOUT = 20.0  # to look for leaks
FINDING = re.compile(r"(Address|Thread|Leak|UndefinedBehavior)Sanitizer|runtime error:")
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


class LabError(Exception):
    """Something of the lab itself, not of the command, did not work."""


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=30, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(command)}: {done.stdout.decode(errors='replace').strip()}")


def write(path, text):
    if os.path.lexists(path):
        os.unlink(path)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def set_up_network():
    run("ip", "link", "set", "lo", "up")
    # On the loopback device a whole prefix becomes local, so each server binds the address it likes.
    run("ip", "addr", "add", "10.53.0.1/16", "dev", "lo")


def set_up_files(directory):
    """A /run and an /etc of the lab's own: the machine's resolver, name service cache, message bus and configuration
    are out of reach, and a test may write to /etc as it likes."""
    # A container may not let us mount proc; then pids in /proc are those outside, which no client minds.
    subprocess.run(["mount", "-t", "proc", "proc", "/proc"], stderr=subprocess.DEVNULL, timeout=30, check=False)
    run("mount", "-t", "tmpfs", "-o", "mode=755", "lab", "/run")
    for d in ("log", "access", "home", "tmp", "xdg", "etc", "zones"):
        os.makedirs(f"{RUN}/{d}", mode=0o700 if d in ("home", "xdg") else 0o755)
    for zone in zones.ZONES:
        if zone.versions > 1:
            shutil.copy(f"{directory}/zones/{zone.name}", f"{RUN}/zones/")
    # What an ordinary user cannot read is not needed.
    subprocess.run(["cp", "-r", "--preserve=mode,timestamps,links", "/etc/.", ETC], stderr=subprocess.DEVNULL,
                   timeout=60, check=False)
    write(f"{ETC}/resolv.conf", f"nameserver {config.CLIENT_RESOLVER}\noptions timeout:5 attempts:1\n")
    write(f"{ETC}/hosts", "127.0.0.1 localhost\n")
    write(f"{ETC}/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nnetworks: files\nservices: files\n"
          "protocols: files\n")
    add_public_ca(directory)
    run("mount", "--bind", ETC, "/etc")


def add_public_ca(directory):
    """Makes the Lab Public CA one of the system's, for every reader of the store: one file, or hashed files."""
    with open(f"{directory}/public-ca.pem", encoding="ascii") as f:
        pem = f.read()
    bundle = f"{ETC}/ssl/certs/ca-certificates.crt"
    with open(bundle, encoding="ascii") as f:
        text = f.read()
    write(bundle, text + pem)
    done = subprocess.run(["openssl", "x509", "-noout", "-hash"], input=pem.encode(), stdout=subprocess.PIPE,
                          check=True, timeout=30)
    write(f"{ETC}/ssl/certs/{done.stdout.decode().strip()}.0", pem)


def commands(directory, sites):
    """name -> command of each server."""
    out = {f"nsd-{name}": ["nsd", "-d", "-c", f"{directory}/nsd-{name}.conf"] for name in config.NSD_INSTANCES}
    for name in ("client", "strict"):
        out[f"unbound-{name}"] = ["unbound", "-d", "-p", "-c", f"{directory}/unbound-{name}.conf"]
    out["nginx"] = ["nginx", "-e", f"{RUN}/log/nginx.log", "-c", f"{directory}/nginx.conf"]
    tarpit = next(s.address for s in sites if s.name == "tarpit")
    out["odd-servers"] = [sys.executable, "-B", f"{HERE}/labnet/odd_servers.py", tarpit]
    return out


def environment(directory, extra):
    env = {
        "PATH": PATH, "HOME": f"{RUN}/home", "TMPDIR": f"{RUN}/tmp", "XDG_RUNTIME_DIR": f"{RUN}/xdg",
        "LANG": "C.UTF-8", "USER": "root", "LOGNAME": "root", "SHELL": "/bin/sh",
        "LAB_DIR": directory, "LAB_RUN": RUN, "LAB_BIN": HERE, "LAB_SITES": table.SITES_FILE,
        "LAB_PUBLIC_CA": f"{directory}/public-ca.pem", "LAB_ROOT_ANCHOR": f"{directory}/root-anchor",
        "LAB_UNBOUND_CONF": f"{directory}/unbound-daemon.conf", "LAB_STRICT_RESOLVER": config.STRICT_RESOLVER,
    }
    if "TERM" in os.environ:
        env["TERM"] = os.environ["TERM"]
    for item in extra:
        name, _, value = item.partition("=")
        env[name] = value
    return env


def connects(address, port):
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True


def questions(sites):
    """(what is waited for, function that says whether it answers)"""
    good = next(s for s in sites if s.name == "good")
    for server, name in ((zones.ROOT_SERVER, "."), (zones.TLD_SERVER, "test"), (zones.HOSTS_SERVER, "good.test"),
                         (zones.DROP_TLSA, "drop-tlsa.test"), (config.CLIENT_RESOLVER, "good.test"),
                         (config.STRICT_RESOLVER, "good.test")):
        yield f"DNS at {server}", lambda s=server, n=name: dns.answers(s, n, 1.0)
    tarpit = next(s for s in sites if s.name == "tarpit")
    for site in (good, tarpit):
        yield f"{site.name} at {site.address}", lambda a=site.address: connects(a, 443)


class Lab:
    """The servers, and the command among them."""

    def __init__(self, directory, env):
        self.sites, self.env = table.load(), env
        self.servers = {}
        for name, command in commands(directory, self.sites).items():
            # A session of its own: the terminal's Ctrl-C is for the command.
            with open(f"{RUN}/log/{name}.out", "wb") as out:
                self.servers[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                                      env=env, start_new_session=True)
            write(f"{RUN}/{name}.pid", f"{self.servers[name].pid}\n")

    def wait_until_answering(self):
        end = time.monotonic() + START_TIMEOUT
        for what, answers in questions(self.sites):
            while not answers():
                self.check_servers()
                if time.monotonic() > end:
                    raise LabError(f"no answer from {what} within {START_TIMEOUT:.0f} s")
                time.sleep(0.05)
        self.check_servers()

    def check_servers(self):
        for name, process in self.servers.items():
            if process.poll() is not None:
                raise LabError(f"{name} ended with status {process.returncode}:\n{self.last_words(name)}")

    @staticmethod
    def last_words(name):
        text = ""
        for suffix in ("out", "log"):
            try:
                with open(f"{RUN}/log/{name}.{suffix}", encoding="utf-8", errors="replace") as f:
                    text += f.read()
            except OSError:
                pass
        return text[-2000:].strip()

    def stop(self):
        for process in self.servers.values():
            if process.poll() is None:
                process.terminate()
        end = time.monotonic() + STOP_TIMEOUT
        for process in self.servers.values():
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def reap(pid, timeout):
    """Waits for one process and buries every orphan on the way: this is process 1. Its exit status, or 124."""
    end = time.monotonic() + timeout
    while True:
        info = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if info is None:
            if time.monotonic() > end:
                print(f"in-lab: the command took longer than {timeout:.0f} s", file=sys.stderr)
                os.kill(pid, signal.SIGKILL)
                return 124
            time.sleep(0.01)
        elif info.si_pid == pid:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        else:
            os.waitpid(info.si_pid, 0)


def start_daemon(args, env):
    command = [f"{HERE}/start-daemon", args.daemon]
    for item in args.set:
        command += ["--set", item]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, timeout=120, check=False)
    if done.returncode:
        raise LabError("the daemon did not start")
    for line in done.stdout.decode().splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        env[name] = value


def sanitized_daemons():
    """The daemons that still run and were built with a sanitizer."""
    pids = []
    for path in glob.glob("/proc/[0-9]*"):
        try:
            with open(f"{path}/comm", encoding="ascii") as comm, open(f"{path}/maps", encoding="utf-8") as maps:
                if comm.read() == "p11-daned\n" and re.search(r"/lib[atu]\w*san\.so", maps.read()):
                    pids.append(int(path.rpartition("/")[2]))
        except (OSError, UnicodeDecodeError):
            pass
    return pids


def end_sanitized_daemons():
    """In their own time: what is leaked shows at the end."""
    for pid in sanitized_daemons():
        os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + SANITIZER_TIMEOUT
    while sanitized_daemons() and time.monotonic() < end:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        time.sleep(0.02)


def findings():
    """What sanitizers have said in the daemons' logs."""
    said = []
    for conf in glob.glob(f"{RUN}/*/p11-dane.conf"):
        log = f"{os.path.dirname(conf)}/log"
        if os.path.exists(log):
            with open(log, encoding="utf-8", errors="replace") as f:
                said += [f"{log}: {line.strip()}" for line in f if FINDING.search(line)]
    return said


def keep_logs(directory):
    daemons = [e.name for e in os.scandir(RUN) if os.path.exists(f"{e.path}/p11-dane.conf")]
    for part in ("log", "access", *daemons):
        shutil.copytree(f"{RUN}/{part}", f"{directory}/{part}", dirs_exist_ok=True,
                        ignore=lambda d, names: [n for n in names if not os.path.isfile(f"{d}/{n}")])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--timeout", type=float, default=900)
    p.add_argument("--daemon")
    p.add_argument("--set", action="append", default=[])
    p.add_argument("--setenv", action="append", default=[])
    p.add_argument("--keep-logs")
    p.add_argument("directory")
    p.add_argument("command", nargs=argparse.REMAINDER)
    args = p.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _: sys.exit(128 + n))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    env, lab, status = environment(args.directory, args.setenv), None, 125
    try:
        set_up_files(args.directory)
        set_up_network()
        lab = Lab(args.directory, env)
        lab.wait_until_answering()
        if args.daemon:
            start_daemon(args, env)
        # The command gets SIGINT as it would outside.
        command = subprocess.Popen(args.command, env=env,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        status = reap(command.pid, args.timeout)
    except (LabError, OSError, subprocess.SubprocessError) as e:
        print(f"in-lab: {e}", file=sys.stderr)
    finally:
        if lab:
            lab.stop()
        end_sanitized_daemons()
        if args.keep_logs:
            keep_logs(args.keep_logs)
    for line in findings():
        print(f"in-lab: {line}", file=sys.stderr)
        status = status or 1
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
