"""./dev bench: what probes cost and how true their times are, beside blackbox_exporter
and wrk on the same machine in the same minute. See docs/bench.md."""

import argparse
import contextlib
import os
import pathlib
import statistics
import sys
import tempfile
import time

import peers
import scale_rows
import wire
from exporter_rows import idle_cpu, isolation
from processes import Failure, leave_on_sigterm
from table import Broken, Row, keep, machine, markdown

MIB = 1 << 20


class Sizes:
    """How much is measured. A short run has fewer samples and sees more noise, hence
    the slack on its limits."""

    def __init__(self, quick):
        self.rounds = 1 if quick else 3
        self.concurrencies = (1, 16, 64)
        self.seconds = 1 if quick else 3
        self.probes = 500 if quick else 2000
        self.paced = {0.5: 400 if quick else 1000, 5: 1200 if quick else 2000}
        self.idle_seconds = 0 if quick else 60
        self.isolation_seconds = 8 if quick else 30
        self.text_targets = 500 if quick else 2000
        self.has_scale = not quick
        self.slack = 1.5 if quick else 1.0


class Bench:
    def __init__(self, binaries, folder, sizes):
        self.binaries, self.folder, self.sizes = binaries, folder, sizes
        self.ca_file = peers.make_certificates(folder)
        self.rows = []

    def measure(self, name, function):
        """Adds the rows that `function` returns; a failure of it is one, too."""
        begun = time.monotonic()
        try:
            rows = function()
        except (Failure, OSError) as error:
            rows = [Broken(name, str(error))]
        self.rows += rows
        for row in rows:
            print("bench:", " | ".join(row.cells()), file=sys.stderr)
        print(f"bench: {name} took {time.monotonic() - begun:.0f} s", file=sys.stderr)

    def row(self, name, unit, limit, rounds):
        return Row(name, unit, limit, rounds, self.sizes.slack)

    def ours_per_thousand(self, nginx, concurrency, ca_file=None):
        result = peers.run_driver(self.binaries, ca_file or self.ca_file, [nginx.base_url()],
                                  self.sizes.probes, concurrency)
        return result["cpu_seconds"] * 1000 / self.sizes.probes

    def cost(self, nginx, blackbox, concurrency):
        url, seconds = nginx.base_url(), self.sizes.seconds
        sides = {
            "blackbox": lambda: blackbox.cpu_per_thousand(url, concurrency, seconds, self.folder),
            "ours": lambda: self.ours_per_thousand(nginx, concurrency),
            "wrk": lambda: peers.wrk_cpu_per_thousand(url, concurrency, seconds, self.folder)}
        against_blackbox, against_wrk = [], []
        for _ in range(self.sizes.rounds):
            # Forth and back: a machine that grows slower meanwhile does so for all.
            used = {side: [] for side in sides}
            for side in [*sides, *reversed(sides)]:
                used[side].append(sides[side]())
            ours, theirs, least = [statistics.mean(used[side])
                                   for side in ("ours", "blackbox", "wrk")]
            against_blackbox.append((ours, theirs))
            against_wrk.append((ours, least))
        what = f"CPU of 1000 probes, {concurrency} at once"
        limit = {1: 1.1, 16: 1.35, 64: 1.6}[concurrency]
        return [self.row(f"{what} / blackbox", "s", 0.80, against_blackbox),
                self.row(f"{what} / wrk", "s", limit, against_wrk)]

    def truth(self, nginx, blackbox, delay):
        rate, probes = 200, self.sizes.paced[delay]
        urls = nginx.spread_urls(delay)
        halves, tails = [], []
        for _ in range(self.sizes.rounds):
            ours = self.wire_errors(nginx, lambda: [
                {"url": urls[p["number"] % len(urls)], "start": p["start_ns"] / 1e9,
                 "total": p["total_seconds"]}
                for p in peers.run_driver(self.binaries, self.ca_file, urls, probes,
                                          rate=rate)["probes"]])
            theirs = self.wire_errors(nginx, lambda: blackbox.paced(urls, rate, probes))
            halves.append((ours[len(ours) // 2] * 1000, theirs[len(theirs) // 2] * 1000))
            tails.append((ours[len(ours) * 99 // 100] * 1000,
                          theirs[len(theirs) * 99 // 100] * 1000))
        what = f"error against the wire, {rate * delay:.0f} in flight"
        return [self.row(f"{what}, p50 / blackbox", "ms", 0.5, halves),
                self.row(f"{what}, p99 / blackbox", "ms", 1.0, tails)]

    def wire_errors(self, nginx, send):
        """Of the probes that `send` makes, sorted."""
        with wire.Capture(self.folder, nginx.port) as capture:
            probes = send()
            return sorted(wire.errors(probes, capture.connections()))

    def memory(self, nginx):
        count, delay = 1000, 8
        result = peers.run_driver(self.binaries, self.ca_file, [nginx.base_url(delay)], count,
                                  rate=250)
        if result["most_in_flight"] < count:
            raise Failure(f"only {result['most_in_flight']} of {count} were in flight at once")
        added = result["resident_peak_bytes"] - result["resident_before_bytes"]
        return [Row("memory that 1000 probes in flight add", "MiB", 70e6 / MIB,
                    [(added / MIB, None)])]

    def bundles(self, nginx):
        large = peers.bundle_of(self.ca_file, 140, self.folder)
        rounds = [(self.ours_per_thousand(nginx, 16, large), self.ours_per_thousand(nginx, 16))
                  for _ in range(self.sizes.rounds)]
        return [self.row("CPU of 1000 probes, CA bundle of 140 / of 1", "s", 1.5, rounds)]

    def idle(self):
        used = idle_cpu(self.binaries, self.folder, self.sizes.idle_seconds)
        return [Row("idle exporter, 10 targets each 2 min, of a core", "%", 0.1, [(used, None)])]

    def isolation(self):
        slip, lost = isolation(self.binaries, self.folder, self.sizes.isolation_seconds)
        return [Row("slip p99 with 50 targets hung, 50 healthy", "ms", 250, [(slip, None)]),
                Row("healthy probes that were due and did not succeed", "%", 2, [(lost, None)])]

    def scale(self):
        seconds, resident, slip = scale_rows.at_scale(self.binaries, self.folder)
        return [Row("CPU of a scrape, 10,000 targets", "ms", 120, [(1000 * seconds, None)]),
                Row("resident, 10,000 targets after ten scrapes", "MiB", 260e6 / MIB,
                    [(resident / MIB, None)]),
                Row("slip p99 while 10,000 targets are scraped", "ms", 20, [(slip, None)])]

    def small(self):
        resident = scale_rows.small(self.binaries, self.folder)
        return [Row("resident, 10 targets after ten scrapes", "MiB", 20e6 / MIB,
                    [(resident / MIB, None)])]

    def text(self):
        rounds = [scale_rows.written(self.binaries, self.sizes.text_targets, 10)
                  for _ in range(self.sizes.rounds)]
        return [self.row(f"CPU of writing /metrics, {self.sizes.text_targets} targets / "
                         "prometheus-cpp", "s", 1.0, rounds)]

    def run(self):
        with peers.Nginx(self.folder) as nginx, \
                peers.Blackbox(self.folder, self.ca_file) as blackbox:
            for concurrency in self.sizes.concurrencies:
                self.measure(f"cost, {concurrency} at once",
                             lambda c=concurrency: self.cost(nginx, blackbox, c))
            for delay in self.sizes.paced:
                with undisturbed(nginx, blackbox):
                    self.measure(f"timing, delay {delay} s",
                                 lambda d=delay: self.truth(nginx, blackbox, d))
            self.measure("memory", lambda: self.memory(nginx))
            self.measure("CA bundle", lambda: self.bundles(nginx))
        self.measure("isolation", self.isolation)
        self.measure("text of /metrics", self.text)
        self.measure("ten targets", self.small)
        if self.sizes.has_scale:
            self.measure("10,000 targets", self.scale)
        if self.sizes.idle_seconds:
            self.measure("idle", self.idle)


@contextlib.contextmanager
def undisturbed(*processes):
    """While it lasts these, and whatever is started, need not wait for a core behind what
    else runs on this machine: timing runs would measure that. Needs root; else nothing
    changes."""
    def set_policy(policy, priority):
        for task in [0, *(tid for process in processes for tid in process.task_ids())]:
            with contextlib.suppress(ProcessLookupError):
                os.sched_setscheduler(task, policy, os.sched_param(priority))
    try:
        set_policy(os.SCHED_RR, 1)
    except PermissionError:
        yield
        return
    try:
        yield
    finally:
        set_policy(os.SCHED_OTHER, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--binaries", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    options = parser.parse_args()
    leave_on_sigterm()
    load = os.getloadavg()[0]
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="heyhi-bench-") as folder:
        bench = Bench(options.binaries.resolve(), pathlib.Path(folder), Sizes(options.quick))
        bench.run()
    kind = "a short run, limits on ratios × 1.5" if options.quick else "a full run"
    notes = [f"{kind} on {machine()}, load {load:.1f} before it, {os.getloadavg()[0]:.1f} after; "
             f"{time.monotonic() - begun:.0f} s"]
    keep(bench.rows, notes, options.output)
    print(markdown(bench.rows, notes))
    sys.exit(0 if all(row.good for row in bench.rows) else 1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("bench: stopped")
