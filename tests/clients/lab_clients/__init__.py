# SPDX-License-Identifier: BSD-3-Clause
"""Unmodified TLS clients, each driven the way that a user or an administrator would, one module per client.

Knows nothing of which sites exist or what they should get: that is the matrix's business.
"""
import importlib

# Imported on demand, so that a fault in one client's module cannot take the others down.
_MODULES = {
    "gnutls": ("gnutls", "GnuTls"),
    "gnutls-process": ("gnutls", "GnuTlsProcess"),
    "nss": ("nss", "Tstclnt"),
    "nss-pkix": ("nss", "TstclntPkix"),
    "nss-vfychain": ("nss", "Vfychain"),
    "gnutls-wget": ("gnutls_programs", "Wget"),
    "gnutls-git": ("gnutls_programs", "Git"),
    "gnutls-curl": ("libcurl", "LibcurlGnuTls"),
    "nss-curl": ("libcurl", "LibcurlNss"),
    "openssl-curl": ("openssl", "Curl"),
    "openssl-python": ("openssl", "Python"),
    "openssl-s_client": ("openssl", "SClient"),
    "firefox": ("firefox", "Firefox"),
    "chromium": ("chromium", "Chromium"),
}
NAMES = tuple(_MODULES)


def client_class(name):
    """The class that drives the client called name."""
    module, cls = _MODULES[name]
    return getattr(importlib.import_module("." + module, __name__), cls)


def present(names):
    """Those of names that this machine has; says of the others what they lack."""
    missing = {name: client_class(name).missing() for name in names}
    for name, what in missing.items():
        if what:
            print(f"skipped: {name}: missing {what}")
    return [name for name in names if not missing[name]]
