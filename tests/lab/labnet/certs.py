# SPDX-License-Identifier: BSD-3-Clause
"""Makes the key and the chain of every site. Knows certificates, nothing of DNS.

A kind is BASE[:SITE][+MODIFIER]... Bases, all self-signed with SAN = host and CN = host (a chain of DC when that is too
long) unless said otherwise:
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
  under-ca        CA:FALSE, signed by a CA that nobody knows; the server sends both
  under-ca:SITE   the same, by the CA above that site's certificate
  under-twin:SITE the same, by a CA with the DN of that site's CA (of the site itself when self-signed) and another key
  public          signed by the Lab Public CA, which in-lab adds to the system's trust store
  extra-san       SAN has bank.test as well
  extra-san-victim SAN has by-san.victim.test as well
  extra-good      SAN has good.test as well
  extra-wild      SAN has *.victim.test as well
  extra-cn        CN is bank.test
  root-dn         issuer, subject and serial of a root of this machine's trust store
  bank-dn         issuer and serial of the certificate of the site bank
  issuer-of:SITE  issuer and subject are the issuer of that site's certificate, the serial is of that certificate
  twin-of:SITE    issuer, subject and serial of that site's certificate
  san-upper       SAN is HOST in capitals
  san-dot         SAN is HOST with a dot at its end
  san-empty       SAN without a name
  san-other, san-uri  SAN is an otherName alone, a URI alone
  san-many        SAN has 100 names beside HOST; san-10000: ten thousand
  extra-upper, extra-dot  SAN has by-upper.Victim.TEST, by-dot.victim.test. as well
  nul-san         SAN has by-nul.victim.test, a NUL and .HOST as well
  nul-cn          no SAN; the CN is HOST, and there is another: by-nul-cn.victim.test, a NUL and .HOST
  cn-bmp, cn-t61  CN is by-bmp.victim.test, by-t61.victim.test as that type of string
  cn-raw          CN is a BMPString whose octets read by-raw.victim.test
  cn-two          no SAN, two CN: HOST and by-cn-two.victim.test
  email           an e-mail address in DN and SAN, at by-email.victim.test
  odd-wild, tld-wild  SAN has b*-wild.victim.test, *.test as well
  dup-san         a second SAN extension, with by-dup.victim.test
  utf8-san        SAN has by-utf8.\uff56ictim.test as well, in UTF-8: a letter that IDNA maps to v
  signed-by:SITE  a leaf signed by that site's key, sent with that site's certificate
  chained-by:SITE a leaf signed by a CA signed by that site's key, sent with both
None of them has keyUsage: where a leaf may not sign, only its basicConstraints shall be in the way.

Modifiers, for what is self-signed:
  serial-zero, serial-negative, serial-long   the serial number is 0, below 0, of 21 octets
  not-yet, long-valid  valid in a month, and until the year 9999
  foreign-akid    the authority key id of the Lab Public CA
  other-signature issuer is subject, yet another key has signed it
  critical-san, client-only   SAN is critical; the extended key usage is client authentication alone
  pss-signed      the RSA key signs the certificate by RSA-PSS

Modifiers, for what an authority signed (under-ca, public):
  middle          an intermediate between CA and leaf; one and the same for all sites of the Lab Public CA; own-middle: not the same
  alone           the server sends the leaf only; no-top: all but the topmost CA; no-middle: all but the nearest
  KEY-ca, expired-ca, no-skid   of the CA (no-skid: or of an issuer-of): a KEY other than P-256; valid until yesterday; no subject
                  key id
  pss-signed, sha1-signed   the RSA CA signs by RSA-PSS, the CA with SHA-1
  critical        a critical extension that nobody knows, in the leaf
  root-dn, public-dn            of the CA: the DN of a root of this machine; that of the Lab Public CA
  same-key        the CA has the leaf's key
  same-id         of the CA, or of an issuer-of: the subject key id of the CA that it imitates
  stolen-key      of an issuer-of: that CA's own public key and its subject key id, signed by a key of the site's
  unserved        the certificate is in DNS alone: nothing answers
  no-bc, ca-true, expired, no-akid   of the leaf: no basicConstraints; CA:TRUE; valid until yesterday; no authority
                  key id
  forum           the leaf has the CA/Browser Forum's policy for domain-validated certificates
  wrong-name      SAN is not.HOST
  www-too         SAN has www.HOST as well
  empty-dn, odd-dn, two-names, wild, wild-only, ip-san, extra-*   as above
"""
import datetime
import os

from . import der
from .x509 import (KEYS, Authority, Key, alt_names, authority_key, certificate, constraints, domain, extended_key_usage,
                   mailbox, name, policies, serial_of, subject_id, subject_key, unknown, uri, user_name)

SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
PUBLIC_CA = "Lab Public CA"
DAY = datetime.timedelta(days=1)
COMMON_NAME_MAX = 64  # RFC 5280 appendix A.1, ub-common-name
DOMAIN_VALIDATED = "2.23.140.1.2.1"


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
        self.future = (now + 30 * DAY, now + 90 * DAY)
        self.long = (now - DAY, now.replace(year=9999, month=12, day=31))  # RFC 5280: no end that is known
        self.sites, self.dir = {s.name: s for s in sites}, directory
        self.made = {}   # site name -> [(key, chain), ...]
        self.above = {}  # site name -> authorities above its leaf, nearest first
        self.public = Authority(PUBLIC_CA, self.key("public-ca", "ec"), self.valid)
        self.public_middle = Authority("Lab Public Intermediate", self.key("public-middle", "ec"), self.valid,
                                       parent=self.public)

    def key(self, stem, kind):
        return Key(os.path.join(self.dir, f"{stem}.key"), kind)

    def of(self, site_name):
        """[(key, chain), ...] of a site, made when first asked for."""
        site_name = self.sites[site_name].served_as
        if site_name not in self.made:
            site = self.sites[site_name]
            kinds = ("ec", "rsa") if site.key == "both" else (site.key,)
            self.made[site_name] = [self.make(site, kind) for kind in kinds]
            for (key, chain), kind in zip(self.made[site_name], kinds):
                with open(self.chain_path(site_name, kind), "w", encoding="ascii") as f:
                    f.write("".join(map(der.to_pem, chain)))
                assert os.path.samefile(key.path, self.key_path(site_name, kind))
        return self.made[site_name]

    def authorities(self, site_name):
        """Those above a site's leaf, nearest first, whether the server sends them or not."""
        self.of(site_name)
        return self.above[self.sites[site_name].served_as]

    def chain_path(self, site_name, kind):
        return os.path.join(self.dir, f"{site_name}-{kind}.pem")

    def key_path(self, site_name, kind):
        return os.path.join(self.dir, f"{site_name}-{kind}.key")

    def files(self, site_name):
        """[(chain file, key file), ...] of a site."""
        site = self.sites[self.sites[site_name].served_as]
        kinds = ("ec", "rsa") if site.key == "both" else (site.key,)
        return [(self.chain_path(site.name, k), self.key_path(site.name, k)) for k in kinds]

    def make(self, site, key_kind):
        key = self.key(f"{site.name}-{key_kind}", key_kind)
        if site.base in SIGNED:
            return key, SIGNED[site.base](self, site, key)
        return key, [self.self_signed(site, key)]

    def self_signed(self, site, key):
        dn = subject_of(site)
        issuer, subject, serial = dn, dn, serial_of(f"{site.host} {key.kind}")
        if site.base == "twin-of":
            fields = der.certificate_fields(self.of(site.other)[0][1][0])
            issuer, subject, serial = fields["issuer"], fields["subject"], fields["serial"]
        elif site.base == "issuer-of":
            fields = der.certificate_fields(self.of(site.other)[0][1][0])
            issuer, subject, serial = fields["issuer"], fields["issuer"], fields["serial"]
        elif site.base == "root-dn":
            fields = der.certificate_fields(system_root())
            issuer, subject, serial = fields["issuer"], fields["subject"], fields["serial"]
        elif site.base == "bank-dn":
            fields = der.certificate_fields(self.of("bank")[0][1][0])
            issuer, serial = fields["issuer"], fields["serial"]
        version = 1 if site.base == "v1" else 3
        shown = self.authorities(site.other)[0].key if "stolen-key" in site.modifiers else key
        key_id = self.authorities(site.other)[0].key.id if "same-id" in site.modifiers else shown.id
        extensions = [] if version == 1 else self_signed_extensions(site, shown, key_id)
        if "foreign-akid" in site.modifiers:
            extensions += [authority_key(self.public.id)]
        signer = self.key(f"{site.name}-signer", "ec") if "other-signature" in site.modifiers else key
        signer = signer.signing(chosen(site, SIGNING)) if chosen(site, SIGNING) else signer
        return certificate((chosen(site, SERIALS) or (lambda s: serial))(site), issuer, subject, shown, signer, extensions,
                           self.validity(site), version)

    def validity(self, site):
        return {"expired": self.past, "not-yet": self.future, "long-valid": self.long}.get(
            next((w for w in (site.base, *site.modifiers) if w in ("expired", "not-yet", "long-valid")), ""), self.valid)

    def leaf(self, site, key, authority):
        """A leaf that another key signed."""
        words = site.modifiers
        extensions = [] if "no-bc" in words else [constraints("ca-true" in words)]
        extensions += [subject_key(key)]
        if "no-akid" not in words:
            extensions += [authority_key(authority.id)]
        extensions += alt_name_extensions(site)
        if "critical" in words:
            extensions += [unknown()]
        if "forum" in words:
            extensions += [policies(DOMAIN_VALIDATED)]
        return certificate(serial_of(site.host), authority.dn, subject_of(site), key, authority.key, extensions,
                           self.past if "expired" in words else self.valid)

    def own_authority(self, site, leaf_key):
        words, dn = site.modifiers, None
        if "root-dn" in words:
            dn = der.certificate_fields(system_root())["subject"]
        elif "public-dn" in words:
            dn = self.public.dn
        elif site.base == "under-twin":
            dn = der.certificate_fields(self.of(site.other)[0][1][0])["issuer"]
        kind = next((w[:-len("-ca")] for w in words if w.endswith("-ca") and w[:-len("-ca")] in KEYS), "ec")
        key = leaf_key if "same-key" in words else self.key(f"{site.name}-ca", kind)
        key = key.signing(chosen(site, SIGNING)) if chosen(site, SIGNING) else key
        claims = self.authorities(site.other)[0].key.id if "same-id" in words else None
        return Authority(f"Private CA of {site.name}", key, self.past if "expired-ca" in words else self.valid, dn=dn,
                         key_id="no-skid" not in words, claims_id=claims)

    def add_middle(self, site, above):
        if site.base == "public" and "own-middle" not in site.modifiers:
            return [self.public_middle, *above]
        middle = Authority(f"Intermediate of {site.name}", self.key(f"{site.name}-middle", "ec"), self.valid,
                           parent=above[0])
        return [middle, *above]

    def under_authority(self, site, key):
        if site.base == "public":
            above = [self.public]
        else:
            shared = site.other and site.base == "under-ca"
            above = self.authorities(site.other) if shared else [self.own_authority(site, key)]
        if {"middle", "own-middle"} & set(site.modifiers):
            above = self.add_middle(site, above)
        self.above[site.name] = above
        return [self.leaf(site, key, above[0]), *(a.cert for a in sent_of(site, above))]

    def signed_by(self, site, key):
        signer_key, chain = self.of(site.other)[0]
        return [self.leaf(site, key, Authority.of_leaf(signer_key, chain[0])), *chain]

    def chained_by(self, site, key):
        signer_key, chain = self.of(site.other)[0]
        middle = Authority(f"Intermediate of {site.name}", self.key(f"{site.name}-ca", "ec"), self.valid,
                           parent=Authority.of_leaf(signer_key, chain[0]))
        return [self.leaf(site, key, middle), middle.cert, *chain]


SIGNED = {"under-ca": Maker.under_authority, "under-twin": Maker.under_authority, "public": Maker.under_authority,
          "signed-by": Maker.signed_by, "chained-by": Maker.chained_by}
SIGNING = {"pss-signed": "pss", "sha1-signed": "ecdsa-sha1"}
SUBJECTS = {
    "empty-dn": lambda s: name(),
    "odd-dn": lambda s: name(("O", "Acme"), ("CN", "Router 42")),
    "cn-ip": lambda s: name(("CN", s.address)),
    "extra-cn": lambda s: name(("CN", "bank.test")),
    "nul-cn": lambda s: name(("CN", s.host), ("CN", "by-nul-cn.victim.test\0." + s.host)),
    "wild-only": lambda s: name(("CN", parent_wildcard(s.host))),
    "cn-bmp": lambda s: name(("CN", der.bmp("by-bmp.victim.test"))),
    "cn-raw": lambda s: name(("CN", der.tlv(0x1E, b"by-raw.victim.test"))),
    "cn-t61": lambda s: name(("CN", der.tlv(0x14, b"by-t61.victim.test"))),
    "cn-two": lambda s: name(("CN", s.host), ("CN", "by-cn-two.victim.test")),
    "email": lambda s: name(("CN", s.host), ("E", "root@by-email.victim.test")),
}
SERIALS = {"serial-zero": lambda s: der.integer(0), "serial-negative": lambda s: der.tlv(0x02, b"\x9a\x01"),
           "serial-long": lambda s: der.tlv(0x02, bytes(range(1, 22)))}
ALT_NAMES = {
    "cn-only": lambda s: [],
    "two-names": lambda s: [s.host, "also." + s.host.partition(".")[2]],
    "www-too": lambda s: [s.host, "www." + s.host],
    "wild": lambda s: [s.host, "*." + s.host],
    "wild-only": lambda s: [parent_wildcard(s.host)],
    "extra-san": lambda s: [s.host, "bank.test"],
    "extra-san-victim": lambda s: [s.host, "by-san.victim.test"],
    "extra-good": lambda s: [s.host, "good.test"],
    "extra-wild": lambda s: [s.host, "*.victim.test"],
    "wrong-name": lambda s: ["not." + s.host],
    "san-upper": lambda s: [s.host.upper()],
    "san-dot": lambda s: [s.host + "."],
    "san-many": lambda s: [s.host, *(f"{i}.{s.host}" for i in range(100))],
    # The names are short: clients read messages of 100 kB and refuse what is longer before they judge it.
    "san-10000": lambda s: [s.host, *(f"{i:04}.x" for i in range(9999))],
    "extra-upper": lambda s: [s.host, "by-upper.Victim.TEST"],
    "extra-dot": lambda s: [s.host, "by-dot.victim.test."],
    "nul-san": lambda s: [s.host, "by-nul.victim.test\0." + s.host],
    "nul-cn": lambda s: [],
    "cn-two": lambda s: [],
    "odd-wild": lambda s: [s.host, "b*-wild.victim.test"],
    "tld-wild": lambda s: [s.host, "*.test"],
    "utf8-san": lambda s: [s.host, "by-utf8.\uff56ictim.test"],
}
# A SAN without any dNSName.
OTHER_NAMES = {
    "san-empty": lambda s: [],
    "san-other": lambda s: [user_name("somebody@" + s.host)],
    "san-uri": lambda s: [uri(f"https://{s.host}/")],
}


def parent_wildcard(host):
    return "*." + host.partition(".")[2]


def chosen(site, choices):
    """What a table has for the base or a modifier of a site's kind, or None."""
    return next((choices[word] for word in (site.base, *site.modifiers) if word in choices), None)


def subject_of(site):
    if make := chosen(site, SUBJECTS):
        return make(site)
    return name(("CN", site.host)) if len(site.host) <= COMMON_NAME_MAX else domain(site.host)


def alt_name_extensions(site):
    others = chosen(site, OTHER_NAMES)
    if others:
        return [alt_names([], others=others(site))]
    dns = (chosen(site, ALT_NAMES) or (lambda s: [s.host]))(site)
    words = (site.base, *site.modifiers)
    addresses = [site.address] if "ip-san" in words else []
    more = [mailbox("root@by-email.victim.test")] if "email" in words else []
    critical = "empty-dn" in words or "critical-san" in words
    again = [alt_names(["by-dup.victim.test"])] if "dup-san" in words else []
    return [alt_names(dns, addresses, critical, more), *again] if dns else []


def sent_of(site, above):
    """The authorities that a server sends with its leaf. What the system trusts is never sent."""
    words, sent = site.modifiers, above[:-1] if site.base == "public" else above
    if "alone" in words:
        return []
    if "no-middle" in words:
        sent = sent[1:]
    return sent[:-1] if "no-top" in words else sent


def self_signed_extensions(site, key, key_id):
    out = [] if "no-skid" in site.modifiers else [subject_id(key_id)]
    if site.base == "ca-true":
        out += [authority_key(key.id)]  # what "openssl req -x509" makes
    if site.base != "no-bc":
        out += [constraints(site.base == "ca-true")]
    if "client-only" in site.modifiers:
        out += [extended_key_usage("1.3.6.1.5.5.7.3.2")]
    return out + alt_name_extensions(site)


def make_all(sites, directory):
    """Writes directory/SITE-KEY.pem and .key for every site; returns the Maker that knows them."""
    os.makedirs(directory, exist_ok=True)
    maker = Maker(sites, directory)
    for site in sites:
        if site.served:
            maker.of(site.name)
    return maker
