# SPDX-License-Identifier: BSD-3-Clause
"""Writes the servers' configurations. They do not change between runs: inside the lab /run/lab is always new."""
import os
import re

from . import zones

RUN = "/run/lab"  # a tmpfs of each run's own
CLIENT_RESOLVER, STRICT_RESOLVER = "10.53.0.53", "10.53.0.54"
NSD_INSTANCES = {"root": zones.ROOT_SERVER, "tld": zones.TLD_SERVER, "hosts": zones.HOSTS_SERVER}

NSD = """\
server:
    ip-address: {address}
    port: 53
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "{directory}/zones"
    database: ""
    pidfile: ""
    logfile: "{run}/log/nsd-{name}.log"
    zonefiles-check: yes
    xfrdfile: "{run}/nsd-{name}.xfrd"
    zonelistfile: "{run}/nsd-{name}.zones"
    xfrdir: "{run}"
    do-ip6: no
    hide-version: yes
    rrl-ratelimit: 0
remote-control:
    control-enable: no
"""

# "test." and private addresses are special to Unbound: without nodefault it answers for them itself.
UNBOUND_COMMON = """\
    root-hints: "{directory}/root.hints"
    do-ip6: no
    local-zone: "test." nodefault
"""

UNBOUND = """\
server:
    interface: {address}
    access-control: 0.0.0.0/0 allow
    num-threads: 1
    username: ""
    chroot: ""
    directory: "{run}"
    pidfile: ""
    use-syslog: no
    logfile: "{run}/log/unbound-{name}.log"
    val-log-level: 2
    trust-anchor-file: "{directory}/root-anchor"
    module-config: "validator iterator"
    val-permissive-mode: {permissive}
{common}remote-control:
    control-enable: no
"""

# Workers change their group, which an unprivileged user namespace forbids: one process, no workers. Temporary
# directories are given to "user": root, since no other exists in there.
NGINX = """\
user root;
daemon off;
master_process off;
pid {run}/nginx.pid;
error_log {run}/log/nginx.log info;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    log_format lab '$time_iso8601 host=$host sni=$ssl_server_name proto=$ssl_protocol "$request" $status';
    client_body_temp_path {run}/nginx-body;
    proxy_temp_path {run}/nginx-proxy;
    fastcgi_temp_path {run}/nginx-fastcgi;
    uwsgi_temp_path {run}/nginx-uwsgi;
    scgi_temp_path {run}/nginx-scgi;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache off;
    ssl_session_tickets off;
    keepalive_timeout 5;
    server_tokens off;
    server_names_hash_bucket_size 512;
    default_type text/html;
{servers}}}
"""

NGINX_SERVER = """\
    server {{
        listen {site.address}:443 ssl;
        server_name {site.host};
{certificates}{more}        access_log {run}/access/{site.name}.log lab;
        location / {{
            return 200 '{page}';
        }}
        location = /favicon.ico {{ access_log off; return 204; }}
    }}
"""


# Without this OpenSSL serves no chain with such a key or such a signature.
WEAK, WEAKER = re.compile(r"rsa-10|sha1-"), "        ssl_ciphers DEFAULT:@SECLEVEL=0;\n"
PAGE = ('<!doctype html><html><head><meta charset="utf-8"><title>LAB-PAGE {site.name}</title></head>'
        "<body>LAB-PAGE {site.name} (p11-dane lab: {site.host})</body></html>\\n")


def nginx(sites, maker):
    servers = ""
    for site in sites:
        if site.served:
            pairs = maker.files(site.name)
            certificates = "".join(f"        ssl_certificate {chain};\n        ssl_certificate_key {key};\n"
                                   for chain, key in pairs)
            servers += NGINX_SERVER.format(site=site, certificates=certificates, run=RUN, more=WEAKER if WEAK.search(site.cert) else "",
                                           page=PAGE.format(site=site))
    return NGINX.format(run=RUN, servers=servers)


def zones_of(instance):
    """Zone names that an NSD instance serves. An NSD answers for all its zones at all its addresses, and a root
    server that knows the hosts' zones would be no root server: so each level has one of its own."""
    if instance == "root":
        return {".": "root"}
    if instance == "tld":
        return {"test": "test"}
    # A zone that changes has its file in the run's own directory.
    return {z.name: z.name if z.versions == 1 else f"{RUN}/zones/{z.name}"
            for z in zones.ZONES if z.signing != "absent"}


def nsd(instance, directory):
    text = NSD.format(name=instance, address=NSD_INSTANCES[instance], directory=directory, run=RUN)
    for name, file in zones_of(instance).items():
        text += f"zone:\n    name: \"{name}\"\n    zonefile: \"{file}\"\n"
    return text


def unbound(name, address, permissive, directory):
    common = UNBOUND_COMMON.format(directory=directory)
    return UNBOUND.format(name=name, address=address, permissive=permissive, directory=directory, run=RUN,
                          common=common)


def write_all(sites, maker, directory):
    files = {f"nsd-{name}.conf": nsd(name, directory) for name in NSD_INSTANCES}
    # Clients get what most machines have: a resolver that passes bogus answers on. Only p11-dane stands in the way.
    files["unbound-client.conf"] = unbound("client", CLIENT_RESOLVER, "yes", directory)
    files["unbound-strict.conf"] = unbound("strict", STRICT_RESOLVER, "no", directory)
    files["unbound-daemon.conf"] = "server:\n" + UNBOUND_COMMON.format(directory=directory)
    files["nginx.conf"] = nginx(sites, maker)
    files["addresses.tsv"] = "".join(f"{s.name}\t{s.host}\t{s.address}\n" for s in sites)
    for name, text in files.items():
        with open(os.path.join(directory, name), "w", encoding="ascii") as f:
            f.write(text)
