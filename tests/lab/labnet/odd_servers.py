# SPDX-License-Identifier: BSD-3-Clause
"""Name servers and a TLS server that misbehave, in one process. Started by inside.py; ends with the lab.

One line for each query that a misbehaving name server gets goes to LOG: ADDRESS NAME TYPE what-was-done.
"""
import os
import socket
import socketserver
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
# pylint: disable=wrong-import-position
from labnet import dns, zones

LOG = "/run/lab/log/odd-dns.log"
UPSTREAM = (zones.HOSTS_SERVER, 53)
TIMEOUT = 3.0


def drop_tlsa(qtype):
    return "drop" if qtype == dns.TLSA else "pass"


def fail_tlsa(qtype):
    return dns.SERVFAIL if qtype == dns.TLSA else "pass"


POLICIES = {
    zones.DROP_TLSA: drop_tlsa,
    zones.FAIL_TLSA: fail_tlsa,
    zones.SILENT: lambda _: "drop",
    zones.SERVFAIL: lambda _: dns.SERVFAIL,
    zones.REFUSING: lambda _: dns.REFUSED,
}


def note(address, name, qtype, action):
    text = {dns.SERVFAIL: "servfail", dns.REFUSED: "refused"}.get(action, action)
    with open(LOG, "a", encoding="ascii", errors="replace") as f:
        f.write(f"{address} {name} {dns.TYPES.get(qtype, qtype)} {text}\n")


def exactly(sock, n):
    data = b""
    while len(data) < n:
        more = sock.recv(n - len(data))
        if not more:
            raise OSError("closed")
        data += more
    return data


def ask_upstream(message, tcp):
    kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as s:
        s.settimeout(TIMEOUT)
        s.connect(UPSTREAM)
        if not tcp:
            s.send(message)
            return s.recv(65535)
        s.sendall(len(message).to_bytes(2, "big") + message)
        return exactly(s, int.from_bytes(exactly(s, 2), "big"))


def reply_to(address, message, tcp):
    """The answer, or None when there shall be none."""
    name, qtype, _ = dns.question(message)
    action = POLICIES[address](qtype)
    note(address, name, qtype, action)
    if action == "drop":
        return None
    if action == "pass":
        return ask_upstream(message, tcp)
    return dns.failure(message, action)


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        message, sock = self.request
        try:
            reply = reply_to(self.server.server_address[0], message, False)
            if reply:
                sock.sendto(reply, self.client_address)
        except (OSError, ValueError, IndexError):
            pass  # the one who asked will ask again


class Stream(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(TIMEOUT)
        try:
            while True:
                message = exactly(self.request, int.from_bytes(exactly(self.request, 2), "big"))
                reply = reply_to(self.server.server_address[0], message, True)
                if reply:
                    self.request.sendall(len(reply).to_bytes(2, "big") + reply)
        except (OSError, ValueError, IndexError):
            pass


class Udp(socketserver.ThreadingUDPServer):
    daemon_threads = True


class Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def tarpit(address):
    """Takes connections at port 443 and says nothing."""
    kept = []
    with socket.create_server((address, 443), backlog=64) as server:
        while True:
            kept.append(server.accept()[0])
            del kept[:-200]


def main():
    servers = [cls((address, 53), handler) for address in POLICIES for cls, handler in ((Udp, Datagram), (Tcp, Stream))]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    tarpit(sys.argv[1])


if __name__ == "__main__":
    main()
