"""What a history costs on disk and how soon it answers, with a recorded boot and with long histories of synthetic traffic.

    the boot          bytes a dirty page, checkout, memory images and replay of a recorded Debian boot
    20 epochs         of that boot, beside what other stores make of the same memory images
    the boot again    into the same history
    synced epochs     500 dirty pages each, through the whole pipeline of the store
    long histories    checkout, one page's history and content, verify, prune and gc, with 10^3 to 10^5 epochs
"""

import os
import shutil
import statistics

import peers
from measuring import BenchError, Run, folder_bytes, spread

BOOT_MARKER = b"PALIMPSEST-BOOT-OK"
WINDOW = 20
SYNCED_EPOCHS = ["--epochs", "300", "--pages", "30000", "--writes", "512", "--durability", "epoch"]
MIB = 1 << 20


def measure(bench):
    store, epochs = rows_boot(bench)
    rows_images(bench, store, epochs)
    rows_windows(bench, store, epochs)
    row_same_boot_again(bench)
    rows_synced_epochs(bench)
    rows_long_histories(bench)


def record_boot(bench, markers, *options):
    store = bench.new_store()
    return store, Run(bench.record_command("shell", store, *bench.epoch_options(), *options), markers)


def total(epochs, key):
    return sum(epoch[key] for epoch in epochs)


def positions(last, count=20):
    """Spread over a history, both ends among them."""
    return [1 + (last - 1) * step // (count - 1) for step in range(count)]


def median_and_range(values, unit, of):
    return f"median {statistics.median(values):.3g}, {min(values):.3g} to {max(values):.3g} {unit} in {len(values)} {of}"


# The boot


def rows_boot(bench):
    store, recorded = record_boot(bench, [BOOT_MARKER])
    # Other recordings are made while this one is still needed.
    store = store.rename(bench.scratch / "boot")
    epochs, _ = bench.ask(store, "log")
    row_stored_bytes(bench, store, epochs)
    row_checkouts(bench, store, epochs)
    replay_s, whole_s = [], []
    for _ in range(bench.runs):
        reports, seconds = bench.ask(store, "replay", "0..HEAD")
        if reports[-1]["divergence"] is not None:
            raise BenchError(f"the replay diverged: {reports[-1]['divergence']}")
        replay_s.append(reports[-1]["seconds"])
        whole_s.append(seconds)
    ratio = statistics.median(whole_s) / recorded.end_s
    bench.row("replay of the boot", statistics.median(replay_s), "s", note=spread(replay_s))
    bench.row("  replay / recording, whole programs", ratio, "x", least=1, aim=0.9)
    return store, epochs


def row_stored_bytes(bench, store, epochs):
    """The folder's size less checkpoint 0 (the base image), over all dirty pages of all epochs."""
    statistics_of_store, _ = bench.ask(store, "stats")
    on_disk, base, after = folder_bytes(store), epochs[0]["stored_bytes"], total(epochs[1:], "stored_bytes")
    dirty = total(epochs[1:], "dirty_pages")
    note = f"{dirty} dirty pages, {len(epochs)} epochs; folder {on_disk / 1e6:.1f} MB, base image {base / 1e6:.1f} MB"
    bench.row("bytes on disk a dirty page, base aside", (on_disk - base) / dirty, "B", 400, 200, note=note)
    bench.row("  by the store's own count", after / dirty, "B", note=f"stats: {statistics_of_store[-1]['stored_bytes']}")


def row_checkouts(bench, store, epochs):
    """Twenty checkouts spread over the recording; the program times itself to the first instruction (`ready_us`)."""
    ready_ms, whole_ms = [], []
    for position in positions(epochs[-1]["epoch"]):
        reports, seconds = bench.ask(store, "checkout", str(position))
        whole_ms.append(seconds * 1000)
        ready_ms.append(reports[-1]["ready_us"] / 1000)
    note = spread(ready_ms, "ms")
    bench.row("checkout to the first instruction, worst of 20", max(ready_ms), "ms", 50, 5, note=note)
    bench.row("  whole process, digest of all memory included", statistics.median(whole_ms), "ms")


def rows_images(bench, store, epochs):
    """All of memory, written to a file by a program that starts for it."""
    image = bench.scratch / "image"
    exports = bench.has_command("export")
    seconds = []
    for position in positions(epochs[-1]["epoch"], count=7):
        of_position = []
        for _ in range(bench.runs):
            image.unlink(missing_ok=True)
            if exports:
                arguments = ["export", position, image, "--memory", "raw"]
            else:
                arguments = ["checkout", position, "--memory", image]
            of_position.append(bench.palimpsest(*arguments, store=store).seconds)
        seconds.append(statistics.median(of_position))
    image.unlink()
    note = f"{arguments[0]}, whole process; {median_and_range(seconds, 's', 'epochs')}"
    bench.row("full memory image, 256 MiB, worst epoch", max(seconds), "s", 0.5, 0.2, note=note)


# 20 epochs of the boot


def rows_windows(bench, store, epochs):
    """Chosen before anything is known of its size: the window that begins at a third of the guest's instructions, where the
    same work is done in every recording. The first epoch of each slice is its first image: the 20 after it count."""
    windows = [epochs[first : first + WINDOW + 1] for first in range(1, len(epochs) - WINDOW)]
    if not windows:
        raise BenchError(f"the recorded boot has {len(epochs)} epochs; {WINDOW + 2} are needed")
    third = epochs[-1]["icount"] / 3
    chosen = next((window for window in windows if window[0]["icount"] >= third), windows[-1])
    row_window(bench, "20 epochs beyond the base, from a third of the boot", chosen)
    row_folder_growth(bench, chosen)
    rows_peers(bench, store, chosen, peers.PEERS)
    rows_savevm(bench)
    sizes = [stored_after_first(window) / 1e6 for window in windows]
    note = f"{min(sizes):.3g} to {max(sizes):.3g} MB in {len(sizes)} windows"
    bench.row("  the median 20 of the boot", statistics.median(sizes), "MB", note=note)
    heaviest = max(windows, key=stored_after_first)
    row_window(bench, "  the heaviest 20 of the boot", heaviest)
    if heaviest is not chosen:
        rows_peers(bench, store, heaviest, [peers.ZstdPatch])


def row_window(bench, figure, window):
    bench.row(figure, stored_after_first(window) / 1e6, "MB", 2.0, 1.2, note=described(window))


def stored_after_first(window):
    return total(window[1:], "stored_bytes")


def described(window):
    """Which epochs, and how far apart they were taken."""
    times_ms = [epoch["wall_time_ns"] / 1e6 for epoch in window]
    apart = statistics.median(after - before for before, after in zip(times_ms, times_ms[1:]))
    dirty = total(window[1:], "dirty_pages")
    return f"epochs {window[1]['epoch']} to {window[-1]['epoch']}, {apart:.0f} ms apart, {dirty} dirty pages"


def row_folder_growth(bench, window):
    """Two recordings of the same boot, one that stops where the window's first epoch ended and one at its last: what the
    folder of the second has more. A guest is deterministic, but the host's clock ends other epochs in each recording."""
    grown_mb = []
    for _ in range(bench.runs):
        sizes_mb = []
        for end in window[0], window[-1]:
            store, _ = record_boot(bench, [], "--stop-at-icount", str(end["icount"]))
            sizes_mb.append(folder_bytes(store) / 1e6)
        grown_mb.append(sizes_mb[1] - sizes_mb[0])
    bench.row("  growth of the folder meanwhile", statistics.median(grown_mb), "MB", note=spread(grown_mb, "MB"))


def rows_peers(bench, store, window, kinds):
    """The window's memory images, given to other stores one after another."""
    folder = bench.scratch / "peers"
    stores = [kind(folder) for kind in kinds if kind.is_installed()]
    folder.mkdir(exist_ok=True)
    image, previous = folder / "memory", folder / "memory.previous"
    for number, epoch in enumerate(window):
        if number > 0:
            image.replace(previous)
        bench.palimpsest("checkout", epoch["epoch"], "--memory", image, store=store)
        for peer in stores:
            peer.keep(image, previous if number > 0 else None, number)
    for peer in stores:
        note = f"{sum(peer.seconds[1:]):.1f} s for the 20; the first image {peer.sizes[0] / 1e6:.1f} MB"
        bench.row(f"  {peer.name}", peer.grown_bytes / 1e6, "MB", note=note)
        bench.row(f"    ours / {peer.program}", stored_after_first(window) / peer.grown_bytes, "x")
    for kind in kinds:
        if not kind.is_installed():
            note = f"{kind.program} is not installed; tools/setup --all installs it"
            bench.row(f"  {kind.name}", None, "MB", note=note)
    shutil.rmtree(folder)


def rows_savevm(bench):
    if not bench.qemu:
        bench.row("  QEMU savevm", None, "MB", note="qemu-system-riscv64 is not installed")
        return
    times_ms, bytes_each = bench.savevm(count=WINDOW + 1, boot_s=0.6, pause_s=0.04)
    note = f"stopped for {statistics.median(times_ms):.0f} ms each; {spread(times_ms, 'ms')}"
    bench.row("  QEMU savevm, in the middle of its boot", sum(bytes_each) / 1e6, "MB", note=note)


def row_same_boot_again(bench):
    """Epochs by instructions, so that nothing of the host is in them: the folder's growth in the second recording."""
    store, sizes = bench.new_store(), []
    for timeline in "first", "again":
        options = ["--epoch-instructions", str(20_000_000), "--timeline", timeline]
        Run(bench.record_command("shell", store, *options), [BOOT_MARKER])
        sizes.append(folder_bytes(store))
    growth = (sizes[1] - sizes[0]) / sizes[0] * 100
    note = f"{(sizes[1] - sizes[0]) / 1e6:.2f} MB more than {sizes[0] / 1e6:.1f} MB"
    bench.row("the same boot recorded again into the same history", growth, "%", 5, note=note)


# Synthetic traffic


def rows_synced_epochs(bench):
    """Each run begins with the disk at rest: what was written before would be waited for by its first syncs."""
    reports = []
    for _ in range(bench.runs):
        os.sync()
        reports.append(bench.workbench("generate", bench.new_store(), *SYNCED_EPOCHS))
    rates = [report["epochs_per_second"] for report in reports]
    dirty = reports[0]["dirty_pages"] / reports[0]["epochs"]
    note = f"{dirty:.0f} dirty pages an epoch; {spread(rates, 'epochs/s')}"
    bench.row("synced epochs", statistics.median(rates), "epochs/s", 100, 200, more_is_better=True, note=note)


class History:
    """A long history of synthetic traffic, and what is known of it."""

    def __init__(self, bench, epochs):
        self.epochs = epochs
        self.store = bench.scratch / f"long-{epochs}"
        self.name = f"{epochs:,} epochs"
        self.generated = bench.workbench("generate", self.store, "--epochs", str(epochs))
        self.statistics = bench.ask(self.store, "stats")[0][-1]
        self.ready_ms = {position: [] for position in positions(epochs)}
        self.measured = []

    def median_ready_ms(self):
        return statistics.median(value for values in self.ready_ms.values() for value in values)

    def median_of(self, key):
        return statistics.median(report[key] for report in self.measured)


def rows_long_histories(bench):
    histories = [History(bench, epochs) for epochs in bench.history_epochs]
    for history in histories:
        row_growth(bench, history)
    rows_long_checkouts(bench, histories)
    rows_page_questions(bench, histories)
    for history in histories:
        bench.details.append(detail(history))
    for history in histories:
        rows_verify(bench, history)
        rows_collection(bench, history)
        shutil.rmtree(history.store)


def bytes_an_epoch(history):
    return (history.statistics["directory_bytes"] - history.generated["base_bytes"]) / history.epochs


def row_growth(bench, history):
    generated, folder = history.generated, history.statistics["directory_bytes"]
    a_page = bytes_an_epoch(history) * history.epochs / generated["dirty_pages"]
    note = f"{a_page:.0f} B a dirty page, {generated['dirty_pages']:,} of them; folder {folder / 1e6:.0f} MB"
    bench.row(f"{history.name}: on disk an epoch, base aside", bytes_an_epoch(history) / 1024, "KiB", note=note)
    bench.row("  made without syncs", generated["epochs_per_second"], "epochs/s")


def rows_long_checkouts(bench, histories):
    """The histories take turns at each position."""
    for _ in range(bench.runs):
        for step in range(20):
            for history in histories:
                position = positions(history.epochs)[step]
                reports, _ = bench.ask(history.store, "checkout", str(position))
                history.ready_ms[position].append(reports[-1]["ready_us"] / 1000)
    for history in histories:
        of_positions = [statistics.median(values) for values in history.ready_ms.values()]
        note = median_and_range(of_positions, "ms", "positions")
        bench.row(f"{history.name}: checkout to runnable, worst of 20", max(of_positions), "ms", 20, 5, note=note)
    shortest, longest = histories[0], histories[-1]
    ratio = longest.median_ready_ms() / shortest.median_ready_ms()
    bench.row(f"  {longest.name} / {shortest.name}, medians", ratio, "x", 1.2, 1.0)


def rows_page_questions(bench, histories):
    for _ in range(bench.runs):
        for history in histories:
            history.measured.append(bench.workbench("measure", history.store))
    for history in histories:
        of = history.median_of
        note = f"p50 {of('page_history_p50_us') / 1000:.3f} ms; up to {of('page_history_entries_max'):.0f} entries"
        p99_ms = of("page_history_p99_us") / 1000
        bench.row(f"{history.name}: history of one page, p99", p99_ms, "ms", 2, 0.3, note=note)
        note = f"p50 {of('page_at_epoch_p50_us') / 1000:.3f} ms"
        bench.row("  one page at an epoch, p99", of("page_at_epoch_p99_us") / 1000, "ms", 1, 0.2, note=note)
        bench.row("  map of all pages at an epoch, p50", of("map_p50_us") / 1000, "ms")
        bench.row("  content of all pages at an epoch, p50", of("image_p50_us") / 1000, "ms")


def detail(history):
    """For tools/plot growth."""
    return dict(
        history_epochs=history.epochs, bytes_an_epoch=bytes_an_epoch(history), checkout_ms=history.median_ready_ms(),
        page_history_p99_us=history.median_of("page_history_p99_us"),
        page_at_epoch_p99_us=history.median_of("page_at_epoch_p99_us"),
    )


# Verifying and collecting


def row_peak(bench, finished):
    bench.row("  resident memory", finished.peak_bytes / MIB, "MiB", 256, 100)


def rows_verify(bench, history):
    finished = bench.palimpsest("verify", store=history.store)
    bench.row(f"{history.name}: verify", finished.seconds, "s", note=f"{finished.cpu_s:.1f} s of processor time")
    row_peak(bench, finished)
    name = f"{history.name}: verify --data"
    if not bench.has_option("verify", "--data"):
        bench.row(name, None, "MB/s", note="this palimpsest has no 'verify --data'")
        return
    finished = bench.palimpsest("verify", "--data", store=history.store)
    logical = history.statistics["logical_bytes"] / 1e6
    note = f"a core; {logical:.0f} MB of pages, {finished.cpu_s:.1f} s of processor time, {finished.seconds:.1f} s in all"
    bench.row(name, logical / finished.cpu_s, "MB/s", 300, 800, more_is_better=True, note=note)
    row_peak(bench, finished)


def rows_collection(bench, history):
    """Keeps the last epochs, 1,000 where there are 10,000, and each hundredth before them."""
    keep = ["--keep-every", "100", "--keep-last", str(min(1000, history.epochs // 10))]
    for command, options in [("prune", keep), ("gc", [])]:
        name = f"{history.name}: {' '.join([command, *options])}"
        if not bench.has_command(command):
            bench.row(name, None, "s", note=f"this palimpsest has no '{command}'")
            continue
        before = folder_bytes(history.store)
        finished = bench.palimpsest(command, *options, store=history.store)
        note = f"folder {before / 1e6:.1f} MB before, {folder_bytes(history.store) / 1e6:.1f} MB after"
        bench.row(name, finished.seconds, "s", note=note)
        row_peak(bench, finished)
