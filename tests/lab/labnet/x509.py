# SPDX-License-Identifier: BSD-3-Clause
"""Keys, certificates and authorities, any that can be written in DER. Knows nothing of sites."""
import copy
import hashlib
import socket
import subprocess
import tempfile

from . import der

NULL = b"\x05\x00"
SHA256 = der.seq(der.oid("2.16.840.1.101.3.4.2.1"), NULL)
# How a signature is named in a certificate, and what makes it: options of "openssl dgst", or of "openssl pkeyutl" where the
# algorithm has a hash of its own.
ALGORITHMS = {
    "ecdsa": (der.seq(der.oid("1.2.840.10045.4.3.2")), ["dgst", "-sha256"]),
    "ecdsa-sha1": (der.seq(der.oid("1.2.840.10045.4.1")), ["dgst", "-sha1"]),
    "ecdsa-384": (der.seq(der.oid("1.2.840.10045.4.3.3")), ["dgst", "-sha384"]),
    "ecdsa-512": (der.seq(der.oid("1.2.840.10045.4.3.4")), ["dgst", "-sha512"]),
    "pkcs1": (der.seq(der.oid("1.2.840.113549.1.1.11"), NULL), ["dgst", "-sha256"]),
    "pss": (der.seq(der.oid("1.2.840.113549.1.1.10"), der.seq(
        der.tlv(0xA0, SHA256), der.tlv(0xA1, der.seq(der.oid("1.2.840.113549.1.1.8"), SHA256)),
        der.tlv(0xA2, der.integer(32)))),
            ["dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]),
    "ed25519": (der.seq(der.oid("1.3.101.112")), ["pkeyutl"]),
    "ed448": (der.seq(der.oid("1.3.101.113")), ["pkeyutl"]),
}
# Kind of key -> options of "openssl genpkey", and how it signs.
KEYS = {
    "ec": (["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "ecdsa"),
    "p384": (["EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "ecdsa-384"),
    "p521": (["EC", "-pkeyopt", "ec_paramgen_curve:P-521"], "ecdsa-512"),
    "brainpool": (["EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"], "ecdsa"),
    "rsa": (["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "pkcs1"),
    "rsa-1024": (["RSA", "-pkeyopt", "rsa_keygen_bits:1024"], "pkcs1"),
    "rsa-1016": (["RSA", "-pkeyopt", "rsa_keygen_bits:1016"], "pkcs1"),
    "pss": (["RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"], "pss"),
    "ed25519": (["ED25519"], "ed25519"),
    "ed448": (["ED448"], "ed448"),
}
ATTRIBUTES = {"CN": "2.5.4.3", "E": "1.2.840.113549.1.9.1", "O": "2.5.4.10", "DC": "0.9.2342.19200300.100.1.25"}


class Key:
    """A private key in a file."""

    def __init__(self, path, kind):
        self.path, self.kind = path, kind
        options, self.signs = KEYS[kind]
        run(["openssl", "genpkey", "-quiet", "-algorithm", *options, "-out", path])
        self.spki = run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"])
        self.id = key_id(self.spki)

    @property
    def algorithm(self):
        """That of its signatures, in DER."""
        return ALGORITHMS[self.signs][0]

    def sign(self, data):
        command, *options = ALGORITHMS[self.signs][1]
        if command == "dgst":
            return run(["openssl", command, *options, "-sign", self.path], data)
        with tempfile.NamedTemporaryFile() as f:  # of what comes by a pipe OpenSSL does not know the size
            f.write(data)
            f.flush()
            return run(["openssl", command, "-sign", "-rawin", "-inkey", self.path, "-in", f.name])

    def signing(self, how):
        """The same key that signs in another way."""
        self = copy.copy(self)
        self.signs = how
        return self


def key_id(spki):
    """Of a DER SubjectPublicKeyInfo, as RFC 5280 section 4.2.1.2 has it first: without the octet of unused bits."""
    return hashlib.sha1(der.children(der.read(spki)[1])[1][1][1:]).digest()


def run(command, data=b""):
    return subprocess.run(command, input=data, check=True, stdout=subprocess.PIPE, timeout=60).stdout


def name(*attributes):
    """Values are texts, or DER of another type of string."""
    return der.seq(*(der.tlv(0x31, der.seq(der.oid(ATTRIBUTES[a]), v if isinstance(v, bytes) else der.utf8(v)))
                     for a, v in attributes))


def domain(host):
    """A host name as RFC 2247 has it, one component each: for names that are too long for a CN."""
    return name(*(("DC", label) for label in reversed(host.split("."))))


def extension(number, value, critical=False):
    return der.seq(der.oid(number), *([der.boolean(True)] if critical else []), der.octets(value))


def alt_names(dns, addresses=(), critical=False, others=()):
    """others: GeneralNames in DER."""
    names = [der.tlv(0x82, n.encode()) for n in dns] + [der.tlv(0x87, socket.inet_aton(a)) for a in addresses]
    return extension("2.5.29.17", der.seq(*names, *others), critical)


def user_name(text):
    """An otherName as Microsoft's user principal names are."""
    return der.tlv(0xA0, der.oid("1.3.6.1.4.1.311.20.2.3"), der.tlv(0xA0, der.utf8(text)))


def mailbox(text):
    return der.tlv(0x81, text.encode())


def extended_key_usage(*numbers):
    return extension("2.5.29.37", der.seq(*(der.oid(n) for n in numbers)))


def unknown():
    """A critical extension that nobody knows."""
    return extension("1.3.6.1.4.1.99999.1", der.octets(b""), critical=True)


def uri(text):
    return der.tlv(0x86, text.encode())


def constraints(is_ca):
    return extension("2.5.29.19", der.seq(der.boolean(True)) if is_ca else der.seq(), critical=True)


def subject_key(key):
    return subject_id(key.id)


def subject_id(number):
    return extension("2.5.29.14", der.octets(number))


def authority_key(number):
    return extension("2.5.29.35", der.seq(der.tlv(0x80, number)))


def policies(*numbers):
    return extension("2.5.29.32", der.seq(*(der.seq(der.oid(n)) for n in numbers)))


def serial_of(text):
    """The same for the same text. Half of them begin with a one bit, so that both DER forms occur."""
    return der.integer(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big"))


def certificate(serial, issuer, subject, key, signer, extensions, validity, version=3):
    algorithm = signer.algorithm
    tbs = der.seq(*([der.tlv(0xA0, der.integer(version - 1))] if version > 1 else []), serial, algorithm, issuer,
                  der.seq(*map(der.time, validity)), subject, key.spki,
                  *([der.tlv(0xA3, der.seq(*extensions))] if extensions else []))
    return der.seq(tbs, algorithm, der.bits(signer.sign(tbs)))


class Authority:
    """A CA of the lab, and the certificates that it signs."""

    def __init__(self, common_name, key, validity, parent=None, dn=None, key_id=True, claims_id=None):
        """claims_id: the subject key id, where it is not the key's."""
        self.key, self.dn = key, dn or name(("O", "p11-dane lab"), ("CN", common_name))
        up = parent or self
        extensions = [constraints(True)]
        self.id = claims_id or key.id
        if key_id:
            extensions += [subject_id(self.id)]
        if parent:
            extensions += [authority_key(parent.key.id)]
        self.cert = certificate(serial_of(common_name), up.dn, self.dn, key, up.key, extensions, validity)

    @classmethod
    def of_leaf(cls, key, cert):
        """The owner of a server certificate who signs with its key as if it were a CA's."""
        self = cls.__new__(cls)
        self.key, self.id, self.cert, self.dn = key, key.id, cert, der.certificate_fields(cert)["subject"]
        return self
