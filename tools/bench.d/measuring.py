"""What the benchmarks share: a guest's run with its times, and small statistics."""

import math
import os
import subprocess
import sys
import tempfile
import threading
import time

RUN_SECONDS_MAX = 900


class BenchError(Exception):
    """One line for the user: what, where, what to do."""


class Run:
    """One guest from start to end: seconds to each marker on its console and to the program's end."""

    def __init__(self, command, markers, environment=None):
        self.marker_s = {}
        started = time.monotonic()
        environment = {**os.environ, **(environment or {})}
        errors = tempfile.TemporaryFile()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=environment
        )
        # A guest that hangs prints nothing more, so the clock must not depend on its lines.
        watchdog = threading.Timer(RUN_SECONDS_MAX, process.kill)
        watchdog.start()
        try:
            for line in process.stdout:
                for marker in markers:
                    if marker in line:
                        self.marker_s.setdefault(marker, time.monotonic() - started)
            status = process.wait()
        finally:
            watchdog.cancel()
            process.kill()
        self.end_s = time.monotonic() - started
        errors.seek(0)
        self.errors = errors.read().decode(errors="replace")
        missing = [marker.decode() for marker in markers if marker not in self.marker_s]
        if status != 0 or missing:
            sys.stderr.write(self.errors)
            raise BenchError(f"{' '.join(map(str, command))} ended with status {status}, without {missing or 'a fault'}")

    def statistics(self):
        """What --tlb-statistics printed."""
        words = [line.split() for line in self.errors.splitlines() if line.startswith("tlb_")]
        return {name: int(value) for name, value in words}


def percentile(values, percent):
    """The smallest value that at least `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def spread(values, unit="s"):
    return f"{min(values):.3g} to {max(values):.3g} {unit} in {len(values)} runs"
