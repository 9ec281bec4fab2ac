# SPDX-License-Identifier: BSD-3-Clause
"""One numbered line per check, as TAP has it, and a count at the end."""
import sys


class Report:
    def __init__(self):
        self.passed = 0
        self.failed = []

    def check(self, ok, name, detail=""):
        """Counts one check; the detail is shown when it failed."""
        number = self.passed + len(self.failed) + 1
        if ok:
            self.passed += 1
        else:
            self.failed.append(name)
        print(f"{'ok' if ok else 'not ok'} {number} - {name}" + ("  # " + " ".join(detail.split()) if detail and not ok else ""))
        sys.stdout.flush()

    def note(self, text):
        for line in text.splitlines():
            print("# " + line)
        sys.stdout.flush()

    def finish(self):
        """Prints the count; the exit status."""
        for name in self.failed:
            print(f"# failed: {name}")
        print(f"1..{self.passed + len(self.failed)}")
        print(f"# {self.passed} passed, {len(self.failed)} failed")
        return 1 if self.failed or not self.passed else 0
