# SPDX-License-Identifier: BSD-3-Clause
"""Self-signed certificates by the thousand: one key for all of them, signed without starting a program for each."""
import ctypes
import datetime
import os

from labnet import der, x509, zones

DAY = datetime.timedelta(days=1)

crypto = ctypes.CDLL("libcrypto.so.3")
for _name, _result, _arguments in (
        ("BIO_new_file", ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_char_p]),
        ("BIO_free", ctypes.c_int, [ctypes.c_void_p]),
        ("PEM_read_bio_PrivateKey", ctypes.c_void_p, [ctypes.c_void_p] * 4),
        ("EVP_MD_CTX_new", ctypes.c_void_p, []),
        ("EVP_MD_CTX_free", None, [ctypes.c_void_p]),
        ("EVP_sha256", ctypes.c_void_p, []),
        ("EVP_DigestSignInit", ctypes.c_int, [ctypes.c_void_p] * 5),
        ("EVP_DigestSign", ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_size_t),
                                          ctypes.c_char_p, ctypes.c_size_t])):
    getattr(crypto, _name).restype = _result
    getattr(crypto, _name).argtypes = _arguments


class Key(x509.Key):
    def __init__(self, path, kind="ec"):
        super().__init__(path, kind)
        bio = crypto.BIO_new_file(path.encode(), b"r")
        self.handle = crypto.PEM_read_bio_PrivateKey(bio, None, None, None)
        crypto.BIO_free(bio)

    def sign(self, data):
        context, length = crypto.EVP_MD_CTX_new(), ctypes.c_size_t(1024)
        out = ctypes.create_string_buffer(length.value)
        done = (crypto.EVP_DigestSignInit(context, None, crypto.EVP_sha256(), None, self.handle) == 1
                and crypto.EVP_DigestSign(context, out, ctypes.byref(length), data, len(data)) == 1)
        crypto.EVP_MD_CTX_free(context)
        if not done:
            raise OSError("libcrypto does not sign")
        return out.raw[:length.value]


class Leaf:
    """A host's certificate, and the files that a server wants."""

    def __init__(self, directory, host, key, signer_name=None, padding=0, also=()):
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        self.host, self.key_path = host, key.path
        self.path = os.path.join(directory, f"{host}.pem")
        subject = x509.name(("CN", host))
        extensions = [x509.constraints(False), x509.subject_key(key), x509.alt_names([host, *also])]
        if padding:
            extensions += [x509.extension("1.3.6.1.4.1.55738.666.1", der.octets(b"\0" * padding))]
        self.der = x509.certificate(x509.serial_of(signer_name or host), subject, subject, key, key, extensions,
                                    (now - 2 * DAY, now + 60 * DAY))
        self.pem = der.to_pem(self.der)
        with open(self.path, "w", encoding="ascii") as f:
            f.write(self.pem)

    def tlsa(self, matching=1):
        return f"3 1 {matching} {zones.association(self.der, 1, matching).hex()}"
