# SPDX-License-Identifier: BSD-3-Clause
"""The zone faults.test and zones below it: served by an NSD of the test's own, behind a proxy that spoils what it is told.

Zones are signed as a fault wants it. What is said here of a host goes for all names below it.
"""
import datetime
import glob
import os
import re
import shutil
import socket
import socketserver
import subprocess
import threading
import time

from labnet import dns, odd_servers, zones

ZONE = "faults.test"
NSD = "10.53.0.21"
TIMEOUT = 10.0
SECONDS = 20 * 24 * 3600
CONF = """\
server:
    ip-address: {address}
    server-count: 1
    username: ""
    chroot: ""
    database: ""
    pidfile: "{directory}/nsd.pid"
    logfile: "{directory}/nsd.log"
    zonesdir: "{directory}"
    xfrdfile: "{directory}/xfrd"
    zonelistfile: "{directory}/list"
    xfrdir: "{directory}"
    do-ip6: no
    rrl-ratelimit: 0
remote-control:
    control-enable: no
"""


class Zone:
    """One zone, signed anew each time it is published."""

    def __init__(self, directory, name, nsec3=None):
        self.directory, self.name, self.nsec3, self.serial = directory, name, nsec3, 0
        self.signer = zones.Signer(directory)
        if name == ZONE:
            for path in glob.glob(f"{os.environ['LAB_DIR']}/zone-keys/K{name}.+*"):
                shutil.copy(path, directory)
                self.key = os.path.splitext(os.path.basename(path))[0]
        else:
            self.key = self.signer.new_key(name)

    def delegation(self):
        return [(self.name, "NS", f"ns.{self.name}."), (f"ns.{self.name}", "A", zones.FAULTS_SERVER),
                (self.name, "DS", self.signer.key_text(self.key, "ds").split("\tDS\t")[1].strip())]

    def signed(self, lines, seconds):
        """The lines of the zone whose signatures end in so many seconds."""
        plain, out = f"{self.directory}/{self.name}.plain", f"{self.directory}/{self.name}.signed"
        with open(plain, "w", encoding="ascii") as f:
            f.write("\n".join(lines) + "\n")
        now = datetime.datetime.now(datetime.timezone.utc)
        start, end = now - datetime.timedelta(days=1), now + datetime.timedelta(seconds=seconds)
        nsec3 = [] if self.nsec3 is None else ["-n", "-t", str(self.nsec3)]
        subprocess.run(["ldns-signzone", *nsec3, "-i", start.strftime("%Y%m%d%H%M%S"), "-e",
                        end.strftime("%Y%m%d%H%M%S"), "-o", self.name, "-f", out, plain, self.key],
                       cwd=self.directory, check=True, timeout=120)
        with open(out, encoding="ascii") as f:
            return f.read().splitlines()

    def publish(self, records, short=None, lies=(), unsigned=(), more=()):
        """records: [(owner, type, rdata[, ttl])]. short: owner -> seconds that its TLSA signatures hold; lies: owners
        whose TLSA data is changed after signing; unsigned: owners whose addresses' signatures are left out; more: lines that are
        added then."""
        self.serial += 1
        lines = [f"$ORIGIN {self.name}.", "$TTL 300",
                 f"@ IN SOA ns.{self.name}. hostmaster.{self.name}. {self.serial} 3600 900 1209600 2",
                 f"@ IN NS ns.{self.name}.", f"ns.{self.name}. IN A {zones.FAULTS_SERVER}"]
        for owner, kind, rdata, *ttl in records:
            lines.append(f"{owner}. {ttl[0] if ttl else ''} IN {kind} {rdata}")
        out = self.signed(lines, SECONDS)
        for owner, seconds in (short or {}).items():
            is_signature = re.compile(rf"{re.escape(owner)}\.\s.*\sRRSIG\s+TLSA\s").match
            out = [line for line in out if not is_signature(line)]
            out += [line for line in self.signed(lines, seconds) if is_signature(line)]
        for owner in lies:
            lie = re.compile(rf"({re.escape(owner)}\.\s.*\sTLSA\s.*)[0-9a-f]{{8}}$")
            out = [lie.sub(r"\g<1>00000000", line.rstrip()) if "RRSIG" not in line else line for line in out]
        for owner in unsigned:
            out = [line for line in out if not re.match(rf"{re.escape(owner)}\.\s.*\sRRSIG\s+A\s", line)]
        with open(f"{self.directory}/{self.name}.new", "w", encoding="ascii") as f:
            f.write("\n".join([*out, *more]) + "\n")
        os.replace(f"{self.directory}/{self.name}.new", f"{self.directory}/{self.name}")


class Names:
    """Everything together. spoil() and heal() say how the proxy treats a host."""

    def __init__(self, directory, zones_below=()):
        self.directory, self.faults, self.asked = directory, {}, []
        self.zones = {z.name: z for z in (Zone(directory, ZONE), *zones_below)}
        self.nsd = None
        serve(zones.FAULTS_SERVER, odd_servers.Udp, self.reply)
        self.tcp = serve(zones.FAULTS_SERVER, odd_servers.Tcp, self.reply)

    def delegations(self):
        return [record for zone in self.zones.values() if zone.name != ZONE for record in zone.delegation()]

    def publish(self, records, **faults):
        """The zone faults.test anew; delegations are added. Zones below it are published first, with publish()."""
        self.zones[ZONE].publish([*records, *self.delegations()], **faults)
        self.reload()

    def reload(self):
        if not self.nsd:
            conf = CONF.format(address=NSD, directory=self.directory)
            for name in self.zones:
                conf += f'zone:\n    name: "{name}"\n    zonefile: "{name}"\n'
            with open(f"{self.directory}/nsd.conf", "w", encoding="ascii") as f:
                f.write(conf)
            with open(f"{self.directory}/nsd.out", "wb") as out:
                self.nsd = subprocess.Popen(["nsd", "-d", "-c", f"{self.directory}/nsd.conf"], stdout=out, stderr=out)
        else:
            self.nsd.send_signal(1)
        end = time.monotonic() + TIMEOUT
        while any(dns.serial(NSD, z.name, 1.0) != z.serial for z in self.zones.values()):
            if time.monotonic() > end or self.nsd.poll() is not None:
                raise TimeoutError(f"NSD does not serve {ZONE}: see {self.directory}/nsd.log")
            time.sleep(0.02)

    def end(self):
        if self.nsd:
            self.nsd.terminate()
            self.nsd.wait(10)

    # ---- the proxy ----

    def spoil(self, host, action, qtype=None):
        """action: drop, servfail, truncate (by UDP), late (answers after two seconds)."""
        self.faults[host, qtype] = action

    def heal(self, host):
        self.faults = {k: v for k, v in self.faults.items() if k[0] != host}

    def tcp_works(self, yes):
        """Connections to port 53 are refused from now on, or no longer."""
        if yes:
            self.tcp = serve(zones.FAULTS_SERVER, odd_servers.Tcp, self.reply)
        else:
            self.tcp.shutdown()
            self.tcp.server_close()

    def action(self, name, qtype):
        for (host, kind), action in list(self.faults.items()):
            if (name == host or name.endswith("." + host)) and kind in (None, qtype):
                return action
        return "pass"

    def reply(self, message, tcp):
        """What is answered; None: nothing."""
        name, qtype, end = dns.question(message)
        action = self.action(name, qtype)
        self.asked.append((name, qtype, tcp))
        if action == "drop":
            return None
        if action == "servfail":
            return dns.failure(message, dns.SERVFAIL)
        if action == "truncate" and not tcp:
            return message[:2] + b"\x86\x00" + b"\0\1" + b"\0" * 6 + message[12:end]
        if action == "late":
            time.sleep(2)
        return upstream(NSD, message, tcp)


def upstream(address, message, tcp):
    kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as s:
        s.settimeout(3)
        s.connect((address, 53))
        if not tcp:
            s.send(message)
            return s.recv(65535)
        s.sendall(len(message).to_bytes(2, "big") + message)
        return odd_servers.exactly(s, int.from_bytes(odd_servers.exactly(s, 2), "big"))


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        message, sock = self.request
        try:
            if reply := self.server.reply(message, False):
                sock.sendto(reply, self.client_address)
        except (OSError, ValueError, IndexError):
            pass  # the one who asked will ask again


class Stream(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(10)
        try:
            while True:
                n = int.from_bytes(odd_servers.exactly(self.request, 2), "big")
                if reply := self.server.reply(odd_servers.exactly(self.request, n), True):
                    self.request.sendall(len(reply).to_bytes(2, "big") + reply)
        except (OSError, ValueError, IndexError):
            pass


def serve(address, cls, reply):
    """Answers at an address what reply(message, tcp) says, until the process ends or the server is closed."""
    cls.request_queue_size = 128
    server = cls((address, 53), Stream if cls is odd_servers.Tcp else Datagram)
    server.reply = reply
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    return server
