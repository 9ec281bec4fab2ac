# SPDX-License-Identifier: BSD-3-Clause
"""What `cmake --install` installs, and lists of patterns to hold against it."""
import fnmatch
import os
import re
import subprocess
import sys
import tempfile

COMPONENTS = ("module", "daemon", "cli", "doc")


def fail(text):
    print(f"FAILED: {text}")
    sys.exit(1)


def cache(build):
    """The build's variables."""
    with open(f"{build}/CMakeCache.txt", encoding="utf-8") as f:
        return dict(m.groups() for m in (re.match(r"([^#/:]+):[^=]+=(.*)", line) for line in f) if m)


def directories(build):
    """Where this build puts things, absolute, by GNUInstallDirs's names without their prefix."""
    values = cache(build)
    prefix = values["CMAKE_INSTALL_PREFIX"]
    out = {"PREFIX": prefix}
    for name in ("BINDIR", "SBINDIR", "LIBDIR", "LIBEXECDIR", "MANDIR", "DOCDIR", "DATADIR"):
        default = {"MANDIR": "share/man", "DOCDIR": "share/doc/p11-dane", "DATADIR": "share"}.get(name)
        out[name] = os.path.normpath(os.path.join(prefix, values.get(f"CMAKE_INSTALL_{name}") or default))
    for name in ("PDANE_SYSTEMD_UNIT_DIR", "PDANE_SYSUSERS_DIR", "PDANE_TMPFILES_DIR"):
        out[name.removeprefix("PDANE_")] = values[name]
    for name in ("module_path", "module_configs"):
        done = subprocess.run(["pkg-config", f"--variable=p11_{name}", "p11-kit-1"], stdout=subprocess.PIPE, text=True,
                              timeout=60, check=True)
        out[f"P11_{name.upper()}"] = done.stdout.strip()
    return out


def install(build, component=None):
    """{path: mode} of what is installed: all of it, or one component."""
    with tempfile.TemporaryDirectory(prefix="pdane-install-") as destination:
        command = ["cmake", "--install", build, *(["--component", component] if component else [])]
        done = subprocess.run(command, env={**os.environ, "DESTDIR": destination}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
        if done.returncode:
            fail(f"{' '.join(command)}:\n{done.stdout[-3000:]}")
        return files_below(destination)


def files_below(top):
    out = {}
    for directory, _, names in os.walk(top):
        for name in names:
            path = f"{directory}/{name}"
            out[path.removeprefix(top)] = os.lstat(path).st_mode & 0o7777
    return out


def compare(what, files, patterns):
    """Each file is meant by a pattern, and each pattern means a file; a directory means all below it."""
    for pattern in patterns:
        if not any(means(pattern, f) for f in files):
            fail(f"{what}: nothing installed is {pattern}")
    for f in files:
        if not any(means(p, f) for p in patterns):
            fail(f"{what}: {f} is installed, and on no list")
    print(f"ok: {what}: {len(files)} files, as listed")


def means(pattern, path):
    return fnmatch.fnmatch(path, pattern) or fnmatch.fnmatch(path, f"{pattern}/*")
