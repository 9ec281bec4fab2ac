# SPDX-License-Identifier: BSD-3-Clause
"""The least of a DNS message: a question, and what a server must look at to misbehave."""
import socket
import struct

A, SOA, TLSA = 1, 6, 52
SERVFAIL, REFUSED = 2, 5
TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 28: "AAAA", 43: "DS", 48: "DNSKEY", 52: "TLSA"}


def query(name, qtype, ident=1):
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    qname = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return struct.pack("!6H", ident, 0x0100, 1, 0, 0, 0) + qname + struct.pack("!2H", qtype, 1)


def question(message):
    """(name, type, offset behind the question) of a query; ValueError if it is none."""
    at, labels = 12, []
    if len(message) < 17:
        raise ValueError("short")
    while n := message[at]:
        if n > 63 or at + 1 + n >= len(message):
            raise ValueError("label")
        labels.append(message[at + 1:at + 1 + n].decode("ascii", "replace"))
        at += 1 + n
    if at + 5 > len(message):
        raise ValueError("short")
    return ".".join(labels).lower() or ".", struct.unpack_from("!H", message, at + 1)[0], at + 5


def failure(message, rcode):
    """An answer to a query that holds nothing but its question and a response code."""
    end = question(message)[2]
    flags = 0x8000 | (struct.unpack_from("!H", message, 2)[0] & 0x7900) | rcode
    return message[:2] + struct.pack("!5H", flags, 1, 0, 0, 0) + message[12:end]


def ask(address, name, qtype, timeout):
    """A server's answer by UDP, or an empty one when none comes in time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout)
        try:
            s.connect((address, 53))
            s.send(query(name, qtype))
            return s.recv(4096)
        except OSError:
            return b""


def answers(address, name, timeout):
    """True when a server answers with NOERROR in time."""
    reply = ask(address, name, SOA, timeout)
    return len(reply) >= 12 and reply[3] & 0x0F == 0


def serial(address, zone, timeout):
    """The serial number of a zone as its server has it, or None."""
    reply = ask(address, zone, SOA, timeout)
    if len(reply) < 12 or reply[3] & 0x0F or not reply[7]:
        return None
    # The owner of the first answer is always a pointer to the question's.
    at = question(reply)[2]
    length = struct.unpack_from("!H", reply, at + 10)[0]
    return struct.unpack_from("!I", reply, at + 12 + length - 20)[0]
