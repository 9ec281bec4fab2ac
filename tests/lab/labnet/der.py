# SPDX-License-Identifier: BSD-3-Clause
"""Writes and reads the little DER that odd certificates need. Knows nothing of the lab.

Written by hand because the usual tools refuse to make half of what an attacker can send.
"""
import base64


def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 0x80:
        head = bytes([tag, n])
    else:
        size = (n.bit_length() + 7) // 8
        head = bytes([tag, 0x80 | size]) + n.to_bytes(size, "big")
    return head + body


def seq(*parts):
    return tlv(0x30, *parts)


def integer(n):
    return tlv(0x02, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def boolean(value):
    return tlv(0x01, b"\xff" if value else b"\x00")


def bits(data):
    return tlv(0x03, b"\x00", data)


def octets(data):
    return tlv(0x04, data)


def utf8(text):
    return tlv(0x0C, text.encode())


def bmp(text):
    return tlv(0x1E, text.encode("utf-16-be"))


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = bytes([arcs[0] * 40 + arcs[1]])
    for arc in arcs[2:]:
        group = [arc & 0x7F]
        while arc := arc >> 7:
            group.append(0x80 | arc & 0x7F)
        out += bytes(reversed(group))
    return tlv(0x06, out)


def time(when):
    """UTCTime until 2049, GeneralizedTime after (RFC 5280 section 4.1.2.5)."""
    if when.year < 2050:
        return tlv(0x17, when.strftime("%y%m%d%H%M%SZ").encode())
    return tlv(0x18, when.strftime("%Y%m%d%H%M%SZ").encode())


def read(data, at=0):
    """(tag, content, whole TLV, offset behind it) of the value at an offset."""
    tag, n, head = data[at], data[at + 1], 2
    if n & 0x80:
        size = n & 0x7F
        n = int.from_bytes(data[at + 2:at + 2 + size], "big")
        head += size
    end = at + head + n
    if end > len(data):
        raise ValueError("DER runs past its end")
    return tag, data[at + head:end], data[at:end], end


def children(content):
    """(tag, content, whole TLV) of each value in a constructed one."""
    at, out = 0, []
    while at < len(content):
        tag, body, whole, at = read(content, at)
        out.append((tag, body, whole))
    return out


def certificate_fields(cert):
    """serial, issuer, subject and spki of a certificate, each as a whole TLV."""
    tbs = children(children(read(cert)[1])[0][1])
    if tbs[0][0] == 0xA0:
        tbs = tbs[1:]
    return {"serial": tbs[0][2], "issuer": tbs[2][2], "subject": tbs[4][2], "spki": tbs[5][2]}


def from_pem(text):
    """Every certificate of a PEM text."""
    out, current = [], None
    for line in text.splitlines():
        if line == "-----BEGIN CERTIFICATE-----":
            current = []
        elif line == "-----END CERTIFICATE-----" and current is not None:
            out.append(base64.b64decode("".join(current)))
            current = None
        elif current is not None:
            current.append(line)
    return out


def to_pem(cert):
    text = base64.b64encode(cert).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])
