# SPDX-License-Identifier: BSD-3-Clause
"""Rows of scripts/bench's table from what whole_clients.py has measured: (what, reached, to reach)."""

MUST = "x 1.02"
PAGE = "x 1.10"
PLACES = {"0": "at once", "20 names": "names 20 ms", "20": "names and server 20 ms"}
CLIENTS = {"openssl-curl": "curl", "firefox": "Firefox", "chromium": "Chromium"}


def ratio(figures, key):
    return f"x {figures[key + '_ratio']:.3f}"


def spread(figures):
    """Of single launches, which differ by where things happen to lie."""
    return f" ({figures['cpu_least']:.2f} to {figures['cpu_most']:.2f})" if "cpu_least" in figures else ""


def both(figures):
    return f"{ratio(figures, 'cpu')} / {ratio(figures, 'wall')[2:]}{spread(figures)}"


def instruction_rows(figures):
    """The clock is never as steady as these."""
    count = {name: f["instructions"] for name, f in figures.items() if "instructions" in f}
    if "without" not in count:
        return []

    def against(name):
        return f"x {count[name] / count['without']:.3f}"

    own = figures["with"]["own_instructions"]
    out = [("  its instructions (callgrind), with against without", against("with"), MUST),
           ("    of these the module's own", f"{own / 1000:.0f} k of {count['with'] / 1000:.0f} k", "")]
    if "no daemon" in count:
        out.append(("    without a daemon", against("no daemon"), MUST))
    if "empty" in count:
        out.append(("    with a module that does nothing", against("empty"), ""))
    return out


def verification(what, figures):
    """Processor time is what a busy machine disturbs least; the clock says what a user would see."""
    out = [(f"{what}, with against without: CPU / clock", both(figures["with"]), MUST),
           ("  the same without a daemon", both(figures["no daemon"]), MUST)]
    for name, other in (("a module that does nothing", "empty"), ("p11-kit-trust.so", "p11-kit-trust")):
        if other in figures:
            out.append((f"  with {name} in its place", both(figures[other]), ""))
    return out + instruction_rows(figures)


def page_rows(pages):
    out = []
    for client, places in pages.items():
        name = CLIENTS.get(client)
        for place, f in places.items() if name else ():
            out.append((f"{name}, cold DANE host, {PLACES[place]}: page", f"{f['dane']:.0f} / {f['ca']:.0f} ms x {f['dane_ratio']:.2f}",
                        PAGE))
            out.append(("  cold public host, with against without", f"x {f['ca-with_ratio']:.2f}", ""))
    return out


def name_rows(names):
    who = {"other": "a program without TLS", "openssl": "a program with OpenSSL"}
    return [(f"unknown unsigned host, getaddrinfo: {who[w]}", f"{f['with']:.0f} / {f['without']:.0f} us", "")
            for w, f in names.items()]


def rows(f):
    out = []
    for kind, figures in f["nss"].items():
        out += verification(f"NSS verification, {kind}", figures)
    for kind, figures in f["gnutls"].items():
        out += verification(f"GnuTLS handshake, {kind}", figures)
    if f["wget"]:
        out += verification("wget, whole process", f["wget"])
    for hosts, m in f["memory"].items():
        out.append((f"memory in a client, {hosts} hosts answered", f"{m['private']:.0f} KB", "100 KB" if hosts == "100" else ""))
    if f["memory"]:
        last = list(f["memory"].values())[-1]
        out.append(("  shared with others: module's file, table", f"{last['file']:.0f} / {last['table']:.0f} KB", ""))
    n = f["nsswitch"]
    out.append(("name told to the daemon: median / p99", f"{n['told']['median']:.0f} / {n['told']['p99']:.0f} us", ""))
    out.append(("  without a daemon", f"{n['no_daemon']['median']:.1f} us", ""))
    return out + name_rows(f["pages"].get("names", {})) + page_rows(f["pages"])
