# SPDX-License-Identifier: BSD-3-Clause
"""The lab's table of sites (tests/lab/sites.tsv), as far as clients are concerned. Its head describes the columns."""
import os
import re

from .base import SOURCE_DIR

TABLE = os.path.join(SOURCE_DIR, "tests", "lab", "sites.tsv")
COLUMNS = ("name", "host", "cert", "tlsa", "dns", "outcome", "reason", "watch", "first", "public",
           "firefox", "chromium", "nss", "gnutls", "openssl", "note")
# What a user types to get to a site, where that is not the name that its certificate has.
TYPED = {"idn-typed": "b\u00fccherei.good.test", "dot": "dot.good.test."}


# Rows for clients that take their time: of every kind of certificate, record and attack one that stands for it.
SAMPLE = (
    "good", "no-bc", "ca-true", "under-ca", "under-ca-alone", "dual", "cn-only", "odd-dn", "empty-dn", "tlsa-300",
    "alias-own", "wild-only", "multi", "wrong-digest", "no-tlsa", "expired-cert", "ta-211", "ta-200-alone",
    "ta-depth-2", "ta-no-match", "insecure", "bogus-tlsa", "drop-tlsa", "bank", "public-dane", "extra-san", "good-dn",
    "by-ca-true", "by-odd-dn", "by-ta", "below-ta",
)


# Where no anchor can leave out the names that it must not be for, the leaf itself is trusted.
LEAF_INSTEAD = ("ta-wild", "ta-both", "ta-both-www", "ta-nest-san")


def _no_partial_chain(site):
    """Where a certificate that is trusted is not the end of a chain, unless it is self-signed: curl sets
    X509_V_FLAG_PARTIAL_CHAIN, Python does from 3.13 on, s_client when told to."""
    if site.name in LEAF_INSTEAD or "foreign-akid" in site.cert:
        return "refuse"
    names_leaf = any(re.fullmatch(r"3 \d \d", record) for record in site.tlsa.split("; "))
    names_authority = any(re.fullmatch(r"2 \d \d (ca|top)", record) for record in site.tlsa.split("; "))
    if site.cert.startswith("under-ca") and site.outcome == "accepted" and names_leaf and not names_authority:
        return "refuse"
    return None


def _python(site):
    """It compares the dot at a name's end."""
    return "refuse" if site.name == "dot" else _no_partial_chain(site)


# What is accepted for one name, at another.
ELSEWHERE = ("by-homograph", "by-other", "by-uri", "by-underscore", "by-email", "alias-good", "copied-good")


def _no_host(site):
    """Vfychain judges a certificate without a host's name, and without a handshake."""
    return "-" if site.name in (*ELSEWHERE, "san-dot") or site.nss == "cannot" else None


def _met_before(site):
    """A process that met the certificate with this issuer and serial, and was told nothing, is told nothing: the module
    does not say first no, then yes."""
    return "-" if site.name in ("issuer-dn", "issuer-id", "issuer-bare") else None


def _slow_names(site):
    """libpkix, without the module as well, takes longer for ten thousand names than a visit may."""
    return "-" if site.name == "san-10000" else None


def _curl(site):
    """Curl, having verified the certificate, wants to name the issuer, and fails when there is no name; it compares names
    itself, without a dot at the end."""
    return "refuse" if site.cert.startswith("empty-dn/") else "accept" if site.name == "san-dot" else None


# Clients that do not do all that their column says: client -> function(site) that returns accept, refuse, -, or None
# where the column holds.
VARIANTS = {
    "gnutls-process": _met_before,
    "nss-pkix": _slow_names,
    "nss-vfychain": _no_host,
    "openssl-curl": _curl,
    "openssl-python": _python,
    "openssl-s_client": _no_partial_chain,
}


class Site:
    """One row; every column is an attribute."""

    def __init__(self, values):
        for column, value in zip(COLUMNS, values):
            setattr(self, column, value)
        self.marker = f"LAB-PAGE {self.name}"
        self.typed = TYPED.get(self.name, self.host)

    def expected(self, client):
        """accept, refuse, cannot (no handshake), or - when there is no page to reach. What a client's name begins with is its column."""
        variant = VARIANTS.get(client, lambda _: None)(self)
        return variant or getattr(self, client.split("-")[0])

    def untold(self, client):
        """Nothing that the client asks tells the host. GnuTLS also asks by the leaf's own subject, the others by its
        issuer; of OpenSSL nobody is asked."""
        if client.startswith("openssl"):
            return True
        no_name = "odd-dn" in self.cert or "empty-dn" in self.cert
        return no_name or (self.cert.startswith("under-ca") and not client.startswith("gnutls"))


def load(path=TABLE):
    """The sites by name, in the table's order."""
    sites = {}
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            values = line.split("\t")
            if len(values) != len(COLUMNS):
                raise ValueError(f"{path}:{number}: {len(values)} columns, not {len(COLUMNS)}")
            site = Site(values)
            sites[site.name] = site
    for site in sites.values():
        if site.first != "-" and site.first not in sites:
            raise ValueError(f"{path}: {site.name} wants {site.first} first, which does not exist")
    return sites
