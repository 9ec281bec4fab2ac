# SPDX-License-Identifier: BSD-3-Clause
"""A zone as in CVE-2023-50387 (KeyTrap): many keys of one key tag, many signatures with that tag over one RRset. A
validator that tries them all does keys x signatures verifications.

The keys are points of P-384 whose private keys nobody knows: what is costly is to find each signature wrong.
"""
import base64
import hashlib
import time

P = 2**384 - 2**128 - 2**96 + 2**32 - 1
B = 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef
ORDER = 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973
TAG = 0x4b54
ALGORITHM = 14  # ECDSAP384SHA384
ZONE_KEY = 0x0100
FREE_FLAGS = 0xffff & ~(ZONE_KEY | 0x0080)  # not the revoke bit; what the others mean, nobody has said


def number(*parts):
    return int.from_bytes(hashlib.sha512("/".join(map(str, parts)).encode()).digest()[:48], "big")


def point(n):
    """64 + 32 octets of a point on the curve, or None."""
    x = number("x", n) % P
    square = (x**3 - 3 * x + B) % P
    y = pow(square, (P + 1) // 4, P)
    return x.to_bytes(48, "big") + y.to_bytes(48, "big") if y * y % P == square else None


def tag(rdata):
    """RFC 4034 appendix B."""
    total = sum(byte if i & 1 else byte << 8 for i, byte in enumerate(rdata))
    return (total + (total >> 16)) & 0xffff


def flags_for(key):
    """Flags with which this key has the wanted tag, or None."""
    rest = bytes([3, ALGORITHM]) + key
    guess = (TAG - tag(b"\0\0" + rest)) & 0xffff
    for flags in (guess, (guess - 1) & 0xffff, (guess + 1) & 0xffff):
        if flags & ZONE_KEY and not flags & ~(FREE_FLAGS | ZONE_KEY) and tag(flags.to_bytes(2, "big") + rest) == TAG:
            return flags
    return None


def keys(zone, count):
    """DNSKEY records: [(owner, type, rdata)]"""
    out, n = [], 0
    while len(out) < count:
        key, n = point(n), n + 1
        flags = key and flags_for(key)
        if flags:
            out.append((zone, "DNSKEY", f"{flags} 3 {ALGORITHM} {base64.b64encode(key).decode()}"))
    return out


def signatures(owner, kind, zone, ttl, count):
    """Lines of RRSIGs that no key has made."""
    start, end = (time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + s)) for s in (-86400, 86400 * 20))
    for n in range(count):
        r, s = (number(what, n) % ORDER for what in "rs")
        text = base64.b64encode(r.to_bytes(48, "big") + s.to_bytes(48, "big")).decode()
        yield (f"{owner}. {ttl} IN RRSIG {kind} {ALGORITHM} {owner.rstrip('.').count('.') + 1} {ttl} {end} {start} {TAG} "
               f"{zone}. {text}")
