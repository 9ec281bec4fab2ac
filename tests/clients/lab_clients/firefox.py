# SPDX-License-Identifier: BSD-3-Clause
"""Firefox ESR, headless: one process for all visits, told where to go through Marionette.

The module comes by the SecurityDevices policy in the system's policies.json, public CAs by the Certificates policy.
Marionette is Firefox's own remote control: over TCP, each message a JSON array behind its length and a colon.
"""
import json
import os
import shutil
import socket
import subprocess
import time

from .base import Client, Process, SetupError, accepted, error, over_mounted, refused, wait_for

# Debian's firefox-esr takes the system's policies from here as well as from /etc; only this directory is always there.
DISTRIBUTION_DIR = "/usr/share/firefox-esr/distribution"
START_TIMEOUT = 60

PREFERENCES = {
    # Nothing but what the test asks for: no background traffic, no first-run pages.
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "app.update.enabled": False,
    "browser.aboutHomeSnippets.updateUrl": "",
    "browser.newtabpage.enabled": False,
    "browser.safebrowsing.blockedURIs.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage": "about:blank",
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "browser.topsites.contile.enabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.http.speculative-parallel-limit": 0,
    "network.prefetch-next": False,
    "security.remote_settings.crlite_filters.enabled": False,
    "security.remote_settings.intermediates.enabled": False,
    "services.settings.server": "data:,none",
    "signon.autofillForms": False,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "data:,none",
    # Names are resolved by the system's resolver; that is what the lab serves.
    "network.trr.mode": 5,
    # A port of the system's choice; Firefox writes it into the profile.
    "marionette.port": 0,
}

# Every visit verifies: a kept connection or a resumed session would show the last verdict, not this one.
FORGET_CONNECTIONS = """
Services.obs.notifyObservers(null, "net:cancel-all-connections");
Cc["@mozilla.org/psm;1"].getService(Ci.nsINSSComponent).clearSSLExternalAndInternalSessionCache();
"""
PAGE_TEXT = "return document.documentElement ? document.documentElement.textContent : ''"
# Only Firefox's own error pages have these methods, and only a privileged script may call them. Some faults of a
# certificate are found before its verification, and then have the page of a network error.
ERROR_CODE = """
return document.documentURI.startsWith("about:certerror") ? document.getFailedCertSecurityInfo().errorCodeString
     : document.documentURI.startsWith("about:neterror") ? document.getNetErrorInfo().errorCodeString : "";
"""
CERTIFICATE_CODES = ("SEC_ERROR_", "MOZILLA_PKIX_ERROR_", "SSL_ERROR_BAD_CERT_DOMAIN")


class Firefox(Client):
    name = "firefox"
    programs = ("firefox-esr", "unshare", "mount")
    packages = "firefox-esr"

    def start(self):
        self.process = self.marionette = None
        profile = self.path("profile")
        port_file = os.path.join(profile, "MarionetteActivePort")
        os.makedirs(profile, exist_ok=True)
        with open(os.path.join(profile, "user.js"), "w", encoding="utf-8") as f:
            for name, value in PREFERENCES.items():
                f.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")
        if os.path.exists(port_file):  # of an earlier run with a kept home
            os.remove(port_file)
        if not os.path.isdir(DISTRIBUTION_DIR):
            raise SetupError(f"{DISTRIBUTION_DIR} is missing")
        # System access is for reading the error and for dropping connections.
        argv = ["firefox-esr", "--headless", "--no-remote", "--profile", profile, "--marionette",
                "--remote-allow-system-access", "about:blank"]
        env = self.environment(MOZ_CRASHREPORTER_DISABLE="1", MOZ_HEADLESS="1",
                               XDG_CACHE_HOME=self.path("cache"), DBUS_SESSION_BUS_ADDRESS="disabled:")
        with open(self.path("firefox.log"), "wb") as log:
            self.process = Process(over_mounted([(self._policies(), DISTRIBUTION_DIR)], argv), env,
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        port = int(wait_for(lambda: self._port_or_death(port_file), START_TIMEOUT, "firefox"))
        self.marionette = Marionette(port, START_TIMEOUT)
        self.marionette.call("WebDriver:NewSession", {"acceptInsecureCerts": False, "strictFileInteractability": True})
        self.marionette.call("WebDriver:SetTimeouts", {"pageLoad": int(self.setup.timeout * 1000)})

    def _policies(self):
        """The distribution's directory as it is, with the policies that an administrator would write."""
        directory = self.path("distribution")
        shutil.copytree(DISTRIBUTION_DIR, directory, dirs_exist_ok=True)
        policies = {}
        if self.setup.module:
            policies["SecurityDevices"] = {"Add": {"p11-dane": self.setup.module}}
        if self.setup.ca_files:
            policies["Certificates"] = {"Install": self.setup.ca_files}
        with open(os.path.join(directory, "policies.json"), "w", encoding="utf-8") as f:
            json.dump({"policies": policies}, f, indent=1)
        return directory

    def _port_or_death(self, port_file):
        if self.process.popen.poll() is not None:
            with open(self.path("firefox.log"), encoding="utf-8", errors="replace") as f:
                raise SetupError(f"firefox ended with {self.process.popen.returncode}: {f.read()[-500:]}")
        try:
            with open(port_file, encoding="ascii") as f:
                return f.read().strip()
        except FileNotFoundError:
            return None

    def stop(self):
        if self.marionette:
            self.marionette.close()
        if self.process:
            self.process.end()

    def visit(self, host, port=443, marker=None):
        place = host if port == 443 else f"{host}:{port}"
        try:
            self._chrome(FORGET_CONNECTIONS)
            failure = ""
            try:
                self.marionette.call("WebDriver:Navigate", {"url": f"https://{place}/"}, self.setup.timeout + 5)
            except MarionetteError as e:
                failure = str(e)
            text = "" if failure else self.marionette.call("WebDriver:ExecuteScript", {"script": PAGE_TEXT})
            if marker and marker in (text or ""):
                return accepted()
            code = self.marionette.call("WebDriver:ExecuteScript", {"script": ERROR_CODE, "sandbox": "system"}) or ""
        except (MarionetteError, OSError, EOFError) as e:
            return error(str(e) or type(e).__name__)
        if code.startswith(CERTIFICATE_CODES):
            return refused(code)
        return error(code or failure or f"the page lacks the marker ({len(text or '')} characters)")

    def _chrome(self, script):
        self.marionette.call("Marionette:SetContext", {"value": "chrome"})
        try:
            return self.marionette.call("WebDriver:ExecuteScript", {"script": script})
        finally:
            self.marionette.call("Marionette:SetContext", {"value": "content"})


class MarionetteError(Exception):
    """Firefox answered with an error."""


class Marionette:
    """One connection: commands are [0, id, name, parameters], answers [1, id, error, result]."""

    def __init__(self, port, timeout):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.buffer = b""
        self.number = 0
        self._receive(timeout)  # the greeting

    def close(self):
        self.socket.close()

    def call(self, name, parameters, timeout=60.0):
        self.number += 1
        message = json.dumps([0, self.number, name, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(message), message))
        answer = self._receive(timeout)
        if answer[1] != self.number:
            raise MarionetteError(f"answer {answer[1]} to command {self.number}")
        if answer[2]:
            raise MarionetteError(f"{answer[2].get('error')}: {answer[2].get('message')}")
        result = answer[3]
        return result.get("value") if isinstance(result, dict) and "value" in result else result

    def _receive(self, timeout):
        deadline = time.monotonic() + timeout
        while True:
            length, colon, rest = self.buffer.partition(b":")
            if colon and len(rest) >= int(length):
                self.buffer = rest[int(length):]
                return json.loads(rest[:int(length)])
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            data = self.socket.recv(65536)
            if not data:
                raise EOFError("firefox closed the connection")
            self.buffer += data
