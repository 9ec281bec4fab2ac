# SPDX-License-Identifier: BSD-3-Clause
"""A daemon that misbehaves on the module's socket, in as many ways as there are entries in BEHAVIOURS.

Most of them start from an answer that would make the asked certificate trusted and break one thing in it: a module
that lets the defect pass shows it by trusting. The behaviour `whole` sends that answer unbroken, which proves the rest.
Written from docs/protocol.md, on purpose not with the project's own encoder.
"""
import hashlib
import os
import socket
import struct
import threading

VERSION = 1
PENDING_MESSAGE, ANSWER_MESSAGE = 2, 3
MAX_REPLY = 131072
CERTIFICATE, TRUSTED, EXACT, LEGACY_SHA1 = 0x1, 0x2, 0x8, 0x10
NO_TRUST, PEER, ANCHOR = 0, 1, 2
# The kind of verifier that asks -> flags and trust with which it takes a leaf that says CA:FALSE.
LEAF_FOR = {
    1: (0, ANCHOR),  # mozilla::pkix
    2: (LEGACY_SHA1, PEER),  # NSS
    3: (CERTIFICATE | LEGACY_SHA1, PEER),  # Chromium
    4: (CERTIFICATE | TRUSTED | EXACT, NO_TRUST),  # GnuTLS
}


def message(kind, *fields, version=VERSION):
    body = b"".join(fields)
    return b"PD" + struct.pack(">BBI", version, kind, len(body)) + body


def field(tag, data):
    return struct.pack(">HH", tag, len(data)) + data


def number(tag, value, size=4):
    return field(tag, value.to_bytes(size, "big"))


def fields_of(body):
    """The fields of a question, by tag."""
    found = {}
    while body:
        tag, length = struct.unpack(">HH", body[:4])
        found[tag] = body[4:4 + length]
        body = body[4 + length:]
    return found


def der_parts(data):
    """The elements inside the DER element that data starts with, each with its tag and length."""
    def header(at):
        length, start = data[at + 1], at + 2
        if length & 0x80:
            start += length & 0x7f
            length = int.from_bytes(data[at + 2:start], "big")
        return start, start + length

    at, end = header(0)
    parts = []
    while at < end:
        after = header(at)[1]
        parts.append(data[at:after])
        at = after
    return parts


def trusting_item(certificate, client):
    """What the daemon says of a leaf that may be trusted as it is (CA:FALSE)."""
    tbs = der_parts(der_parts(certificate)[0])
    serial, _, issuer, _, subject, spki = tbs[1:7]  # tbs[0] is the version: v3 certificates only
    flags, trust = LEAF_FOR.get(client, (0, NO_TRUST))
    sha1 = hashlib.sha1(certificate).digest()
    return b"".join((
        number(1, flags), number(2, trust, 1), number(3, 600),
        field(4, certificate), field(5, subject), field(6, issuer), field(7, serial), field(8, spki),
        field(9, sha1), field(10, b"hostile"), field(11, sha1), field(12, hashlib.sha256(certificate).digest())))


class FakeDaemon:
    """`with FakeDaemon(path, behaviour, certificate):` serves the socket at path; counts what it was asked."""

    def __init__(self, path, behaviour, certificate):
        self.path = path
        self.behave = BEHAVIOURS[behaviour]
        self.certificate = certificate
        self.questions = 0
        self.ended = threading.Event()
        self.listener = None

    def __enter__(self):
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.path.exists(self.path):
            os.remove(self.path)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o666)
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        # shutdown(), because close() alone does not wake the thread that waits in accept().
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        os.remove(self.path)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * MAX_REPLY)
            try:
                question = connection.recv(65536)
                if not question:
                    return
                self.questions += 1
                client = fields_of(question[8:]).get(1, b"\0")[0]
                whole = message(ANSWER_MESSAGE, number(1, 0), field(2, trusting_item(self.certificate, client)))
                self.behave(self, connection, whole)
                # A client that is gone ends this; one that waits gets nothing more.
                self.ended.wait(0.2)
            except OSError:
                pass


def _pending_for_ever(fake, connection, _whole):
    while not fake.ended.wait(0.1):
        connection.send(message(PENDING_MESSAGE, number(1, 0xffffffff)))


def _pending_then_silence(fake, connection, _whole):
    connection.send(message(PENDING_MESSAGE, number(1, 0xffffffff)))
    fake.ended.wait(120)


def _with(change):
    return lambda _fake, connection, whole: connection.send(change(whole))


def _version(whole, version):
    return whole[:2] + bytes([version]) + whole[3:]


def _length(whole, length):
    return whole[:4] + struct.pack(">I", length) + whole[8:]


def _body(whole, body):
    return whole[:4] + struct.pack(">I", len(body)) + body


BEHAVIOURS = {
    "whole": _with(lambda whole: whole),
    "silence": lambda fake, _connection, _whole: fake.ended.wait(120),
    "closes": lambda _fake, connection, _whole: connection.close(),
    "pending-for-ever": _pending_for_ever,
    "pending-then-silence": _pending_then_silence,
    "zeros": _with(lambda whole: bytes(64)),
    "text": _with(lambda whole: b"HTTP/1.1 200 OK\r\n\r\n"),
    "one-byte": _with(lambda whole: whole[:1]),
    "no-magic": _with(lambda whole: b"XX" + whole[2:]),
    "next-version": _with(lambda whole: _version(whole, VERSION + 1)),
    "version-zero": _with(lambda whole: _version(whole, 0)),
    "unknown-type": _with(lambda whole: whole[:3] + b"\x63" + whole[4:]),
    "type-question": _with(lambda whole: whole[:3] + b"\x01" + whole[4:]),
    "truncated": _with(lambda whole: whole[:-1]),
    "truncated-within": _with(lambda whole: _body(whole, whole[8:-1])),
    "trailing": _with(lambda whole: whole + b"\0"),
    "trailing-within": _with(lambda whole: _body(whole, whole[8:] + b"\0")),
    "length-zero": _with(lambda whole: _length(whole, 0)),
    "length-huge": _with(lambda whole: _length(whole, 0xffffffff)),
    "unknown-field": _with(lambda whole: _body(whole, whole[8:] + field(0x63, b"x"))),
    "nine-items": _with(lambda whole: _body(whole, whole[8:16] + whole[16:] * 9)),
    "too-long": _with(lambda whole: _body(whole, whole[8:] + bytes(MAX_REPLY))),
}
