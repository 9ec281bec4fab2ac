# SPDX-License-Identifier: BSD-3-Clause
"""What a test adds to the running lab: certificates, the records of a zone, web servers that it can change.

For what a line of sites.tsv cannot say: servers that change, have several addresses, or are odd. Everything lies in
LAB_RUN and is gone with it; what a test publishes replaces all that was in the zone.
"""
import datetime
import glob
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

from . import der, dns, x509, zones

TIMEOUT = 10.0
DAY = datetime.timedelta(days=1)
NGINX = """\
user root;
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log info;
events {{ worker_connections 256; }}
http {{
    access_log off;
    log_format lab '$host $ssl_protocol $ssl_cipher';
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    ssl_session_cache off;
    ssl_session_tickets off;
    default_type text/html;
{servers}}}
"""
SERVER = """\
    server {{
        listen {listen}:443 ssl;
        server_name {host};
{certificates}        {options}
        access_log {directory}/{address}.log lab;
        location / {{ return 200 '<html><body>LAB-PAGE {host}</body></html>'; }}
    }}
"""


class Pair:
    """A key and a certificate for a host: self-signed, or by the Lab Public CA, whose key make-lab left.

    basic: with basicConstraints CA:FALSE, otherwise without. own_id: a self-signed one has an authority key id.
    """

    def __init__(self, directory, stem, host, kind="ec", basic=True, own_id=False, public=None):
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        self.path = os.path.join(directory, stem + ".pem")
        key = x509.Key(os.path.join(directory, stem + ".key"), kind)
        self.key_path = key.path
        subject = x509.name(("CN", host))
        extensions = [x509.constraints(False)] if basic else []
        extensions += [x509.subject_key(key), x509.alt_names([host])]
        if public or own_id:
            extensions += [x509.authority_key((public.key if public else key).id)]
        self.der = x509.certificate(x509.serial_of(stem), public.dn if public else subject, subject, key,
                                    public.key if public else key, extensions, (now - DAY, now + 30 * DAY))
        with open(self.path, "w", encoding="ascii") as f:
            f.write(der.to_pem(self.der))

    def tlsa(self):
        return f"3 1 1 {zones.association(self.der, 1, 1).hex()}"


def public_ca():
    """The Lab Public CA."""
    directory = os.environ["LAB_DIR"]
    with open(f"{directory}/public-ca.pem", encoding="ascii") as f:
        cert = der.from_pem(f.read())[0]
    key = x509.Key.__new__(x509.Key)
    key.path, key.kind, key.signs = f"{directory}/certs/public-ca.key", "ec", x509.KEYS["ec"][1]
    key.id = key_id(cert)
    return x509.Authority.of_leaf(key, cert)


def key_id(cert):
    """As x509.Key has it."""
    spki = der.certificate_fields(cert)["spki"]
    return x509.key_id(spki)


class LiveZone:
    """A zone whose records a test replaces."""

    def __init__(self, name, directory):
        self.zone, self.serial = zones.zone_of(name), 1
        self.signer, self.key = zones.Signer(directory), None
        for path in glob.glob(f"{os.environ['LAB_DIR']}/zone-keys/K{name}.+*"):
            shutil.copy(path, directory)
            self.key = os.path.splitext(os.path.basename(path))[0]

    def publish(self, records):
        """records: [(owner, type, rdata), ...]; returns once the name server answers from them."""
        self.serial += 1
        run = os.environ["LAB_RUN"]
        lines = zones.signed_lines(self.signer, self.zone, records, self.key, self.serial)
        zones.write(f"{run}/zones", self.zone.name + ".new", lines)
        os.replace(f"{run}/zones/{self.zone.name}.new", f"{run}/zones/{self.zone.name}")
        with open(f"{run}/nsd-hosts.pid", encoding="ascii") as f:
            os.kill(int(f.read()), signal.SIGHUP)
        end = time.monotonic() + TIMEOUT
        while dns.serial(self.zone.server, self.zone.name, 1.0) != self.serial:
            if time.monotonic() > end:
                raise TimeoutError(f"{self.zone.name} did not change")
            time.sleep(0.02)


class Web:
    """An nginx of the test's own: serve() replaces all that it serves."""

    def __init__(self, directory):
        self.directory, self.process = directory, None

    def serve(self, servers):
        """servers: [(address, host, [Pair, ...], options), ...]"""
        self.stop()
        text = ""
        for address, host, pairs, options in servers:
            certificates = "".join(f"        ssl_certificate {p.path};\n        ssl_certificate_key {p.key_path};\n"
                                   for p in pairs)
            listen = f"[{address}]" if ":" in address else address
            text += SERVER.format(address=address, listen=listen, host=host, certificates=certificates,
                                  options=options, directory=self.directory)
        path = f"{self.directory}/nginx.conf"
        with open(path, "w", encoding="ascii") as f:
            f.write(NGINX.format(directory=self.directory, servers=text))
        self.process = subprocess.Popen(["nginx", "-e", f"{self.directory}/nginx.log", "-c", path],
                                        stdin=subprocess.DEVNULL)
        end = time.monotonic() + TIMEOUT
        for address in {s[0] for s in servers}:
            while not connects(address):
                if self.process.poll() is not None or time.monotonic() > end:
                    raise TimeoutError(f"nginx does not serve {address}: see {self.directory}/nginx.log")
                time.sleep(0.02)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def log(self, address):
        """The lines of an address's log."""
        with open(f"{self.directory}/{address}.log", encoding="ascii") as f:
            return f.read().splitlines()


def connects(address):
    try:
        socket.create_connection((address, 443), timeout=1).close()
    except OSError:
        return False
    return True


def odd_server(address, handle):
    """Calls handle(connection) in a thread for every connection to port 443, until the process ends."""
    server = socket.create_server((address, 443), backlog=64)

    def loop():
        while True:
            connection = server.accept()[0]
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()


def add_v6(*addresses):
    """Gives the lab these IPv6 addresses; False where the machine has no IPv6."""
    for address in addresses:
        done = subprocess.run(["ip", "-6", "addr", "add", f"{address}/128", "dev", "lo", "nodad"],
                              stderr=subprocess.DEVNULL, timeout=30, check=False)
        if done.returncode:
            return False
    return True


def black_hole(address):
    """Something that never answers a SYN at port 443, until the process ends: its queue is full, and stays so."""
    server = socket.create_server((address, 443), family=socket.AF_INET6, backlog=0)
    kept = [server]
    for _ in range(2):
        s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        s.setblocking(False)
        s.connect_ex((address, 443))
        kept.append(s)
    return kept


def pass_on(connection, upstream):
    """Everything both ways between a connection and an upstream's port 443, until one of them ends."""
    with connection, socket.create_connection((upstream, 443), timeout=20) as other:
        def pump(source, target):
            try:
                while data := source.recv(65536):
                    target.sendall(data)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        thread = threading.Thread(target=pump, args=(other, connection), daemon=True)
        thread.start()
        pump(connection, other)
        thread.join(20)
