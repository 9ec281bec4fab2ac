# SPDX-License-Identifier: BSD-3-Clause
"""Reads sites.tsv, and says which address each site has. Knows nothing of how sites are made."""
import os
from dataclasses import dataclass

HERE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
SITES_FILE = os.path.join(HERE, "sites.tsv")
CLIENTS = ("firefox", "chromium", "nss", "gnutls", "openssl")
COLUMNS = ("name", "host", "cert", "tlsa", "dns", "outcome", "reason", "watch", "first", "public", *CLIENTS, "note")
FIRST_ADDRESS = 10  # 10.53.1.10 is the first site's; where 10.53.1 ends, 10.53.3 goes on
ADDRESSES = 245
# Where every program connects and the daemon does not ([lookup] allow-loopback=no): what it knows of these, it has from
# DNS alone.
LOOPBACK = {"no-probe": "127.53.1.1", "no-probe-310": "127.53.1.2", "no-probe-311": "127.53.1.3",
            "no-probe-200": "127.53.1.4"}
# What is neither yes nor no is a slip of the pen that would weaken a test unseen.
WORDS = {"watch": {"yes", "no"}, "public": {"yes", "no"}, **{c: {"accept", "refuse", "cannot", "-"} for c in CLIENTS}}


@dataclass(frozen=True)
class Site:
    """One row of sites.tsv; fields are named as its columns."""
    name: str
    host: str
    cert: str
    tlsa: str
    dns: str
    outcome: str
    reason: str
    watch: str
    first: str
    public: str
    firefox: str
    chromium: str
    nss: str
    gnutls: str
    openssl: str
    note: str
    address: str

    @property
    def served(self):
        """A TLS server answers at its address."""
        return self.cert != "-" and "unserved" not in self.modifiers

    @property
    def watchable(self):
        """Its name fits on a line of the daemon's configuration."""
        return len(self.host) < 180

    @property
    def served_as(self):
        """Name of the site whose certificate it has."""
        return self.cert[1:] if self.cert.startswith("=") else self.name

    @property
    def kind(self):
        return self.cert.partition("/")[0]

    @property
    def base(self):
        return self.kind.partition("+")[0].partition(":")[0]

    @property
    def other(self):
        """Name of the site that its kind speaks of, or an empty string."""
        return self.kind.partition("+")[0].partition(":")[2]

    @property
    def modifiers(self):
        return self.kind.split("+")[1:]

    @property
    def key(self):
        return self.cert.partition("/")[2]


def parse(lines, path):
    sites = []
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\n")
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != len(COLUMNS):
            raise ValueError(f"{path}:{number}: {len(cells)} columns instead of {len(COLUMNS)}")
        row = dict(zip(COLUMNS, cells))
        for column, words in WORDS.items():
            if row[column] not in words:
                raise ValueError(f"{path}:{number}: column {column} is \"{row[column]}\"")
        net, number = divmod(len(sites), ADDRESSES)
        address = LOOPBACK.get(row["name"], f"10.53.{1 + 2 * net}.{FIRST_ADDRESS + number}")
        sites.append(Site(address=address, **row))
    return sites


def load(path=SITES_FILE):
    """Every site, in the order of the table."""
    with open(path, encoding="utf-8") as f:
        sites = parse(f, path)
    names = {s.name for s in sites}
    if len(names) != len(sites) or len({s.host for s in sites}) != len(sites):
        raise ValueError(f"{path}: a name or host stands there twice")
    if len(sites) > 2 * ADDRESSES:
        raise ValueError(f"{path}: more sites than addresses")
    for s in sites:
        for other in (s.first, s.served_as, s.other or "-"):
            if other not in {*names, "-"}:
                raise ValueError(f"{path}: site {s.name} names {other}, which does not exist")
    return sites
