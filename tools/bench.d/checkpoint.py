"""What it costs to take a checkpoint many times a second, and what each mechanism buys (patents.md, requirements 1 to 16).

    stun and overhead   the 12.7 G instruction workload, recorded at 25 and 100 epochs a second, with 256 MiB and 4 GiB
    large epochs        a bare guest that dirties 8,000 pages an epoch: the same ones, and others each time
    sparse scans        a bare guest that dirties a page in each of 4,096 tables of the nested page table
    bytes sent          four guests with differences and without
    the table           the workload at 10, 25, 50, 100 epochs a second in four ways of taking pages
"""

import statistics
import sys

from measuring import Run, percentile, spread

WORKLOAD_MARKER = b"PALIMPSEST-WORKLOAD-DONE"
LARGE_MEMORY = "4G"

WAYS = [
    ("copied in the stun", ["--defer", "none", "--differences", "none"]),
    ("cold deferred, differences in the stun", ["--defer", "cold", "--differences", "stun"]),
    ("all deferred", ["--defer", "all", "--differences", "none"]),
    ("all deferred, differences later", []),
]

# Guest, what it prints at the end.
SENDERS = [
    ("1,000 processes", "forks", b"PALIMPSEST-FORKS-DONE"),
    ("demo", "demo", b"PALIMPSEST-DEMO-DONE"),
    ("boot", "shell", b"PALIMPSEST-BOOT-OK"),
    ("workload", "workload", WORKLOAD_MARKER),
]


def measure(bench):
    rows_stun_and_overhead(bench)
    rows_large_epochs(bench)
    rows_sparse_scan(bench)
    rows_bytes_sent(bench)
    rows_savevm(bench)
    table(bench)


def record(bench, variant, marker, *options, memory="256M"):
    """Records a guest; returns the run and its epochs, checkpoint 0 aside."""
    store = bench.new_store()
    run = Run(bench.record_command(variant, store, *options, memory=memory), [marker])
    epochs, _ = bench.ask(store, "log")
    return run, [epoch for epoch in epochs if epoch["epoch"] > 0]


def total(epochs, *keys):
    return sum(epoch[key] for epoch in epochs for key in keys)


def rows_stun_and_overhead(bench):
    plain_s, seconds, stuns_us = [], {25: [], 100: []}, {"256M": [], LARGE_MEMORY: []}
    for _ in range(bench.runs):
        plain_s.append(Run(bench.run_command("workload"), [WORKLOAD_MARKER]).end_s)
        for rate in seconds:
            run, epochs = record(bench, "workload", WORKLOAD_MARKER, "--epoch-rate", str(rate))
            seconds[rate].append(run.end_s)
            if rate == 25:
                stuns_us["256M"] += [epoch["stun_us"] for epoch in epochs]
        _, epochs = record(bench, "workload", WORKLOAD_MARKER, memory=LARGE_MEMORY)
        stuns_us[LARGE_MEMORY] += [epoch["stun_us"] for epoch in epochs]
    small = {percent: percentile(stuns_us["256M"], percent) for percent in (50, 99)}
    large = {percent: percentile(stuns_us[LARGE_MEMORY], percent) for percent in (50, 99)}
    note = f"{len(stuns_us['256M'])} epochs, longest {max(stuns_us['256M']) / 1000:.3f} ms"
    bench.row("workload, 25 epochs/s, stun p50", small[50] / 1000, "ms", 0.15, 0.05, note=note)
    bench.row("  stun p99", small[99] / 1000, "ms", 0.5, 0.2)
    for percent in (50, 99):
        note = f"{large[percent] / 1000:.3f} ms"
        bench.row(f"  with {LARGE_MEMORY} of memory, p{percent}", large[percent] / small[percent], "x", 1.2, 1.05, note=note)
    plain = statistics.median(plain_s)
    bench.row("workload, not recorded", plain, "s", note=spread(plain_s))
    for rate, least, aim in [(25, 8, 3), (100, 20, 8)]:
        overhead = (statistics.median(seconds[rate]) / plain - 1) * 100
        bench.row(f"  overhead at {rate} epochs/s", overhead, "%", least, aim, note=spread(seconds[rate]))


def record_bare(bench, guest, memory, *options):
    store = bench.new_store()
    command = [bench.binary, "record", "--bare", guest, "--memory", memory, "--headless", "--store", store]
    Run([*command, "--durability", "off", *options], [])
    epochs, _ = bench.ask(store, "log")
    return epochs


def rows_large_epochs(bench):
    """Rounds 2 to 59 write the same pages, 80 to 119 pages not written for 16 rounds."""
    guest = bench.bare_guest("sweep")
    stun_us = {}
    for name, options in [WAYS[0], ("cold deferred", ["--defer", "cold", "--differences", "none"]), WAYS[2]]:
        epochs = record_bare(bench, guest, "640M", "--epoch-instructions", "10000000", *options)
        for kind, rounds in [("the same pages", epochs[12:58]), ("others each time", epochs[82:118])]:
            dirty = statistics.median(epoch["dirty_pages"] for epoch in rounds)
            stun_us[name, kind] = statistics.median(epoch["stun_us"] for epoch in rounds)
            note = f"{dirty:.0f} dirty pages; {spread([epoch['stun_us'] / 1000 for epoch in rounds], 'ms')}"
            bench.row(f"8,000 pages, {kind}, {name}: stun", stun_us[name, kind] / 1000, "ms", note=note)
    for kind in ["others each time", "the same pages"]:
        for name in ["cold deferred", WAYS[2][0]]:
            ratio = stun_us[name, kind] / stun_us[WAYS[0][0], kind]
            # What the guest does again and again is not cold: that rule cannot help there.
            bound = {} if (name, kind) == ("cold deferred", "the same pages") else dict(least=0.5, aim=0.2)
            bench.row(f"  {kind}: {name} / copied in the stun", ratio, "x", **bound)


def rows_sparse_scan(bench):
    epochs = record_bare(bench, bench.bare_guest("stride"), "9G", "--epoch-instructions", "60000000")[2:-1]
    scan_us = [epoch["scan_us"] for epoch in epochs]
    dirty = statistics.median(epoch["dirty_pages"] for epoch in epochs)
    note = f"{dirty:.0f} dirty pages in as many tables, 9 GiB of memory; {spread(scan_us, 'us')}"
    bench.row("scan of pages far apart, and the flush", statistics.median(scan_us), "us", note=note)


def rows_bytes_sent(bench):
    for name, variant, marker in SENDERS:
        sent = {}
        for differences in ("none", "later"):
            _, epochs = record(bench, variant, marker, "--differences", differences)
            sent[differences] = total(epochs, "sent_bytes") / total(epochs, "dirty_pages")
        note = f"{sent['later']:.0f} of {sent['none']:.0f} B a dirty page, {total(epochs, 'diff_pages')} differences"
        ratio = sent["later"] / sent["none"]
        bench.row(f"bytes sent with differences / without, {name}", ratio, "x", 0.5, 0.25, note=note)


def rows_savevm(bench):
    """QEMU's snapshot of the same guest, for comparison."""
    if not bench.qemu:
        bench.row("QEMU savevm, stun", None, "ms", note="qemu-system-riscv64 is not installed")
        return
    times_ms, bytes_each = bench.savevm()
    bench.row("QEMU savevm of a booted guest, 256 MiB: stun", statistics.median(times_ms), "ms", note=spread(times_ms, "ms"))
    bench.row("  bytes each", statistics.median(bytes_each) / 1e6, "MB")


def table(bench):
    """One run each; printed as rows of Markdown too, for docs/performance.md."""
    lines = ["| | epochs/s | stun p50, p99 ms | overhead | sent B a page | stored B a page |", "|---|---|---|---|---|---|"]
    plain = Run(bench.run_command("workload"), [WORKLOAD_MARKER]).end_s
    for name, options in WAYS:
        for rate in (10, 25, 50, 100):
            run, epochs = record(bench, "workload", WORKLOAD_MARKER, "--epoch-rate", str(rate), *options)
            stuns_us = [epoch["stun_us"] for epoch in epochs]
            dirty = total(epochs, "dirty_pages")
            detail = dict(
                way=name, rate=rate, stun_p50_us=percentile(stuns_us, 50), stun_p99_us=percentile(stuns_us, 99),
                overhead=run.end_s / plain - 1, sent_bytes=total(epochs, "sent_bytes") / dirty,
                stored_bytes=total(epochs, "stored_bytes") / dirty,
            )
            bench.details.append(detail)
            lines.append(
                f"| {name} | {rate} | {detail['stun_p50_us'] / 1000:.3f}, {detail['stun_p99_us'] / 1000:.3f} | "
                f"{detail['overhead'] * 100:.1f} % | {detail['sent_bytes']:.0f} | {detail['stored_bytes']:.0f} |"
            )
            print(f"bench: {lines[-1]}", file=sys.stderr)
    bench.tables.append("\n".join(lines))
