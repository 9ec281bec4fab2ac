# SPDX-License-Identifier: BSD-3-Clause
"""Small programs on libcurl's other two builds, which Debian has beside curl's own: GnuTLS and NSS.

The program is libcurl_program.py, a process for each visit, on the distribution's Python: no package for developers is
needed, of which the two cannot both be installed.
"""
import ctypes
import os
import subprocess

from .base import SYSTEM_BUNDLE, Client, accepted, error, over_mounted, refused
from .gnutls import GnuTls
from .nss import make_database

PROGRAM = os.path.join(os.path.dirname(os.path.realpath(__file__)), "libcurl_program.py")
# CURLE_SSL_CACERT (and PEER_FAILED_VERIFICATION) is 60; older builds have 51 for a certificate of another host.
CERTIFICATE_STATUSES = (51, 60)
REUSED_SERIAL = "same issuer/serial as an existing cert"  # SEC_ERROR_REUSED_ISSUER_AND_SERIAL, a handshake's failure


def missing_library(name, package):
    try:
        ctypes.CDLL(name)
    except OSError:
        return f"{name} (Debian: {package})"
    return None


def judged(outcome, marker):
    """The verdict on (exit status, page, messages) of the program."""
    status, page, messages = outcome
    if status == 0 and marker and marker in page:
        return accepted()
    if status in CERTIFICATE_STATUSES or REUSED_SERIAL in messages:
        return refused(messages)
    return error(f"{messages.strip() or f'exit status {status}'} ({len(page)} characters of page)")


class LibcurlGnuTls(GnuTls):
    name = "gnutls-curl"
    programs = ("python3", "unshare", "mount")
    library = "libcurl-gnutls.so.4"

    @classmethod
    def missing(cls):
        return super().missing() or missing_library(cls.library, "libcurl3-gnutls")

    def visit(self, host, port=443, marker=None):
        argv = ["/usr/bin/python3", "-I", "-B", PROGRAM, self.library, "pkcs11:", f"https://{host}:{port}/"]
        try:
            return judged(self.run(over_mounted(self.binds, argv)), marker)
        except subprocess.TimeoutExpired:
            return error("timeout")


class LibcurlNss(Client):
    name = "nss-curl"
    programs = ("python3", "certutil", "modutil")
    packages = "libnss3-tools"
    library = "libcurl-nss.so.4"

    @classmethod
    def missing(cls):
        return super().missing() or missing_library(cls.library, "libcurl3-nss")

    def start(self):
        self.database = make_database(self, self.path("nssdb"))

    def visit(self, host, port=443, marker=None):
        argv = ["/usr/bin/python3", "-I", "-B", PROGRAM, self.library, SYSTEM_BUNDLE, f"https://{host}:{port}/"]
        env = self.environment(SSL_DIR=self.database.removeprefix("sql:"))
        try:
            return judged(self.run(argv, env=env), marker)
        except subprocess.TimeoutExpired:
            return error("timeout")
