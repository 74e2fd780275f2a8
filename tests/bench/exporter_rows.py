"""What the real exporter costs while it has little to do, and whether targets that
hang hold others up."""

import re
import socket
import time

from processes import Emulator, Exporter, Failure, wait_for

IDLE_TARGETS = 10
HUNG, HEALTHY = 50, 50
HEAD = """\
region: bench
network: {{canaries: []}}
defaults: {{api_key_env: BENCH_KEY, ca_file: {ca_file}{more}}}
providers:
"""


def models(first, count):
    return "[" + ", ".join(f"model-{i}" for i in range(first, first + count)) + "]"


def idle_cpu(binaries, folder, seconds):
    """CPU time over wall time in percent of a core, once the first round is over."""
    with Emulator(binaries, folder) as emulator:
        config = HEAD.format(ca_file=emulator.ca_file, more="") + (
            f"  - {{name: openai, base_url: '{emulator.https}/openai/v1', "
            f"models: {models(0, IDLE_TARGETS)}}}\n")
        with Exporter(binaries, folder, config) as exporter:
            wait_for("the first round", lambda: exporter.metrics().total(
                "heyhi_probe_attempts_total") >= IDLE_TARGETS, 60)
            before, begun = exporter.thread_cpu_seconds(), time.monotonic()
            time.sleep(seconds)  # this is the measurement
            used = exporter.thread_cpu_seconds() - before
            elapsed = time.monotonic() - begun
            reasons = "heyhi_probe_failure_reasons_total"
            failed = [labels for labels, count in exporter.metrics().samples(reasons) if count]
            if failed:
                raise Failure(f"probes of the emulator failed: {failed}")
    return 100 * used / elapsed


def quantile(metrics, name, share, since=None):
    """An upper bound of that quantile: the edge of the bucket it falls into. Of what was
    observed after `since`, where that is given."""
    before = dict(since.samples(name + "_bucket")) if since else {}
    buckets = sorted((float(re.search(r'le="([^"]+)"', labels)[1]), value - before.get(labels, 0))
                     for labels, value in metrics.samples(name + "_bucket"))
    wanted = share * buckets[-1][1]
    return next(edge for edge, count in buckets if count >= wanted)


def isolation(binaries, folder, seconds):
    """Half of the hung targets' calls are never answered, the other half never get
    through their TLS handshake. Returns the p99 of the schedule's slip in ms, and the
    share of the healthy probes that were due and did not succeed, in percent."""
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(1024)  # the system completes TCP; nobody ever accepts
    with silent, Emulator(binaries, folder) as emulator:
        emulator.set_fault(provider="hung", action="stall")
        config = HEAD.format(ca_file=emulator.ca_file, more=", interval: 2s, timeout: 8s") + (
            f"  - {{name: hung, base_url: '{emulator.https}/hung/v1', "
            f"models: {models(0, HUNG // 2)}}}\n"
            f"  - {{name: silent, base_url: 'https://127.0.0.1:{silent.getsockname()[1]}/v1', "
            f"models: {models(0, HUNG // 2)}}}\n"
            f"  - {{name: healthy, base_url: '{emulator.https}/healthy/v1', "
            f"models: {models(0, HEALTHY)}}}\n")
        with Exporter(binaries, folder, config) as exporter:
            wait_for("hung probes in flight", lambda: exporter.metrics().total(
                "heyhi_probes_in_flight") >= HUNG * 0.9)
            before, begun = exporter.metrics(), time.monotonic()
            time.sleep(seconds)  # this is the measurement
            after, elapsed = exporter.metrics(), time.monotonic() - begun

    def rise(name, *labels):
        return after.total(name, *labels) - before.total(name, *labels)
    label = 'provider="healthy"'
    good = rise("heyhi_probe_attempts_total", label) - rise("heyhi_probe_failures_total", label)
    # One tick of each target may lie just outside.
    due = HEALTHY * (elapsed / 2 - 1)
    return (1000 * quantile(after, "heyhi_scheduler_slip_seconds", 0.99),
            100 * max(0, 1 - good / due))
