# SPDX-License-Identifier: BSD-3-Clause
"""Makes and signs the zones: a root, the TLD test, and one zone for each situation. Knows the sites' certificates
only by the digests in their TLSA records.

Zone kinds of signing: nsec, nsec3, optout, none (unsigned), absent (nobody serves it).
DS in the parent: yes, no, odd (unknown algorithm), other (of another key).
Spoiled after signing: tlsa, address (changed to what is true), expired, expired-tlsa (signatures).
Versions: of a zone that changes while the lab runs (lab-zone); zones/NAME is the first, zones/NAME.2 the second.
"""
import datetime
import glob
import hashlib
import os
import re
import subprocess
from dataclasses import dataclass

from . import der

ROOT_SERVER, TLD_SERVER, HOSTS_SERVER = "10.53.0.1", "10.53.0.2", "10.53.0.3"
DROP_TLSA, FAIL_TLSA, SILENT, SERVFAIL, REFUSING = (f"10.53.0.{n}" for n in range(10, 15))
FAULTS_SERVER = "10.53.0.20"
NOTHING_LISTENS = {"multi.good.test": "10.53.2.1", "no-server.secure.test": "10.53.2.2",
                   "stolen-key.evil.test": "10.53.2.3"}
TTL = 300
SIGNED_FOR = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Zone:
    name: str
    server: str = HOSTS_SERVER
    signing: str = "nsec"
    ds: str = "yes"
    spoil: str = "-"
    ttl: int = TTL
    versions: int = 1


ZONES = [Zone(*row) for row in (
    ("good.test",),
    ("ta.test",),
    ("secure.test",),
    ("bank.test",),
    ("bank2.test",),
    ("evil.test",),
    ("victim.test",),
    ("xn--victm-q2e.test",),  # victim.test, its second letter i Cyrillic: looks the same
    ("nsec3.test", HOSTS_SERVER, "nsec3"),
    ("optout.test", HOSTS_SERVER, "optout"),
    ("insecure.test", HOSTS_SERVER, "none", "no"),
    ("odd-algorithm.test", HOSTS_SERVER, "nsec", "odd"),
    ("wrong-ds.test", HOSTS_SERVER, "nsec", "other"),
    ("bogus-tlsa.test", HOSTS_SERVER, "nsec", "yes", "tlsa"),
    ("bogus-address.test", HOSTS_SERVER, "nsec", "yes", "address"),
    ("expired-tlsa.test", HOSTS_SERVER, "nsec", "yes", "expired-tlsa"),
    ("expired-zone.test", HOSTS_SERVER, "nsec", "yes", "expired"),
    ("drop-tlsa.test", DROP_TLSA),
    ("drop-tlsa-insecure.test", DROP_TLSA, "none", "no"),
    ("fail-tlsa.test", FAIL_TLSA),
    ("silent.test", SILENT, "absent"),
    ("servfail.test", SERVFAIL, "absent"),
    ("refusing.test", REFUSING, "absent"),
    ("short.test", HOSTS_SERVER, "nsec", "yes", "-", 2, 2),
    # What is in these, tests put there while the lab runs (live.py).
    ("servers.test", HOSTS_SERVER, "nsec", "yes", "-", 2, 2),
    ("plain.test", HOSTS_SERVER, "none", "no", "-", 60, 2),
    # tests/faults serves this one itself.
    ("faults.test", FAULTS_SERVER, "absent"),
)]
# Hosts whose TLSA records the second version of their zone has no longer.
WITHDRAWN = {"gone-ee.short.test", "gone-ta.short.test", "gone-pair.short.test"}

# Host -> its canonical name.
ALIASES = {
    "alias.good.test": "alias-target.good.test",
    "alias-own.good.test": "alias-own-target.good.test",
    "alias-both.good.test": "alias-both-target.good.test",
    "alias-two.good.test": "alias-hop.secure.test",
    "alias-hop.secure.test": "alias-two-target.victim.test",
    "www.dname.good.test": "www.dname-target.good.test",
    "alias-insecure.secure.test": "target.insecure.test",
    "alias-then-insecure.secure.test": "alias-hop.insecure.test",
    "alias-hop.insecure.test": "alias-back.good.test",
    "alias-ta.ta.test": "alias-ta-target.ta.test",
    "www.wild-alias.good.test": "wild-alias-target.good.test",
    "wild-beyond.victim.test": "wild-beyond-target.evil.test",
    "alias-good.evil.test": "good.test",
}
# What some other site's host is an alias of, and is a site itself.
ALIASED_SITES = {"good.test"}
# Owner of a DNAME -> its target; the alias of a host below it is synthesised.
DNAMES = {"dname.good.test": "dname-target.good.test"}
# Where a TLSA record is looked for -> where it is.
TLSA_ALIASES = {"_443._tcp.tlsa-alias.good.test": "shared-tlsa.good.test",
                "_443._tcp.wild-lent.victim.test": "lent.wild-lent.evil.test"}
# Host -> the wildcard from which its address or alias is synthesised.
WILDCARDS = {"www.wild-alias.good.test": "*.wild-alias.good.test",
             "www.wild.good.test": "*.wild.good.test", "www.wild-only.good.test": "*.wild-only.good.test",
             "www.wild.ta.test": "*.wild.ta.test", "www.both.ta.test": "*.both.ta.test",
             "www.wild-key.ta.test": "*.wild-key.ta.test"}
HASHES = {0: lambda d: d, 1: lambda d: hashlib.sha256(d).digest(), 2: lambda d: hashlib.sha512(d).digest()}


def zone_of(owner):
    """The zone of ZONES in which a name lies."""
    for zone in ZONES:
        if owner == zone.name or owner.endswith("." + zone.name):
            return zone
    raise ValueError(f"no zone for {owner}")


def alias_chain(host):
    """The names that a host is an alias of, its canonical name last."""
    out = []
    while host in ALIASES:
        host = ALIASES[host]
        out.append(host)
    return out


def leads_elsewhere(host):
    """Whether the server at the end of its aliases is another site's."""
    return bool({host, *alias_chain(host)} & ALIASED_SITES) and host not in ALIASED_SITES


def association(cert, selector, matching):
    """Certificate association data (RFC 6698 section 2.1)."""
    data = cert if selector == 0 else der.certificate_fields(cert)["spki"]
    return HASHES.get(matching, HASHES[1])(data)


def tlsa_records(site, maker):
    """[(owner, rdata), ...] of a site's tlsa column."""
    out = []
    for spec in filter(None, re.split(r";\s*", site.tlsa.strip("-"))):
        m = re.fullmatch(r"(?:(\d+)x )?(\d+) (\d+) (\d+)(?: (wrong|short|ca|top|other))?(?: at (\S+))?", spec)
        if not m:
            raise ValueError(f"site {site.name}: TLSA \"{spec}\" is not understood")
        repeat, usage, selector, matching, twist, owner = m.groups()
        usage, selector, matching = int(usage), int(selector), int(matching)
        owner = owner or f"_443._tcp.{site.host}"
        for certificate in associated(site, maker, twist):
            for i in range(int(repeat or 1)):
                data = association(certificate, selector, matching)
                if twist == "wrong":
                    data = HASHES[matching](data + i.to_bytes(2, "big"))
                elif twist == "short":
                    data = data[:20]
                out.append((owner, f"{usage} {selector} {matching} {data.hex()}"))
    return out


def associated(site, maker, twist):
    """The certificates that a TLSA record of this site speaks of."""
    if twist == "other":
        return [maker.public.cert]
    if twist in ("ca", "top"):
        return [maker.authorities(site.name)[0 if twist == "ca" else -1].cert]
    return [chain[0] for _, chain in maker.of(site.name)]


def address_records(site):
    """[(owner, type, rdata), ...] that lead to a site's server."""
    if zone_of(site.host).signing == "absent" or site.name == "no-host":
        return []
    if site.host in ALIASES:
        chain = [site.host, *alias_chain(site.host)]
        hops = [(WILDCARDS.get(owner, owner), "CNAME", target + ".") for owner, target in zip(chain, chain[1:])
                if not owner.endswith(tuple("." + d for d in DNAMES))]
        return hops if leads_elsewhere(site.host) else [*hops, (chain[-1], "A", site.address)]
    owner = WILDCARDS.get(site.host, site.host)
    if site.served or site.name == "tarpit":
        out = [(owner, "A", site.address)]
    else:
        out = []
    if site.host in NOTHING_LISTENS:
        out.append((owner, "A", NOTHING_LISTENS[site.host]))
    return out


def line_of(owner, kind, rdata):
    """An owner may have a TTL of its own behind it."""
    name, _, ttl = owner.partition(" ")
    return f"{name}. {ttl} IN {kind} {rdata}"


def lines_of(zone, records, serial=1):
    server = f"ns.{zone.name}."
    out = [f"$ORIGIN {zone.name}.", f"$TTL {zone.ttl}",
           f"@ IN SOA {server} hostmaster.{zone.name}. {serial} 3600 900 1209600 60",
           f"@ IN NS {server}", f"{server} IN A {zone.server}"]
    return out + [line_of(*record) for record in records]


class Signer:
    """Keys and signatures of all zones, in one directory."""

    def __init__(self, directory):
        self.dir = directory
        self.now = datetime.datetime.now(datetime.timezone.utc)

    def new_key(self, name):
        """Base name of a new key. One key signs everything: the lab tests validation, not roll-over."""
        done = subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", "-r", "/dev/urandom", name], cwd=self.dir,
                              check=True, stdout=subprocess.PIPE, timeout=60)
        return done.stdout.decode().strip()

    def key_text(self, base, suffix):
        with open(os.path.join(self.dir, f"{base}.{suffix}"), encoding="ascii") as f:
            return f.read()

    def sign(self, name, lines, key, signing="nsec", expired=False):
        """The signed zone as lines. Dates are set a day back: a virtual machine's clock may jump."""
        plain, signed = os.path.join(self.dir, "plain"), os.path.join(self.dir, "signed")
        with open(plain, "w", encoding="ascii") as f:
            f.write("\n".join(lines) + "\n")
        start = self.now - datetime.timedelta(days=60 if expired else 1)
        end = self.now - datetime.timedelta(days=2) if expired else self.now + SIGNED_FOR
        nsec3 = {"nsec": [], "nsec3": ["-n", "-t", "0"], "optout": ["-n", "-t", "0", "-p"]}[signing]
        subprocess.run(["ldns-signzone", *nsec3, "-i", start.strftime("%Y%m%d%H%M%S"), "-e",
                        end.strftime("%Y%m%d%H%M%S"), "-o", name, "-f", signed, plain, key],
                       cwd=self.dir, check=True, timeout=60)
        with open(signed, encoding="ascii") as f:
            return f.read().splitlines()


def lie(records, kind):
    """Records with a falsehood in those of a kind, and a function that puts the truth back after signing."""
    swaps = []
    out = []
    for i, (owner, rtype, rdata) in enumerate(records):
        if rtype == kind:
            false = f"10.53.2.{100 + i}" if kind == "A" else rdata[:-8] + f"{i:08x}"
            swaps.append((false, rdata))
            rdata = false
        out.append((owner, rtype, rdata))

    def truth(lines):
        for false, true in swaps:
            lines = [re.sub(rf"\b{re.escape(false)}$", true, line.rstrip()) for line in lines]
        return lines

    return out, truth


def signed_lines(signer, zone, records, key, serial=1):
    """A zone as it is served, spoiled as it is meant to be."""
    if zone.signing == "none":
        return lines_of(zone, records, serial)
    if zone.spoil in ("tlsa", "address"):
        records, truth = lie(records, {"tlsa": "TLSA", "address": "A"}[zone.spoil])
        return truth(signer.sign(zone.name, lines_of(zone, records), key, zone.signing))
    plain = lines_of(zone, records, serial)
    lines = signer.sign(zone.name, plain, key, zone.signing, expired=zone.spoil == "expired")
    if zone.spoil == "expired-tlsa":
        old = signer.sign(zone.name, plain, key, zone.signing, expired=True)
        is_tlsa = re.compile(r"\sRRSIG\s+TLSA\s").search
        lines = [line for line in lines if not is_tlsa(line)] + [line for line in old if is_tlsa(line)]
    return lines


def ds_lines(signer, zone, key):
    """The delegation's DS in zone test."""
    if zone.ds == "no":
        return []
    rdata = signer.key_text(key, "ds").split("\tDS\t")[1].strip()
    if zone.ds == "odd":
        tag, _, rest = rdata.split(" ", 2)
        rdata = f"{tag} 200 {rest}"
    elif zone.ds == "other":
        rdata = signer.key_text(signer.new_key(zone.name), "ds").split("\tDS\t")[1].strip()
    return [f"{zone.name}. IN DS {rdata}"]


def make_all(sites, maker, directory):
    """Writes directory/zones/NAME (root as "root"), directory/root.hints and directory/root-anchor."""
    keys, out = os.path.join(directory, "zone-keys"), os.path.join(directory, "zones")
    os.makedirs(keys, exist_ok=True)
    os.makedirs(out, exist_ok=True)
    signer = Signer(keys)
    records = collect(sites, maker)
    tld = lines_of(Zone("test", TLD_SERVER), [])
    for zone in ZONES:
        key = None if zone.signing == "none" else signer.new_key(zone.name)
        tld += [f"{zone.name}. IN NS ns.{zone.name}.", f"ns.{zone.name}. IN A {zone.server}"]
        tld += ds_lines(signer, zone, key)
        if zone.signing != "absent":
            write(out, zone.name, signed_lines(signer, zone, records[zone.name], key))
        for version in range(2, zone.versions + 1):
            kept = [r for r in records[zone.name] if r[1] != "TLSA" or r[0].partition("._tcp.")[2] not in WITHDRAWN]
            write(out, f"{zone.name}.{version}", signed_lines(signer, zone, kept, key, version))
    tld_key = signer.new_key("test")
    write(out, "test", signer.sign("test", tld, tld_key))

    root = [f"$TTL {TTL}", ". IN SOA a.rootns. hostmaster.rootns. 1 3600 900 1209600 60", ". IN NS a.rootns.",
            f"a.rootns. IN A {ROOT_SERVER}", "test. IN NS ns.test.", f"ns.test. IN A {TLD_SERVER}",
            signer.key_text(tld_key, "ds").strip()]
    root_key = signer.new_key(".")
    write(out, "root", signer.sign(".", root, root_key))
    write(directory, "root.hints", [f". 3600000 IN NS a.rootns.", f"a.rootns. 3600000 IN A {ROOT_SERVER}"])
    write(directory, "root-anchor", [signer.key_text(root_key, "ds").strip()])
    for leftover in glob.glob(os.path.join(keys, "plain")) + glob.glob(os.path.join(keys, "signed")):
        os.unlink(leftover)


def collect(sites, maker):
    """zone name -> [(owner, type, rdata), ...]"""
    records = {zone.name: [] for zone in ZONES}
    wanted = [("TLSA", *r) for s in sites for r in tlsa_records(s, maker)]
    wanted += [("CNAME", owner, target + ".") for owner, target in TLSA_ALIASES.items()]
    wanted += [("DNAME", owner, target + ".") for owner, target in DNAMES.items()]
    wanted += [(rtype, owner, rdata) for s in sites for owner, rtype, rdata in address_records(s)]
    for rtype, owner, rdata in wanted:
        records[zone_of(owner).name].append((owner, rtype, rdata))
    return records


def write(directory, name, lines):
    with open(os.path.join(directory, name), "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")
