"""What the benchmarks share: a guest's run with its times, and small statistics."""

import math
import os
import pathlib
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


class Finished:
    """One command from start to end, with what the kernel counted for it; another status than 0 is an error."""

    def __init__(self, command, environment=None, folder=None):
        command = [str(word) for word in command]
        started = time.monotonic()
        environment = {**os.environ, **(environment or {})}
        # Not a pipe for its errors: the one that is read last might fill.
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=environment, cwd=folder
            )
            with process.stdout:
                self.output = process.stdout.read().decode(errors="replace")
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.seconds = time.monotonic() - started
            if process.returncode != 0:
                errors.seek(0)
                sys.stderr.write(errors.read().decode(errors="replace"))
                raise BenchError(f"{' '.join(command)} ended with status {process.returncode}")
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.peak_bytes = usage.ru_maxrss * 1024


def folder_bytes(folder):
    return sum(file.stat().st_size for file in pathlib.Path(folder).rglob("*") if file.is_file())


def percentile(values, percent):
    """The smallest value that at least `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def spread(values, unit="s"):
    return f"{min(values):.3g} to {max(values):.3g} {unit} in {len(values)} runs"
