# SPDX-License-Identifier: BSD-3-Clause
"""Makes the key and the chain of every site. Knows certificates, nothing of DNS.

Kinds, all self-signed with SAN = host and CN = host unless said otherwise:
  ca-false        basicConstraints CA:FALSE
  no-bc           no basicConstraints
  ca-true         basicConstraints CA:TRUE
  v1              X.509 v1, no extensions
  expired         ca-false, valid until yesterday
  cn-only         no SAN
  empty-dn        empty subject and issuer
  odd-dn          a DN that tells no host
  ip-san          SAN has the server's address as well
  cn-ip           the CN is the server's address
  two-names       SAN has also.ZONE as well
  wild            SAN has *.HOST as well
  wild-only       CN and SAN are *.PARENT alone
  dual            two certificates, EC and RSA
  under-ca        signed by a CA that nobody knows; the server sends both
  under-ca-alone  the same; the server sends the leaf only
  public          signed by the Lab Public CA, which in-lab adds to the system's trust store
  extra-san       SAN has bank.test as well
  extra-san-victim SAN has by-san.victim.test as well
  extra-wild      SAN has *.victim.test as well
  extra-cn        CN is bank.test
  root-dn         issuer, subject and serial of a root of this machine's trust store
  bank-dn         issuer and serial of the certificate of the site bank
  twin-of:SITE    issuer, subject and serial of that site's certificate
  signed-by:SITE  a leaf signed by that site's key, sent with that site's certificate
  chained-by:SITE a leaf signed by a CA signed by that site's key, sent with both
None of them has keyUsage: where a leaf may not sign, only its basicConstraints shall be in the way.
"""
import datetime
import hashlib
import os
import socket
import subprocess

from . import der

SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
PUBLIC_CA = "Lab Public CA"
DAY = datetime.timedelta(days=1)
ALGORITHMS = {
    "ec": der.seq(der.oid("1.2.840.10045.4.3.2")),
    "rsa": der.seq(der.oid("1.2.840.113549.1.1.11"), b"\x05\x00"),
}
ATTRIBUTES = {"CN": "2.5.4.3", "O": "2.5.4.10"}


class Key:
    """A private key in a file."""

    def __init__(self, path, kind):
        self.path, self.kind = path, kind
        options = {"ec": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
                   "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]}[kind]
        run(["openssl", "genpkey", "-quiet", *options, "-out", path])
        self.spki = run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"])
        self.id = hashlib.sha1(der.children(der.read(self.spki)[1])[1][1]).digest()

    def sign(self, data):
        return run(["openssl", "dgst", "-sha256", "-sign", self.path], data)


def run(command, data=b""):
    return subprocess.run(command, input=data, check=True, stdout=subprocess.PIPE, timeout=60).stdout


def name(*attributes):
    return der.seq(*(der.tlv(0x31, der.seq(der.oid(ATTRIBUTES[a]), der.utf8(v))) for a, v in attributes))


def extension(number, value, critical=False):
    return der.seq(der.oid(number), *([der.boolean(True)] if critical else []), der.octets(value))


def alt_names(dns, addresses=(), critical=False):
    names = [der.tlv(0x82, n.encode()) for n in dns] + [der.tlv(0x87, socket.inet_aton(a)) for a in addresses]
    return extension("2.5.29.17", der.seq(*names), critical)


def constraints(is_ca):
    return extension("2.5.29.19", der.seq(der.boolean(True)) if is_ca else der.seq(), critical=True)


def subject_key(key):
    return extension("2.5.29.14", der.octets(key.id))


def authority_key(key):
    return extension("2.5.29.35", der.seq(der.tlv(0x80, key.id)))


def serial_of(text):
    """The same for the same text. Half of them begin with a one bit, so that both DER forms occur."""
    return der.integer(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big"))


def certificate(serial, issuer, subject, key, signer, extensions, validity, version=3):
    algorithm = ALGORITHMS[signer.kind]
    tbs = der.seq(*([der.tlv(0xA0, der.integer(version - 1))] if version > 1 else []), serial, algorithm, issuer,
                  der.seq(*map(der.time, validity)), subject, key.spki,
                  *([der.tlv(0xA3, der.seq(*extensions))] if extensions else []))
    return der.seq(tbs, algorithm, der.bits(signer.sign(tbs)))


class Authority:
    """A CA of the lab, and the certificates that it signs."""

    def __init__(self, common_name, key, validity, parent=None):
        self.key, self.dn = key, name(("O", "p11-dane lab"), ("CN", common_name))
        up = parent or self
        extensions = [constraints(True), subject_key(key)] + ([authority_key(parent.key)] if parent else [])
        self.cert = certificate(serial_of(common_name), up.dn, self.dn, key, up.key, extensions, validity)

    @classmethod
    def of_leaf(cls, key, cert):
        """The owner of a server certificate who signs with its key as if it were a CA's."""
        self = cls.__new__(cls)
        self.key, self.cert, self.dn = key, cert, der.certificate_fields(cert)["subject"]
        return self


def system_root():
    """A root that every machine has. One with a telling name, and not the first, which may be about to go."""
    with open(SYSTEM_BUNDLE, encoding="ascii") as f:
        roots = der.from_pem(f.read())
    for cert in roots:
        if b"ISRG Root X1" in der.certificate_fields(cert)["subject"]:
            return cert
    return roots[0]


class Maker:
    """Makes everything once, in the order in which one needs another."""

    def __init__(self, sites, directory):
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        self.valid, self.past = (now - DAY, now + 90 * DAY), (now - 90 * DAY, now - DAY)
        self.sites, self.dir = {s.name: s for s in sites}, directory
        self.made = {}  # site name -> [(key, chain), ...]
        self.cas = {}   # leaf's site name -> Authority that signed it
        self.public = Authority(PUBLIC_CA, self.key("public-ca", "ec"), self.valid)

    def key(self, stem, kind):
        return Key(os.path.join(self.dir, f"{stem}.key"), kind)

    def of(self, site_name):
        """[(key, chain), ...] of a site, made when first asked for."""
        if site_name not in self.made:
            site = self.sites[site_name]
            if site.cert.startswith("="):
                return self.of(site.cert[1:])
            kinds = ("ec", "rsa") if site.key == "both" else (site.key,)
            self.made[site_name] = [self.make(site, kind) for kind in kinds]
            for (key, chain), kind in zip(self.made[site_name], kinds):
                with open(self.chain_path(site_name, kind), "w", encoding="ascii") as f:
                    f.write("".join(map(der.to_pem, chain)))
                assert os.path.samefile(key.path, self.key_path(site_name, kind))
        return self.made[site_name]

    def chain_path(self, site_name, kind):
        return os.path.join(self.dir, f"{site_name}-{kind}.pem")

    def key_path(self, site_name, kind):
        return os.path.join(self.dir, f"{site_name}-{kind}.key")

    def files(self, site_name):
        """[(chain file, key file), ...] of a site."""
        site = self.sites[site_name]
        if site.cert.startswith("="):
            return self.files(site.cert[1:])
        kinds = ("ec", "rsa") if site.key == "both" else (site.key,)
        return [(self.chain_path(site_name, k), self.key_path(site_name, k)) for k in kinds]

    def make(self, site, key_kind):
        key = self.key(f"{site.name}-{key_kind}", key_kind)
        base, _, other = site.kind.partition(":")
        if base in SIGNED:
            return key, SIGNED[base](self, site, key, other)
        return key, [self.self_signed(site, key, base, other)]

    def self_signed(self, site, key, kind, other):
        dn = SUBJECTS.get(kind, lambda s: name(("CN", s.host)))(site)
        issuer, subject, serial = dn, dn, serial_of(f"{site.host} {key.kind}")
        if kind == "twin-of":
            fields = der.certificate_fields(self.of(other)[0][1][0])
            issuer, subject, serial = fields["issuer"], fields["subject"], fields["serial"]
        elif kind == "root-dn":
            fields = der.certificate_fields(system_root())
            issuer, subject, serial = fields["issuer"], fields["subject"], fields["serial"]
        elif kind == "bank-dn":
            fields = der.certificate_fields(self.of("bank")[0][1][0])
            issuer, serial = fields["issuer"], fields["serial"]
        version = 1 if kind == "v1" else 3
        extensions = [] if version == 1 else leaf_extensions(site, key, kind)
        return certificate(serial, issuer, subject, key, key, extensions,
                           self.past if kind == "expired" else self.valid, version)

    def leaf(self, site, key, authority):
        extensions = [constraints(False), subject_key(key), authority_key(authority.key), alt_names([site.host])]
        return certificate(serial_of(site.host), authority.dn, name(("CN", site.host)), key, authority.key,
                           extensions, self.valid)

    def under_ca(self, site, key, _):
        ca = Authority(f"Private CA of {site.name}", self.key(f"{site.name}-ca", "ec"), self.valid)
        self.cas[site.name] = ca
        chain = [self.leaf(site, key, ca), ca.cert]
        return chain[:1] if site.kind == "under-ca-alone" else chain

    def under_public(self, site, key, _):
        return [self.leaf(site, key, self.public)]

    def signed_by(self, site, key, other):
        signer_key, chain = self.of(other)[0]
        return [self.leaf(site, key, Authority.of_leaf(signer_key, chain[0])), *chain]

    def chained_by(self, site, key, other):
        signer_key, chain = self.of(other)[0]
        middle = Authority(f"Intermediate of {site.name}", self.key(f"{site.name}-ca", "ec"), self.valid,
                           parent=Authority.of_leaf(signer_key, chain[0]))
        return [self.leaf(site, key, middle), middle.cert, *chain]


SIGNED = {"under-ca": Maker.under_ca, "under-ca-alone": Maker.under_ca, "public": Maker.under_public,
          "signed-by": Maker.signed_by, "chained-by": Maker.chained_by}
SUBJECTS = {
    "empty-dn": lambda s: name(),
    "odd-dn": lambda s: name(("O", "Acme"), ("CN", "Router 42")),
    "cn-ip": lambda s: name(("CN", s.address)),
    "extra-cn": lambda s: name(("CN", "bank.test")),
    "wild-only": lambda s: name(("CN", parent_wildcard(s.host))),
}
ALT_NAMES = {
    "cn-only": lambda s: [],
    "two-names": lambda s: [s.host, "also." + s.host.partition(".")[2]],
    "wild": lambda s: [s.host, "*." + s.host],
    "wild-only": lambda s: [parent_wildcard(s.host)],
    "extra-san": lambda s: [s.host, "bank.test"],
    "extra-san-victim": lambda s: [s.host, "by-san.victim.test"],
    "extra-wild": lambda s: [s.host, "*.victim.test"],
}


def parent_wildcard(host):
    return "*." + host.partition(".")[2]


def leaf_extensions(site, key, kind):
    dns = ALT_NAMES.get(kind, lambda s: [s.host])(site)
    out = [subject_key(key)]
    if kind == "ca-true":
        out += [authority_key(key)]  # what "openssl req -x509" makes
    if kind != "no-bc":
        out += [constraints(kind == "ca-true")]
    if dns:
        addresses = [site.address] if kind == "ip-san" else []
        out += [alt_names(dns, addresses, critical=kind == "empty-dn")]
    return out


def make_all(sites, directory):
    """Writes directory/SITE-KEY.pem and .key for every site; returns the Maker that knows them."""
    os.makedirs(directory, exist_ok=True)
    maker = Maker(sites, directory)
    for site in sites:
        if site.served:
            maker.of(site.name)
    return maker
