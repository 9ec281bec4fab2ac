# SPDX-License-Identifier: BSD-3-Clause
"""gnutls-cli with `--x509cafile=pkcs11:`: GnuTLS takes its trust from every p11-kit module with a trust policy. And the
library in a process that lives through many visits.

The modules' configuration is supplied by bind mounts: p11-kit reads system directories, and for root nothing else.
"""
import json
import os
import select
import shutil
import subprocess
import sys

from .base import (SOURCE_DIR, SYSTEM_BUNDLE, Client, Process, SetupError, accepted, error, find_line, http_request,
                   over_mounted, refused)

MODULE_DIR = "/usr/share/p11-kit/modules"
ADMIN_MODULE_DIR = "/etc/pkcs11/modules"
OUR_MODULE_FILE = os.path.join(SOURCE_DIR, "p11-kit", "p11-dane.module")


class GnuTls(Client):
    name = "gnutls"
    programs = ("gnutls-cli", "unshare", "mount")
    packages = "gnutls-bin"
    options = ()

    def start(self):
        self.binds = [(self._module_files(), MODULE_DIR)]
        if os.path.isdir(ADMIN_MODULE_DIR):
            empty = self.path("no-modules")
            os.makedirs(empty, exist_ok=True)
            self.binds.append((empty, ADMIN_MODULE_DIR))
        if self.setup.ca_files:
            self.binds.append((self._bundle(), SYSTEM_BUNDLE))

    def _module_files(self):
        """A directory with what p11-kit shall load: its own trust module and, if asked for, ours."""
        directory = self.path("p11-kit-modules")
        os.makedirs(directory, exist_ok=True)
        trust = os.path.join(MODULE_DIR, "p11-kit-trust.module")
        if not os.path.exists(trust):
            raise SetupError(f"{trust} is missing (Debian: p11-kit-modules)")
        shutil.copy(trust, directory)
        if self.setup.module:
            with open(OUR_MODULE_FILE, encoding="utf-8") as f:
                lines = f.read().splitlines()
            # The file as it is installed, except that the module is where it was built.
            lines = [f"module: {self.setup.module}" if line.startswith("module:") else line for line in lines]
            with open(os.path.join(directory, "p11-dane.module"), "w", encoding="utf-8") as f:
                f.write("\n".join(lines) + "\n")
        return directory

    def _bundle(self):
        """The system's bundle with the public CAs that it lacks, for p11-kit's trust module."""
        with open(SYSTEM_BUNDLE, "rb") as f:
            bundle = f.read()
        for name in self.setup.ca_files:
            with open(name, "rb") as f:
                pem = f.read().strip()
            if pem not in bundle:
                bundle += b"\n" + pem + b"\n"
        path = self.path("ca-certificates.crt")
        with open(path, "wb") as f:
            f.write(bundle)
        return path

    def visit(self, host, port=443, marker=None):
        log = self.path("gnutls-cli.log")
        argv = over_mounted(self.binds, ["gnutls-cli", "--x509cafile=pkcs11:", f"--logfile={log}",
                                         f"--port={port}", *self.options, host])
        try:
            status, page, messages = self.run(argv, stdin=http_request(host))
        except subprocess.TimeoutExpired:
            return error("timeout")
        if status == 0 and marker and marker in page:
            return accepted()
        try:
            with open(log, encoding="utf-8", errors="replace") as f:
                messages = f.read() + messages
        except OSError:
            pass
        reason = find_line(messages, "- Status:").removeprefix("- Status:").strip()
        if "certificate is NOT trusted" in reason:
            return refused(reason.removeprefix("The certificate is NOT trusted. "))
        why = find_line(messages, "***", "annot", "rror") or f"exit status {status}"
        return error(f"{why} ({len(page)} characters of page)")


class GnuTlsProcess(GnuTls):
    """gnutls_process.py, whose head says why it is there."""

    name = "gnutls-process"
    programs = ("unshare", "mount")
    packages = "libgnutls30"

    def start(self):
        self.process = None
        super().start()
        program = os.path.join(os.path.dirname(os.path.realpath(__file__)), "gnutls_process.py")
        argv = over_mounted(self.binds, [sys.executable, "-B", program, "pkcs11:"])
        with open(self.path("gnutls-process.log"), "wb") as log:
            self.process = Process(argv, self.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)

    def stop(self):
        if self.process:
            self.process.end()

    def visit(self, host, port=443, marker=None):
        try:
            self.process.popen.stdin.write(f"{host} {port}\n".encode())
            self.process.popen.stdin.flush()
            if not select.select([self.process.popen.stdout], [], [], self.setup.timeout)[0]:
                return error("timeout")
            status, words, page = json.loads(self.process.popen.stdout.readline())
        except (OSError, ValueError) as e:
            return error(str(e))
        if status:
            return refused(words.removeprefix("The certificate is NOT trusted. "))
        if marker and marker in page:
            return accepted()
        return error(words or f"{len(page)} characters of page")
