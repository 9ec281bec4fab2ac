# SPDX-License-Identifier: BSD-3-Clause
"""Chromium, headless: one process for all visits, told where to go over the DevTools pipe.

The module and public CAs are in the user's NSS database, put there with modutil and certutil. Each visit has a browser
context of its own: Chromium remembers a verdict for half an hour and a connection for minutes, per context, while NSS
below it remembers per process.
"""
import fcntl
import json
import os
import select
import subprocess
import time

from .base import Client, Process, accepted, error, refused
from .nss import make_database

START_TIMEOUT = 60

OPTIONS = (
    "--headless",
    # Chromium's sandbox refuses to start as root, which one is in a user namespace.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-features=OptimizationHints,MediaRouter,DnsOverHttps",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--no-proxy-server",
    "--password-store=basic",
    "--remote-debugging-pipe",
)


class Chromium(Client):
    name = "chromium"
    programs = ("chromium", "certutil", "modutil")
    packages = "chromium libnss3-tools"

    def start(self):
        self.process = self.devtools = None
        make_database(self, self.path(".pki", "nssdb"))
        argv = ["chromium", *OPTIONS, "--user-data-dir=" + self.path("chromium"), "about:blank"]
        # Chromium reads commands from its descriptor 3 and writes answers to 4: ours must not be those. dash knows no
        # descriptors of two digits.
        command_read, command_write = high_pipe()
        answer_read, answer_write = high_pipe()
        self.devtools = DevTools(command_write, answer_read)
        shell = ["bash", "-c", 'r=$1 w=$2; shift 2; exec 3<&"$r" 4>&"$w"; exec "$@"', "with-pipe",
                 str(command_read), str(answer_write)]
        try:
            with open(self.path("chromium.log"), "wb") as log:
                self.process = Process([*shell, *argv], self.environment(), stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log, pass_fds=(command_read, answer_write))
        finally:
            os.close(command_read)
            os.close(answer_write)
        self.devtools.call("Browser.getVersion", timeout=START_TIMEOUT)

    def stop(self):
        if self.process:
            self.process.end()
        if self.devtools:
            self.devtools.close()

    def visit(self, host, port=443, marker=None):
        place = host if port == 443 else f"{host}:{port}"
        devtools, timeout = self.devtools, self.setup.timeout
        try:
            context = devtools.call("Target.createBrowserContext")["browserContextId"]
            target = devtools.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
            session = devtools.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            devtools.call("Page.enable", session=session)
            answer = devtools.call("Page.navigate", session=session, timeout=timeout, url=f"https://{place}/")
            failure = answer.get("errorText", "")
            text = "" if failure else self._text(session, marker)
            devtools.call("Target.disposeBrowserContext", browserContextId=context)
        except (DevToolsError, OSError, EOFError) as e:
            return error(str(e) or type(e).__name__)
        if marker and marker in text:
            return accepted()
        if failure.startswith("net::ERR_CERT_"):
            return refused(failure.replace("net::", "NET::"))
        return error(failure or f"the page lacks the marker ({len(text)} characters)")

    def _text(self, session, marker):
        """The page's text, once it is there: navigating ends with the first bytes, not with the document."""
        expression = "[document.readyState, document.documentElement ? document.documentElement.textContent : '']"
        deadline = time.monotonic() + self.setup.timeout
        while True:
            answer = self.devtools.call("Runtime.evaluate", session=session, expression=expression,
                                        returnByValue=True)
            state, text = answer["result"].get("value", ["", ""])
            if (marker and marker in text) or state == "complete" or time.monotonic() > deadline:
                return text
            time.sleep(0.02)


def high_pipe():
    """A pipe whose descriptors are well away from the first ones."""
    low = os.pipe()
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 20) for fd in low]
    for fd in low:
        os.close(fd)
    return high


class DevToolsError(Exception):
    """Chromium answered with an error, or not in time."""


class DevTools:
    """Commands and answers as JSON, each ended by a zero byte; events are of no interest here."""

    def __init__(self, command_fd, answer_fd):
        self.command_fd = command_fd
        self.answer_fd = answer_fd
        self.buffer = b""
        self.number = 0

    def close(self):
        os.close(self.command_fd)
        os.close(self.answer_fd)

    def call(self, method, session=None, timeout=30.0, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.command_fd, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + timeout
        while True:
            answer = self._receive(method, deadline)
            if answer.get("id") != self.number:
                continue
            if "error" in answer:
                raise DevToolsError(f"{method}: {answer['error'].get('message')}")
            return answer["result"]

    def _receive(self, method, deadline):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.answer_fd], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise DevToolsError(f"{method}: timeout")
            data = os.read(self.answer_fd, 65536)
            if not data:
                raise EOFError("chromium closed its pipe")
            self.buffer += data
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)
