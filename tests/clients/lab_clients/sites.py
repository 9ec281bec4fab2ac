# SPDX-License-Identifier: BSD-3-Clause
"""The lab's table of sites (tests/lab/sites.tsv), as far as clients are concerned. Its head describes the columns."""
import os

from .base import SOURCE_DIR

TABLE = os.path.join(SOURCE_DIR, "tests", "lab", "sites.tsv")
COLUMNS = ("name", "host", "cert", "tlsa", "dns", "outcome", "reason", "watch", "first", "public",
           "firefox", "chromium", "nss", "gnutls", "note")
# What a user types to get to a site, where that is not the name that its certificate has.
TYPED = {"idn-typed": "b\u00fccherei.good.test", "dot": "dot.good.test."}


class Site:
    """One row; every column is an attribute."""

    def __init__(self, values):
        for column, value in zip(COLUMNS, values):
            setattr(self, column, value)
        self.marker = f"LAB-PAGE {self.name}"
        self.typed = TYPED.get(self.name, self.host)

    def expected(self, column):
        """accept, refuse, or - when there is no page to reach."""
        return getattr(self, column)


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
