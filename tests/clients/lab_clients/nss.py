# SPDX-License-Identifier: BSD-3-Clause
"""NSS's own programs with the module in a certificate database, added as an administrator would: with modutil.

tstclnt verifies with the classic engine; NSS_ENABLE_PKIX_VERIFY makes the same program use libpkix, the default of
later NSS. vfychain verifies a chain from files, without a host name and without a page.
"""
import re
import subprocess

from .base import Client, SetupError, accepted, error, find_line, http_request, refused

MODULE_NAME = "p11-dane"
CONNECT_ATTEMPTS = 8


class Database(Client):
    """An NSS database in the client's home."""

    packages = "libnss3-tools"

    def start(self):
        self.database = make_database(self, self.path("nssdb"))


def make_database(client, directory):
    """Makes an NSS database with the setup's module and public CAs, and returns its name for NSS."""
    client.prepare(["mkdir", "-p", directory])
    database = "sql:" + directory
    client.prepare(["certutil", "-N", "-d", database, "--empty-password"])
    for n, ca in enumerate(client.setup.ca_files):
        client.prepare(["certutil", "-A", "-d", database, "-n", f"lab public CA {n}", "-t", "C,,", "-i", ca])
    if client.setup.module:
        client.prepare(["modutil", "-dbdir", database, "-add", MODULE_NAME, "-libfile", client.setup.module,
                        "-force"])
        # A module without a usable slot is added, too, and then never asked.
        listing = client.prepare(["modutil", "-dbdir", database, "-list", MODULE_NAME, "-force"])
        if "Status: Enabled" not in listing:
            raise SetupError(f"modutil: {client.setup.module} has no slot: {listing}")
    return database


class Tstclnt(Database):
    name = "nss"
    programs = ("tstclnt", "certutil", "modutil")
    engine = {}  # what chooses the verifier

    def visit(self, host, port=443, marker=None):
        request = self.path("request")
        with open(request, "wb") as f:
            f.write(http_request(host))
        argv = ["tstclnt", "-d", self.database, "-h", host, "-p", str(port), "-V", "tls1.2:", "-A", request]
        env = self.environment(**self.engine)
        for _ in range(CONNECT_ATTEMPTS):
            try:
                status, page, messages = self.run(argv, env=env)
            except subprocess.TimeoutExpired:
                return error("timeout")
            # tstclnt tries one address of a host; asked again, the name server turns them round.
            if "PR_CONNECT_REFUSED_ERROR" not in messages:
                break
        if status == 0 and marker and marker in page:
            return accepted()
        found = re.search(r"(?:authentication of server cert|write to SSL socket) failed: (SEC_ERROR_[A-Z_0-9]+|"
                          r"SSL_ERROR_BAD_CERT_DOMAIN)", messages)
        if found:
            return refused(found.group(1))
        why = find_line(messages, "ERROR", "rror", "failed") or f"exit status {status}"
        return error(f"{why} ({len(page)} characters of page)")


class TstclntPkix(Tstclnt):
    name = "nss-pkix"
    engine = {"NSS_ENABLE_PKIX_VERIFY": "1"}


class Vfychain(Database):
    """Certificates as the server sends them, verified for the usage of a TLS server.

    There is no page to judge by and no host name is compared; the exact words of success are required instead.
    """

    name = "nss-vfychain"
    programs = ("vfychain", "certutil", "modutil", "openssl")
    packages = "libnss3-tools openssl"

    def visit(self, host, port=443, marker=None):
        try:
            chain = self._fetch_chain(host, port)
            if not chain:
                return error("no certificates from the server")
            files = [word for path in chain for word in ("-a", path)]
            status, out, messages = self.run(["vfychain", "-d", self.database, "-u", "1", *files])
        except subprocess.TimeoutExpired:
            return error("timeout")
        text = out + messages
        if status == 0 and text.strip() == "Chain is good!":
            return accepted()
        if "Chain is bad!" in text:
            return refused(find_line(text, "ERROR").removeprefix("ERROR ") or "chain is bad")
        if "-8054" in text:  # SEC_ERROR_REUSED_ISSUER_AND_SERIAL, met while reading the file
            return refused(find_line(text, "-8054"))
        return error(find_line(text, "rror") or f"exit status {status}")

    def _fetch_chain(self, host, port):
        _, out, _ = self.run(["openssl", "s_client", "-connect", f"{host}:{port}", "-servername", host,
                              "-showcerts"])
        paths = []
        for n, pem in enumerate(re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", out, re.S)):
            paths.append(self.path(f"chain-{n}.pem"))
            with open(paths[-1], "w", encoding="ascii") as f:
                f.write(pem + "\n")
        return paths
