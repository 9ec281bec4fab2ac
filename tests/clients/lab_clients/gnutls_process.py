#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A program that lives long and uses GnuTLS, as a mail reader or a desktop does: one set of credentials for all its
connections. None of the usual tools makes two handshakes when it is told to.

Reads "HOST PORT" lines, answers each with one line of JSON: [status of the verification, its words, what was received].
The status is null when it did not come to a verification.
"""
import ctypes
import ctypes.util
import json
import socket
import sys

TIMEOUT = 20.0
CLIENT, CRD_CERTIFICATE, NAME_DNS, FMT_PEM, CRT_X509 = 2, 1, 1, 1, 1
E_AGAIN, E_INTERRUPTED = -28, -52

gnutls = ctypes.CDLL(ctypes.util.find_library("gnutls") or "libgnutls.so.30")
gnutls.gnutls_strerror.restype = ctypes.c_char_p
for function in (gnutls.gnutls_record_recv, gnutls.gnutls_record_send):
    function.restype = ctypes.c_ssize_t
    function.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]


class Datum(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_uint)]


def check(code):
    if code < 0:
        raise OSError(gnutls.gnutls_strerror(code).decode())
    return code


def credentials(trust):
    out = ctypes.c_void_p()
    check(gnutls.gnutls_certificate_allocate_credentials(ctypes.byref(out)))
    check(gnutls.gnutls_certificate_set_x509_trust_file(out, trust.encode(), FMT_PEM))
    return out


def words(status):
    text = Datum()
    check(gnutls.gnutls_certificate_verification_status_print(status, CRT_X509, ctypes.byref(text), 0))
    return ctypes.string_at(text.data, text.size).decode()


def patiently(call, *args):
    while True:
        n = call(*args)
        if n not in (E_AGAIN, E_INTERRUPTED):
            return check(n)


def fetch(session, host):
    """(status, words, page); the page only if the certificate is trusted."""
    patiently(gnutls.gnutls_handshake, session)
    status = ctypes.c_uint()
    check(gnutls.gnutls_certificate_verify_peers3(session, host.encode(), ctypes.byref(status)))
    if status.value:
        return status.value, words(status), ""
    request = f"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode()
    patiently(gnutls.gnutls_record_send, session, request, len(request))
    page, buffer = b"", ctypes.create_string_buffer(16384)
    while True:
        n = gnutls.gnutls_record_recv(session, buffer, len(buffer))
        if n <= 0 and n not in (E_AGAIN, E_INTERRUPTED):
            return 0, "", page.decode(errors="replace")  # some servers hang up without a farewell
        page += buffer.raw[:max(n, 0)]


def visit(creds, host, port):
    session = ctypes.c_void_p()
    host = host.removesuffix(".")  # RFC 6066 section 3; gnutls-cli does the same
    with socket.create_connection((host, port), TIMEOUT) as connection:
        connection.setblocking(True)
        check(gnutls.gnutls_init(ctypes.byref(session), CLIENT))
        try:
            check(gnutls.gnutls_set_default_priority(session))
            check(gnutls.gnutls_credentials_set(session, CRD_CERTIFICATE, creds))
            check(gnutls.gnutls_server_name_set(session, NAME_DNS, host.encode(), len(host.encode())))
            gnutls.gnutls_transport_set_int2(session, connection.fileno(), connection.fileno())
            return fetch(session, host)
        finally:
            gnutls.gnutls_deinit(session)


def main():
    creds = credentials(sys.argv[1])
    for line in sys.stdin:
        host, port = line.split()
        try:
            answer = visit(creds, host, int(port))
        except OSError as e:
            answer = None, str(e), ""
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
