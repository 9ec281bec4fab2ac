# SPDX-License-Identifier: BSD-3-Clause
"""A TLS server, all of whose first flight is there at once, to be sent in any way. For what no server's options can do."""
import contextlib
import os
import re
import socket
import ssl
import struct
import time

HELLO_REQUEST = b"\x16\x03\x03\x00\x04\0\0\0\0"
CHANGE_CIPHER = b"\x14\x03\x03\x00\x01\x01"
WARNING = b"\x15\x03\x03\x00\x02\x01\x5a"  # user_canceled, which a client may overlook


def reset(connection):
    """Closes with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def client_hello(connection):
    """The first record of the client's, whole."""
    connection.settimeout(5)
    data = b""
    while len(data) < 5 or len(data) < 5 + int.from_bytes(data[3:5], "big"):
        more = connection.recv(65536)
        if not more:
            raise OSError("closed")
        data += more
    return data


def sni(hello, pattern):
    """The host that the client wants, by a pattern of bytes."""
    m = re.search(pattern, hello)
    return m.group(0).decode() if m else None


class Handshake:
    """The server's side of a handshake with one certificate and its key."""

    def __init__(self, pem, key, version=ssl.TLSVersion.TLSv1_3):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = context.maximum_version = version
        context.load_cert_chain(pem, key)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.ssl = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def step(self, data):
        """What the server says to this."""
        self.incoming.write(data)
        with contextlib.suppress(ssl.SSLWantReadError):
            self.ssl.do_handshake()
        return self.outgoing.read()

    def finish(self, connection):
        """Reads on until the handshake is done; what the server says at last has been sent."""
        while True:
            data = connection.recv(65536)
            if not data:
                raise OSError("closed")
            self.incoming.write(data)
            try:
                self.ssl.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                done = False
            connection.sendall(self.outgoing.read())
            if done:
                return


def server_hello_12():
    """ECDHE-ECDSA-AES128-GCM-SHA256, as far as a client reads before the certificate."""
    body = b"\x03\x03" + os.urandom(32) + b"\0" + b"\xc0\x2b" + b"\0" + b"\x00\x05\xff\x01\x00\x01\x00"
    message = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


def trickle(connection, data, pause, seconds):
    """A byte at a time, for so long at most."""
    end = time.monotonic() + seconds
    for i in range(len(data)):
        if time.monotonic() > end:
            return
        connection.sendall(data[i:i + 1])
        time.sleep(pause)


def repeat(connection, data, seconds):
    """The same over and over, as fast as it is taken; how many bytes."""
    end, sent, block = time.monotonic() + seconds, 0, data * 200
    with contextlib.suppress(OSError):
        while time.monotonic() < end:
            connection.sendall(block)
            sent += len(block)
    return sent
