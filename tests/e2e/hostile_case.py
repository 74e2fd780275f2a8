"""One exporter among hostile providers, watched: what every row of docs/reliability.md
demands of every probe."""

import collections
import os
import pathlib
import re
import time
import unittest

from programs import CANARY, HAS_PROC, SANITIZED, Exporter, wait_for

INTERVAL = 1.0
TIMEOUT = 2.0
# A probe ends by then; sanitizers slow everything down.
LATEST_MS = (TIMEOUT + (1.25 if SANITIZED else 0.25)) * 1000
MEBIBYTE = 1 << 20

_ERRORS_PAGE = pathlib.Path(os.environ["HEYHI_SOURCE_DIR"]) / "docs/errors.md"
# By reason, as documented; "of the inner code" for those that have several.
ERROR_TYPES = dict(re.findall(r"^\| `(\w+)` \| ([\w ]+) \| [\w ]+ *(?:or [\w ]+)?[^|]*\|",
                              _ERRORS_PAGE.read_text(), re.M))


def provider_lines(name, url, check="chat", models="[m]", more=()):
    return "\n".join([f"  - name: {name}", f"    base_url: {url}", f"    checks: [{check}]",
                      f"    models: {models}", *(f"    {line}" for line in more)]) + "\n"


def start_exporter(providers, timeout=TIMEOUT, more=(), wrapper=(), level="debug"):
    """An exporter with these providers (provider_lines) and a key for all."""
    lines = ["region: test", "defaults:", f"  interval: {INTERVAL:g}s",
             f"  timeout: {round(timeout * 1000)}ms", "  api_key_env: TEST_KEY",
             *(f"  {line}" for line in more), "providers:"]
    return Exporter("\n".join(lines) + "\n" + "".join(providers), {"TEST_KEY": CANARY},
                    [f"--log.level={level}"], wrapper)


class Scrape:
    """One moment of an exporter."""

    def __init__(self, exporter):
        self.samples = exporter.samples()
        self.time = time.monotonic()

    def sum(self, name, by=None, **labels):
        """The sum over the samples that have `labels`; a Counter by the label `by`."""
        sums = collections.Counter()
        for sample, have, value in self.samples:
            if sample == name and all(have.get(k) == v for k, v in labels.items()):
                sums[have.get(by)] += value
        return sums if by else sum(sums.values())

    def attempts(self):
        return self.sum("heyhi_probe_attempts_total", by="provider")

    def reasons(self, provider):
        found = +self.sum("heyhi_probe_failure_reasons_total", by="reason", provider=provider)
        ok = (self.sum("heyhi_probe_attempts_total", provider=provider)
              - self.sum("heyhi_probe_failures_total", provider=provider))
        return found + collections.Counter(ok=ok)

    def resident(self):
        return self.sum("process_resident_memory_bytes")

    def descriptors(self):
        return self.sum("process_open_fds")


def ended(exporter, start=0):
    """Of each provider the probes that the log tells of: (outcome, milliseconds)."""
    probes = collections.defaultdict(list)
    for provider, outcome, took in re.findall(
            r'msg="probe ended" target=([^/]+)/\S+ outcome=(\w+) took=(\d+)ms',
            exporter.log[start:]):
        probes[provider].append((outcome, int(took)))
    return probes


class HostileCase(unittest.TestCase):
    """Checks that subclasses share."""

    def expect_reasons(self, before, after, provider, allowed):
        """Since `before`: some probes, one reason each, each an allowed one, with its
        documented error_type. `allowed`: reasons by spaces; "ok" for none."""
        reasons = after.reasons(provider) - before.reasons(provider)
        self.assertTrue(reasons, f"{provider} was not probed")
        self.assertLessEqual(set(reasons), set(allowed.split()), provider)
        failures = (after.sum("heyhi_probe_failures_total", provider=provider)
                    - before.sum("heyhi_probe_failures_total", provider=provider))
        self.assertEqual(failures, sum(reasons.values()) - reasons["ok"], provider)
        of_type = collections.Counter()
        for reason, count in reasons.items():
            if reason != "ok":
                self.assertIn(reason, ERROR_TYPES)
                of_type[ERROR_TYPES[reason]] += count
        if "of the inner code" not in of_type:
            have = (after.sum("heyhi_probe_failures_total", by="error_type", provider=provider)
                    - before.sum("heyhi_probe_failures_total", by="error_type",
                                 provider=provider))
            self.assertEqual(have, +of_type, provider)

    def expect_in_time(self, exporter, latest=LATEST_MS, start=0):
        for provider, probes in ended(exporter, start).items():
            self.assertLessEqual(max(took for _, took in probes), latest, provider)

    def expect_one_row_each(self, exporter):
        """The log and the counters tell of the same probes."""
        differ = set(Scrape(exporter).attempts())
        def agree():
            attempts, logged = Scrape(exporter).attempts(), ended(exporter)
            differ.difference_update([p for p in differ if attempts[p] == len(logged[p])])
            return not differ
        wait_for("a moment of each provider at which log and counters agree", agree)

    def expect_on_time(self, scrape, limit=1.0, share=0.99):
        """At least `share` of the probes started within `limit` seconds of their time."""
        starts = scrape.sum("heyhi_scheduler_slip_seconds_count")
        early = scrape.sum("heyhi_scheduler_slip_seconds_bucket", le=f"{limit:g}")
        self.assertGreaterEqual(early / starts, share)

    def expect_descriptors_back(self, exporter, base, limit=5):
        if HAS_PROC:
            wait_for(f"{base} open descriptors",
                     lambda: Scrape(exporter).descriptors() <= base, limit)

    def expect_growth(self, before, after, limit=8 * MEBIBYTE):
        if HAS_PROC and not SANITIZED:
            self.assertLessEqual(after.resident() - before.resident(), limit)


def idle_descriptors(exporter):
    """The descriptors of a moment without a probe in flight."""
    def idle():
        scrape = Scrape(exporter)
        return scrape if scrape.sum("heyhi_probes_in_flight") == 0 else None
    return wait_for("a moment without probes in flight", idle).descriptors()


def wait_for_probes(exporter, providers, count):
    """Waits until the log tells of `count` more probes of each."""
    start = len(exporter.log)
    def enough():
        probes = ended(exporter, start)
        return all(len(probes[p]) >= count for p in providers)
    wait_for(f"{count} probes of each", enough)
    return Scrape(exporter)
