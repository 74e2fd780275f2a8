"""What the real exporter holds and takes with 10,000 targets and with 10, and what
writing /metrics costs beside prometheus-cpp's own serializer."""

import json
import subprocess
import time

from exporter_rows import HEAD, models, quantile
from processes import Emulator, Exporter, Failure, wait_for

PROVIDERS, MODELS = 50, 200
SCRAPES = 10


def written(binaries, targets, rounds):
    """Seconds of CPU for one text: ours, and prometheus-cpp's."""
    done = subprocess.run([binaries / "heyhi-bench-metrics", str(targets), str(rounds)],
                          capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    if abs(result["bytes"] / result["their_bytes"] - 1) > 0.1:
        raise Failure(f"the two texts are not of the same series: {result}")
    return result["ours_seconds"], result["theirs_seconds"]


def scrape(exporter):
    # Not by Python, which would take a core for it from the exporter.
    subprocess.run(["curl", "-sSf", "-o", "/dev/null", exporter.url + "/metrics"], check=True)


def probed(exporter, count):
    wait_for("the first round",
             lambda: exporter.metrics().total("heyhi_scheduler_slip_seconds_count") >= count
             and exporter.metrics().total("heyhi_probes_in_flight") == 0, 300)


def config_of(emulator, providers, per_provider, interval):
    lines = [HEAD.format(ca_file=emulator.ca_file, more=f", interval: {interval}")]
    lines += [f"  - {{name: provider-{i}, base_url: '{emulator.https}/provider-{i}/v1', "
              f"models: {models(0, per_provider)}}}\n" for i in range(providers)]
    return "".join(lines)


def at_scale(binaries, folder):
    """Of 10,000 targets: CPU seconds of a scrape, resident bytes after ten, and the p99 of
    the schedule's slip in ms while it is scraped."""
    with Emulator(binaries, folder) as emulator:
        config = config_of(emulator, PROVIDERS, MODELS, "5m")
        with Exporter(binaries, folder, config) as exporter:
            probed(exporter, PROVIDERS * MODELS)
            # What probing takes meanwhile is not the scrapes'.
            before, begun = exporter.cpu_seconds(), time.monotonic()
            time.sleep(10)  # this is a measurement
            probing = (exporter.cpu_seconds() - before) / (time.monotonic() - begun)
            slips = exporter.metrics()
            before, begun = exporter.cpu_seconds(), time.monotonic()
            for _ in range(SCRAPES):
                scrape(exporter)
                time.sleep(1)  # so that probes fall into and between scrapes
            used = exporter.cpu_seconds() - before - probing * (time.monotonic() - begun)
            resident = exporter.resident_bytes()
            slip = quantile(exporter.metrics(), "heyhi_scheduler_slip_seconds", 0.99, slips)
            return used / SCRAPES, resident, 1000 * slip


def small(binaries, folder):
    """Resident bytes with ten targets, after a round and ten scrapes."""
    with Emulator(binaries, folder) as emulator:
        with Exporter(binaries, folder, config_of(emulator, 1, 10, "10s")) as exporter:
            probed(exporter, 20)
            for _ in range(SCRAPES):
                scrape(exporter)
            return exporter.resident_bytes()
