# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the command line share: certificates from openssl(1), and the program in a clean environment."""
import datetime
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

NOW = 1800000000  # 2027-01-15
DAY = 86400
PROGRAM = os.environ.get("PDANE_CLI", "")


def run(command, data=b"", env=None, **more):
    clean = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    clean.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    clean.update(env or {})
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean, timeout=60,
                          check=False, **more)


def openssl(*words, data=b""):
    done = run(["openssl", *words], data)
    if done.returncode:
        raise RuntimeError(f"openssl {' '.join(words)}: {done.stderr.decode(errors='replace')}")
    return done.stdout


class Maker:
    """Certificates as files NAME.pem in a directory of their own."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="p11-dane-cli-")

    def close(self):
        shutil.rmtree(self.dir)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)
        return self.path(name)

    def key(self, name, kind):
        options = {"ec": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
                   "p521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
                   "rsa1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]}[kind]
        openssl("genpkey", *options, "-out", self.path(f"{name}.key"))

    def make(self, name, subject, extensions=(), *, signer=None, days=None, kind="ec"):
        """A certificate, self-signed without signer; days: from now on, from a day ago to a year ahead otherwise."""
        self.key(name, kind)
        with open(self.path("v3.cnf"), "w", encoding="utf-8") as f:
            f.write("\n".join(["[req]", "distinguished_name=dn", "utf8=yes", "[dn]", "[v3]", *extensions]) + "\n")
        request = ["req", "-new", "-key", self.path(f"{name}.key"), "-subj", subject, "-utf8", "-config",
                   self.path("v3.cnf")]
        openssl(*request, "-out", self.path(f"{name}.csr"))
        issuer = signer or name
        start, end = (NOW - DAY, NOW + 365 * DAY) if days is None else (NOW - DAY, NOW + days * DAY)
        self.sign(name, issuer, start, end)
        return self.path(f"{name}.pem")

    def sign(self, name, issuer, start, end):
        self.write("index.txt", b"")
        with open(self.path("ca.cnf"), "w", encoding="ascii") as f:
            f.write(f"[ca]\ndefault_ca=c\n[c]\ndatabase={self.path('index.txt')}\nrand_serial=yes\ndefault_md=sha256\n"
                    f"policy=p\nunique_subject=no\nnew_certs_dir={self.dir}\nemail_in_dn=no\n[p]\n"
                    "commonName=optional\norganizationName=optional\n")
        who = ["-selfsign"] if issuer == name else ["-cert", self.path(f"{issuer}.pem")]
        openssl("ca", "-batch", "-notext", "-utf8", "-config", self.path("ca.cnf"), *who, "-keyfile",
                self.path(f"{issuer}.key"), "-in", self.path(f"{name}.csr"), "-out", self.path(f"{name}.pem"),
                "-startdate", self.stamp(start), "-enddate", self.stamp(end), "-extfile", self.path("v3.cnf"),
                "-extensions", "v3")

    @staticmethod
    def stamp(seconds):
        return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y%m%d%H%M%SZ")

    def read(self, name, kind="pem"):
        with open(self.path(f"{name}.{kind}"), "rb") as f:
            return f.read()

    def chain(self, name, *parts):
        return self.write(f"{name}.pem", b"".join(self.read(p) for p in parts))

    def tlsa(self, name, usage=3, selector=1, matching=1):
        """Computed with openssl(1), not with what is tested."""
        if selector:
            pem = openssl("x509", "-in", self.path(f"{name}.pem"), "-noout", "-pubkey")
            data = openssl("pkey", "-pubin", "-outform", "DER", data=pem)
        else:
            data = openssl("x509", "-in", self.path(f"{name}.pem"), "-outform", "DER")
        data = {0: lambda d: d, 1: lambda d: hashlib.sha256(d).digest(), 2: lambda d: hashlib.sha512(d).digest()}[
            matching](data)
        return f"{usage} {selector} {matching} {data.hex()}"


class CliCase(unittest.TestCase):
    """One Maker for all tests of a class; what it makes is in make_all."""
    command = ""
    maker = None

    @classmethod
    def setUpClass(cls):
        cls.maker = Maker()
        cls.make_all(cls.maker)

    @classmethod
    def tearDownClass(cls):
        cls.maker.close()

    @classmethod
    def make_all(cls, maker):
        raise NotImplementedError

    def call(self, *words, data=b"", env=None):
        return run([PROGRAM, self.command, *words], data, env)

    def usage_error(self, *words, says, data=b""):
        """Exit status 64, a message that names what is wrong, and nothing on standard output."""
        done = self.call(*words, data=data)
        self.assertEqual((done.returncode, done.stdout), (64, b""), done.stderr)
        self.assertIn(says, done.stderr.decode("ascii"))


def main():
    if not PROGRAM or not shutil.which("openssl"):
        print("PDANE_CLI is not set, or openssl(1) is missing")
        sys.exit(77)
    unittest.main(verbosity=2)
