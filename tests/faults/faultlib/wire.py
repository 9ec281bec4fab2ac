# SPDX-License-Identifier: BSD-3-Clause
"""Questions and hints straight over the socket, from docs/protocol.md, waiting as the modules do. Written on purpose not
with the project's own encoder.
"""
import hashlib
import socket
import struct
import time
from dataclasses import dataclass, field

from labnet import der, x509

QUESTION, PENDING, ANSWER, ERROR, HINT, DONE = range(1, 7)
NSS, GNUTLS = 2, 4
PEER = 1  # trusted as a peer
FIRST_WORD, IN_ALL, GRACE = 1.0, 10.0, 0.25


def message(kind, *fields):
    body = b"".join(struct.pack(">HH", tag, len(data)) + data for tag, data in fields)
    return b"PD" + struct.pack(">BBI", 1, kind, len(body)) + body


def fields_of(body):
    """[(tag, data)]; ValueError when the lengths do not fit."""
    out, at = [], 0
    while at < len(body):
        tag, length = struct.unpack_from(">HH", body, at)
        at += 4 + length
        if at > len(body):
            raise ValueError("field length")
        out.append((tag, body[at - length:at]))
    return out


def question(certificate, client=NSS):
    """As a verifier asks that has met this certificate."""
    parts = der.certificate_fields(certificate)
    return message(QUESTION, (1, bytes([client])), (2, parts["issuer"]), (3, parts["serial"]))


def named(host):
    """As a verifier asks that has met some certificate whose issuer bears the host's name."""
    return message(QUESTION, (1, bytes([NSS])), (2, x509.name(("CN", host))), (3, b"\x02\x01\x01"))


def hint(name, wait=False):
    return message(HINT, (1, name.encode()), (2, bytes([wait])))


@dataclass
class Reply:
    """What came of a request. word: answer, error, done, closed (by the daemon), silence (too long)."""
    word: str
    seconds: float = 0.0
    pending: bool = False
    items: list = field(default_factory=list)

    def trusts(self, certificate):
        digest = hashlib.sha256(certificate).digest()
        return any(i.get(12) == digest and i.get(2) == bytes([PEER]) for i in self.items)

    def seconds_left(self):
        """For how long the daemon lets its answer be offered: of its items the most."""
        return max((int.from_bytes(i[3], "big") for i in self.items), default=0)

    def __str__(self):
        return f"{self.word}{' after a pending' if self.pending else ''}, {len(self.items)} items, {self.seconds:.2f} s"


def connect(path):
    """As a module does: it waits for room in the queue. (With a timeout Python would not wait at all.)"""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(FIRST_WORD), 0))
    try:
        s.connect(path)
    except OSError:
        s.close()
        raise
    s.settimeout(FIRST_WORD)
    return s


def take(reply, data, now):
    """Takes a message into a reply. How long the next may take, or None when there is none."""
    kind, body = data[3], data[8:]
    if kind == PENDING:
        reply.pending = True
        return now + int.from_bytes(dict(fields_of(body))[1], "big") / 1000 + GRACE
    reply.word = {ANSWER: "answer", ERROR: "error", DONE: "done"}.get(kind, "garbage")
    if kind == ANSWER:
        reply.items = [dict(fields_of(d)) for tag, d in fields_of(body) if tag == 2]
    return None


def listen(s, start=None, on_pending=None):
    """Waits for what a request that was sent brings."""
    start = start or time.monotonic()
    reply, until = Reply("silence"), start + FIRST_WORD
    while until:
        s.settimeout(max(0.001, min(until, start + IN_ALL) - time.monotonic()))
        try:
            data = s.recv(131072)
        except TimeoutError:
            break
        except OSError:
            data = b""
        if not data:
            reply.word = "closed"
            break
        until = take(reply, data, time.monotonic())
        if until and on_pending:
            on_pending()
    reply.seconds = time.monotonic() - start
    return reply


def ask(path, request, on_pending=None):
    """One request, as a module makes it: its reply; `closed` also when there is no daemon."""
    start = time.monotonic()
    try:
        with connect(path) as s:
            s.send(request)
            return listen(s, start, on_pending)
    except OSError:
        return Reply("closed", time.monotonic() - start)


def tell(path, *names, how=hint):
    """Hints, or named questions, whose answers nobody waits for."""
    for name in names:
        with connect(path) as s:
            s.send(how(name))
