# SPDX-License-Identifier: BSD-3-Clause
"""Programs on GnuTLS that take their trust from p11-kit when their configuration says `pkcs11:`: wget and git."""
import subprocess

from .base import accepted, error, find_line, over_mounted, refused
from .gnutls import GnuTls


class Wget(GnuTls):
    name = "gnutls-wget"
    programs = ("wget", "unshare", "mount")
    packages = "wget"

    def start(self):
        super().start()
        with open(self.path("wgetrc"), "w", encoding="ascii") as f:
            f.write("ca_certificate = pkcs11:\n")

    def visit(self, host, port=443, marker=None):
        argv = ["wget", "--no-verbose", "--tries=1", "--no-proxy", "--no-hsts", "--output-document=-",
                f"https://{host}:{port}/"]
        try:
            status, page, messages = self.run(over_mounted(self.binds, argv),
                                              env=self.environment(WGETRC=self.path("wgetrc")))
        except subprocess.TimeoutExpired:
            return error("timeout")
        if status == 0 and marker and marker in page:
            return accepted()
        # Status 5 is "SSL verification failure", and a handshake that failed: the words tell.
        why = find_line(messages, "ERROR: The certificate of", "ERROR: The certificate", "owner does not match")
        if status == 5 and why:
            return refused(why)
        why = find_line(messages, "rror", "failed") or f"exit status {status}"
        return error(f"{why} ({len(page)} characters of page)")


class Git(GnuTls):
    """git ls-remote. The lab has no repositories: what git says of the page shows that it got it."""

    name = "gnutls-git"
    programs = ("git", "unshare", "mount")
    packages = "git"

    def start(self):
        super().start()
        with open(self.path(".gitconfig"), "w", encoding="ascii") as f:
            f.write('[http]\n\tsslCAInfo = "pkcs11:"\n')

    def visit(self, host, port=443, marker=None):
        argv = ["git", "ls-remote", f"https://{host}:{port}/"]
        env = self.environment(GIT_TERMINAL_PROMPT="0", GIT_CONFIG_NOSYSTEM="1")
        try:
            status, _, messages = self.run(over_mounted(self.binds, argv), env=env)
        except subprocess.TimeoutExpired:
            return error("timeout")
        if "not valid: is this a git repository?" in messages:
            return accepted()
        if "certificate" in messages:
            return refused(find_line(messages, "certificate"))
        return error(find_line(messages, "fatal", "rror") or f"exit status {status}")
