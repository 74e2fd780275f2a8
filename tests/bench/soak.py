"""./dev soak: the real exporter on many simulated targets with random faults, for a
while. Nothing may leak, and no probe may be lost or counted twice. See docs/bench.md."""

import argparse
import os
import pathlib
import statistics
import sys
import tempfile
import time

from accounts import Check, accounts
from processes import Emulator, Exporter, Failure, leave_on_sigterm
from soak_load import Faults, configuration
from table import machine
from trend import slope

SAMPLE_SECONDS, SCRAPE_SECONDS = 5, 15
MIB = 1 << 20
SKIPPED = "heyhi_probes_skipped_total"
# Memory may seem to grow by so much, of which noise is a part.
MEMORY_LIMIT = 1 * MIB / 600
# Descriptors that are no probe's: scrapes', canaries', and of probes that just ended.
SPARE_DESCRIPTORS = 16
# A leak of one in a thousand probes would be many times this in half an hour.
LEAKED_DESCRIPTORS = 4


class Samples:
    """What the exporter holds, as time goes by."""

    def __init__(self, exporter):
        self.exporter = exporter
        self.rows = []  # (seconds, resident bytes, descriptors, threads, CPU seconds)
        self.unused = []  # (seconds, descriptors that belong to no probe in flight)
        self.next_sample = self.next_scrape = 0.0
        self.begun_cpu = exporter.cpu_seconds()
        self.base = exporter.descriptors_at_start
        self.most_in_flight = 0

    def tick(self, now):
        self.exporter.expect_running()
        if now >= self.next_sample:
            self.next_sample = now + SAMPLE_SECONDS
            held = self.exporter
            self.rows.append((now, held.resident_bytes(), held.descriptors(), held.threads(),
                              held.cpu_seconds()))
        if now >= self.next_scrape:
            self.next_scrape = now + SCRAPE_SECONDS
            metrics = self.exporter.metrics()
            in_flight = metrics.total("heyhi_probes_in_flight")
            self.most_in_flight = max(self.most_in_flight, in_flight)
            self.unused.append((now, metrics.total("process_open_fds") - in_flight))

    def after(self, seconds):
        return [row for row in self.rows if row[0] >= seconds]


def judge_memory(samples, warm_up, covered):
    rows = samples.after(warm_up)
    growth, doubt = slope([(row[0], row[1]) for row in rows])
    per_ten = [600 * value / MIB for value in (growth, growth + doubt)]
    words = (f"{rows[0][1] / MIB:.1f} MiB after the warm-up, {rows[-1][1] / MIB:.1f} at the end; "
             f"grows {per_ten[0]:+.2f} MiB in 10 min, with 95 % certainty below {per_ten[1]:+.2f}")
    if not covered:
        return Check("memory stays flat", None, f"{words} (not judged: the warm-up is too short "
                     "for each fault to strike each target once)")
    return Check("memory stays flat", growth + doubt <= MEMORY_LIMIT,
                 f"{words}, limit {600 * MEMORY_LIMIT / MIB:.0f}")


def judge_descriptors(samples, warm_up):
    """Those beyond the probes in flight: fewer at times, since a probe that waits for its
    turn or has just ended holds none, but not more and more."""
    later = [count for at, count in samples.unused if at >= warm_up]
    half = len(later) // 2
    first, second = statistics.median(later[:half]), statistics.median(later[half:])
    good = max(later) <= samples.base + SPARE_DESCRIPTORS and second <= first + LEAKED_DESCRIPTORS
    most = max(row[2] for row in samples.after(warm_up))
    return Check("descriptors stay flat", good,
                 f"at most {most} open; beyond the probes in flight at most {max(later):.0f} "
                 f"({samples.base} before the first probe), median {first:.0f}, later {second:.0f}")


def judge_threads(samples, warm_up):
    counts = {row[3] for row in samples.after(warm_up)}
    return Check("threads stay the same", len(counts) == 1,
                 "–".join(str(count) for count in sorted(counts)))


def report(checks, notes):
    marks = {True: "pass", False: "FAIL", None: "–"}
    width = max(len(check.name) for check in checks)
    lines = [f"{marks[check.good]:4}  {check.name:{width}}  {check.words}" for check in checks]
    return "\n".join([*lines, *notes]) + "\n"


def soak(options, folder):
    warm_up = options.minutes * 60 / 3
    flags = ("--latency=100ms/400ms", f"--seed={options.seed}")
    with Emulator(options.binaries, folder, flags) as emulator, \
            Emulator(options.binaries, folder, name="other") as other:
        config, count = configuration(emulator, other, options.targets)
        with Exporter(options.binaries, folder, config, ("--log.level=debug",)) as exporter:
            faults = Faults(emulator, options.seed, warm_up)
            samples = Samples(exporter)
            begun = time.monotonic()
            while (now := time.monotonic() - begun) < options.minutes * 60:
                faults.tick(now)
                samples.tick(now)
                time.sleep(0.2)
            log, checks = accounts(exporter, emulator)
            final = exporter.metrics()
            code = exporter.stop()
    used = samples.rows[-1][4] - samples.begun_cpu
    checks = [judge_memory(samples, warm_up, faults.covers_all),
              judge_descriptors(samples, warm_up), judge_threads(samples, warm_up), *checks,
              Check("ends as asked", code == 0, f"exit code {code}")]
    ends = ", ".join(f"{log.outcomes[outcome]} {outcome}" for outcome in ("ok", "slow", "failed"))
    skipped = ", ".join(f"{final.total(SKIPPED, cause):.0f} {cause}" for cause in
                        ("in_flight", "late", "disturbed"))
    notes = [f"{count} targets, {log.ended} probes ({ends}), at most "
             f"{samples.most_in_flight:.0f} in flight; skipped: {skipped}",
             f"CPU {100 * used / samples.rows[-1][0]:.2f} % of a core with a scrape each "
             f"{SCRAPE_SECONDS} s, {1000 * used / max(1, log.ended):.2f} ms a probe",
             "faults set: " + ", ".join(f"{kind} {n}" for kind, n in faults.set.items()),
             f"seed {options.seed}, {options.minutes} min on {machine()}, "
             f"load {os.getloadavg()[0]:.1f} at the end"]
    return checks, notes, samples


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binaries", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--targets", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    options.binaries = options.binaries.resolve()
    leave_on_sigterm()
    print(f"soak: {options.minutes} min, {options.targets} targets, seed {options.seed}",
          file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="heyhi-soak-") as folder:
        checks, notes, samples = soak(options, pathlib.Path(folder))
    text = report(checks, notes)
    (options.output / "soak.txt").write_text(text)
    with open(options.output / "samples.csv", "w", encoding="utf-8") as file:
        file.write("seconds,resident_bytes,descriptors,threads,cpu_seconds\n")
        file.writelines(",".join(f"{value:.10g}" for value in row) + "\n" for row in samples.rows)
    print(text)
    failed = [check.name for check in checks if check.good is False]
    sys.exit(f"soak: failed: {'; '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("soak: stopped")
    except Failure as error:
        sys.exit(f"soak: {error}")
