# SPDX-License-Identifier: BSD-3-Clause
"""Stock programs on OpenSSL, with the daemon's certificate directory in SSL_CERT_DIR. No module is loaded: what brings
a certificate there is the name-service plugin, which is the machine's business, not the client's.
"""
import re
import subprocess

from .base import Client, accepted, error, find_line, http_request, refused

SYSTEM_DIRECTORY = "/etc/ssl/certs"
# What OpenSSL's clients say when the chain or the name is at fault, and nothing else. The last: a signature that the
# supposed issuer cannot have made leaves libcrypto's error where libssl's would be.
CERTIFICATE_WORDS = ("certificate verify failed", "SSL certificate problem", "no alternative certificate subject name",
                     "does not match target host name", "unable to obtain common name",
                     "couldn't get X509-issuer name", "asn1 encoding routines::EVP lib")


class OpenSsl(Client):
    """The environment that all of them share. Public CAs are those of the system."""

    def environment(self, **more):
        directories = [SYSTEM_DIRECTORY] + ([self.setup.certs] if self.setup.certs else [])
        return super().environment(SSL_CERT_DIR=":".join(directories), **more)

    def command(self, host, port):
        """(argv, standard input)"""
        raise NotImplementedError

    def visit(self, host, port=443, marker=None):
        argv, stdin = self.command(host, port)
        try:
            status, page, messages = self.run(argv, stdin=stdin)
        except subprocess.TimeoutExpired:
            return error("timeout")
        if status == 0 and marker and marker in page:
            return accepted()
        why = self.complaint(messages)
        if why:
            return refused(why)
        why = find_line(messages, "rror", "curl:") or f"exit status {status}"
        return error(f"{why} ({len(page)} characters of page)")

    def complaint(self, messages):
        """What is wrong with the certificate, or an empty string."""
        return find_line(messages, *CERTIFICATE_WORDS)


class Curl(OpenSsl):
    name = "openssl-curl"
    programs = ("curl",)
    packages = "curl"
    options = ()

    def command(self, host, port):
        return ["curl", "--silent", "--show-error", "--noproxy", "*", *self.options, f"https://{host}:{port}/"], b""


class Python(OpenSsl):
    """The distribution's Python; another one may bring an OpenSSL and a list of CAs of its own."""

    name = "openssl-python"
    programs = ("python3",)
    packages = "python3-minimal"
    program = """
import ssl, sys, urllib.request
context = ssl.create_default_context()
host = sys.argv[1].encode("idna").decode()  # urllib takes no other
with urllib.request.urlopen(f"https://{host}:{sys.argv[2]}/", context=context, timeout=20) as answer:
    sys.stdout.write(answer.read().decode())
"""

    def command(self, host, port):
        return ["/usr/bin/python3", "-I", "-c", self.program, host, str(port)], b""


class SClient(OpenSsl):
    """A whole request, which goes out only once the certificate is verified."""

    name = "openssl-s_client"
    programs = ("openssl",)
    packages = "openssl"

    def command(self, host, port):
        name = host.removesuffix(".").encode("idna").decode()
        argv = ["openssl", "s_client", "-connect", f"{name}:{port}", "-servername", name, "-verify_hostname", name,
                "-verify_return_error", "-quiet"]
        return argv, http_request(name)

    def complaint(self, messages):
        found = re.search(r"verify error:(.*)", messages)
        return found.group(1) if found and "certificate verify failed" in messages else ""
