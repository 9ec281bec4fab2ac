# SPDX-License-Identifier: BSD-3-Clause
"""A machine below a directory, for p11-dane-admin to work on: the files that it looks at, with content that is hard to
put back, and two people's homes. P11_DANE_ADMIN_ROOT leads it there; nothing of the real machine is written.
"""
import json
import os
import shutil
import stat
import subprocess
import tempfile
import unittest

SOURCE = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
ADMIN = os.path.join(SOURCE, "scripts", "p11-dane-admin")
BUILD = os.environ.get("PDANE_BUILD", "")
MODULE = "/usr/lib/p11-dane-test/p11-dane.so"
STATE = "var/lib/p11-dane-admin"
IS_ROOT = os.geteuid() == 0
ALICE, BOB = 41001, 41002

NSSWITCH = """# how names are found
passwd:         files
hosts:\t\tfiles mdns4_minimal [NOTFOUND=return] dns # the office's
networks:       files
"""
# Not as jq would write it, and without an end of its last line.
POLICIES = """{ "policies":{"DisableTelemetry" : true,
\t"SecurityDevices": { "Add": {"card": "/usr/lib/card.so"} } } }"""
PKCS11_TXT = """library=
name=NSS Internal PKCS #11 Module
parameters=configdir='sql:/home/alice/.pki/nssdb' certPrefix='' keyPrefix='' secmod='' flags= updatedir=''
NSS=Flags=internal,critical trustOrder=75 cipherOrder=100 slotParams=(1={askpw=any timeout=30})

library=/usr/lib/card.so
name=card

"""
WGETRC = "# the office's\ntries = 3"
GITCONFIG = "[user]\n\tname = Somebody\n"
# How the root's keys begin.
KSK_2024 = "AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJNnOAlFNKF2jBosZBU5eeHspaQ"
KSK_2017 = "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWX"


def missing_programs():
    return [p for p in ("jq", "modutil", "sha256sum", "flock", "setpriv", "dash") if not shutil.which(p)]


EVERYTHING = frozenset(("thunderbird", "wget", "git", "openssl", "skel", "bob", "databases"))


class Machine:
    """parts: what there is besides p11-kit, Firefox, nsswitch.conf and alice."""

    def __init__(self, parts=EVERYTHING):
        # In memory if possible: what is written is synced each time.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None
        self.root = tempfile.mkdtemp(prefix="p11-dane-admin-test-", dir=memory)
        os.chmod(self.root, 0o755)
        self.base()
        self.programs(parts)
        self.people(parts)

    def close(self):
        shutil.rmtree(self.root)

    def path(self, name):
        return os.path.join(self.root, name.lstrip("/"))

    def write(self, name, content=b"", mode=0o644, owner=None):
        path = self.path(name)
        made = [p for p in self.parents(path) if not os.path.exists(p)]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(content.encode() if isinstance(content, str) else content)
        os.chmod(path, mode)
        for p in [*made, path]:
            self.own(p, owner)
        return path

    @staticmethod
    def parents(path):
        while path != "/":
            path = os.path.dirname(path)
            yield path

    @staticmethod
    def own(path, owner):
        if owner and IS_ROOT:
            os.chown(path, owner, owner, follow_symlinks=False)

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read().decode()

    def exists(self, name):
        return os.path.lexists(self.path(name))

    def base(self):
        for directory in ("etc", "var/lib", "usr/lib", "tmp"):
            os.makedirs(self.path(directory))
        self.write("etc/nsswitch.conf", NSSWITCH)
        self.write("usr/lib/firefox-esr/application.ini")
        self.write("etc/firefox/policies/policies.json", POLICIES, 0o640)
        self.write("usr/share/dns/root.key", f". IN DNSKEY 257 3 8 {KSK_2024}\n")
        os.makedirs(self.path(os.path.dirname(MODULE)))
        os.symlink(os.path.join(BUILD, "module", "p11-dane.so"), self.path(MODULE))
        os.symlink(os.path.join(BUILD, "module", "libnss_dane.so.2"), self.path("usr/lib/libnss_dane.so.2"))

    def programs(self, parts):
        self.write("usr/lib/x86_64-linux-gnu/libgnutls.so.30", b"\0/etc/ssl/certs/ca-certificates.crt\0")
        if "thunderbird" in parts:
            self.write("usr/lib/thunderbird/application.ini")
        if "wget" in parts:
            self.write("etc/wgetrc", WGETRC)
            self.write("usr/bin/wget", b"\0libgnutls.so.30\0", 0o755)
        if "git" in parts:
            self.write("etc/gitconfig", GITCONFIG, 0o600)
            self.write("usr/lib/git-core/git-remote-https", b"\0libcurl-gnutls.so.4\0", 0o755)
        for directory in (*(("etc/profile.d", "etc/ssl/certs", "usr/lib/systemd") if "openssl" in parts else ()),
                          *(("etc/skel",) if "skel" in parts else ())):
            os.makedirs(self.path(directory))

    def people(self, parts):
        people = ["root:x:0:0:root:/root:/bin/sh", "svc:x:999:999::/home/svc:/bin/sh"]
        for name, uid in (("alice", ALICE), ("bob", BOB)) if "bob" in parts else (("alice", ALICE),):
            people.append(f"{name}:x:{uid}:{uid}::/home/{name}:/bin/bash")
            os.makedirs(self.path(f"home/{name}"))
            os.chmod(self.path(f"home/{name}"), 0o700)
            self.own(self.path(f"home/{name}"), uid)
        self.write("etc/passwd", "\n".join(people) + "\n")
        if "databases" in parts:
            self.write("home/alice/.pki/nssdb/pkcs11.txt", PKCS11_TXT, 0o600, ALICE)
            self.write("home/alice/.local/share/pki/nssdb/cert9.db", b"", 0o600, ALICE)

    def admin(self, *words, path=None, **env):
        """(exit status, standard output, standard error)"""
        environment = {"PATH": path or "/usr/bin:/bin:/usr/sbin:/sbin", "P11_DANE_ADMIN_ROOT": self.root,
                       "P11_DANE_ADMIN_MODULE": MODULE, "TMPDIR": self.path("tmp"), "LANG": "C.UTF-8", **env}
        done = subprocess.run(["dash", ADMIN, *words], env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def report(self, *words, **env):
        """(exit status, {target or target/user: state}, the whole)"""
        status, out, err = self.admin(*words, "--json", **env)
        try:
            whole = json.loads(out)
        except ValueError as e:
            raise AssertionError(f"{e}: {out}{err}") from e
        states = {t["target"] + (f"/{t['user']}" if t["user"] else ""): t["state"]
                  for t in whole["targets"] + whole["checks"]}
        return status, states, whole

    def snapshot(self, times=False):
        """What every file is, byte for byte, with mode and owner."""
        out = {}
        for directory, names, files in os.walk(self.root):
            for name in names + files:
                path = os.path.join(directory, name)
                s = os.lstat(path)
                content = b""
                if stat.S_ISLNK(s.st_mode):
                    content = os.readlink(path).encode()
                elif stat.S_ISREG(s.st_mode):
                    with open(path, "rb") as f:
                        content = f.read()
                time = s.st_mtime_ns // 10**9 if times and stat.S_ISREG(s.st_mode) else 0
                out[os.path.relpath(path, self.root)] = (oct(s.st_mode), s.st_uid, s.st_gid, time, content)
        return out


def without_state(snapshot):
    return {k: v for k, v in snapshot.items() if not (k + "/").startswith(STATE + "/")}


def with_parts(*parts):
    """For a test that needs no more than these; whole machines take their time."""
    def mark(function):
        function.parts = frozenset(parts)
        return function
    return mark


class MachineCase(unittest.TestCase):
    parts = EVERYTHING
    maxDiff = 4000

    def setUp(self):
        method = getattr(self, self._testMethodName)
        self.machine = Machine(getattr(method, "parts", self.parts))
        self.addCleanup(self.machine.close)

    def same(self, before, after):
        changed = sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))
        self.assertEqual({k: before.get(k) for k in changed}, {k: after.get(k) for k in changed})

    def ok(self, *words, **env):
        status, out, err = self.machine.admin(*words, **env)
        self.assertEqual((status, err), (0, ""), out + err)
        return out


def main():
    missing = missing_programs()
    if missing:
        print(f"skipped: missing {' '.join(missing)}")
        raise SystemExit(77)
    unittest.main(verbosity=1)
