"""Signals at random moments: an end in good order, a pause that is nobody's fault.
HEYHI_REPEAT says how often the exporter is ended: 20 times, and 200 with HEYHI_FULL=1."""

import concurrent.futures
import os
import random
import signal
import time
import unittest

from probe_log import WatchedExporter
from programs import CANARY, SANITIZED, Emulator, config_for, wait_for

REPEAT = int(os.environ.get("HEYHI_REPEAT", "200" if os.environ.get("HEYHI_FULL") == "1" else "20"))
STOP_SECONDS = 5 * (3 if SANITIZED else 1)  # leak checking takes its time
PROVIDERS = ["openai", "mistral", "xai", "deepseek", "groq", "anthropic"]


class TerminationTest(unittest.TestCase):
    """One provider never answers, so that probes are in flight at every moment."""

    def test_the_exporter_ends_soon_and_charges_nobody_for_it(self):
        emulator = Emulator(["--latency=1ms..400ms"])
        self.addCleanup(emulator.stop)
        emulator.set_fault(provider="mistral", action="stall")
        config = config_for(emulator, timeout="60s", providers=PROVIDERS)
        seed = random.randrange(1 << 32)
        print(f"seed {seed}")
        moments = random.Random(seed)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            ends = [pool.submit(self.end_after, config, moments.randrange(30))
                    for _ in range(REPEAT)]
            for end in ends:
                end.result()

    def end_after(self, config, probes):
        """Ends an exporter once so many of its probes have ended."""
        exporter = WatchedExporter(config, {"TEST_KEY": CANARY})
        try:
            wait_for(f"{probes} probes", lambda: len(exporter.results()) >= probes)
            code = exporter.stop()
        finally:
            exporter.stop()
        self.assertEqual(code, 0, exporter.log)
        self.assertLess(exporter.stop_seconds, STOP_SECONDS, exporter.log)
        self.assertEqual(exporter.failures(), [], exporter.log)
        self.assertNotIn("probe failed", exporter.log)


class PauseTest(unittest.TestCase):
    """As when the machine sleeps or starves: the exporter stands still for far longer than the
    timeout, with probes in flight."""

    QUIET_SECONDS = 6

    def setUp(self):
        self.emulator = Emulator(["--latency=100ms..400ms"])
        self.addCleanup(self.emulator.stop)
        self.exporter = WatchedExporter(
            config_for(self.emulator, timeout="2s", providers=PROVIDERS), {"TEST_KEY": CANARY})
        self.addCleanup(self.exporter.stop)

    def requests(self):
        return sum(seen["requests"] for seen in self.emulator.requests().values())

    def wait_for_probes(self, count, since=0):
        """Until every target has ended so many since that mark."""
        def ended():
            targets = [result.target for result in self.exporter.results(since)]
            return min(targets.count(target) for target in self.names) >= count
        wait_for(f"{count} probes of every target", ended)

    def pause_during_a_probe(self):
        before = self.requests()
        wait_for("a probe in flight", lambda: self.requests() > before)
        self.exporter.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.exporter.process.send_signal, signal.SIGCONT)
        seen, since = self.requests(), time.monotonic()
        def quiet():
            nonlocal seen, since
            now = self.requests()
            if now != seen:
                seen, since = now, time.monotonic()
            return time.monotonic() - since > self.QUIET_SECONDS
        wait_for("the emulator to have seen nothing for long", quiet)
        self.exporter.process.send_signal(signal.SIGCONT)

    def test_a_pause_is_not_the_providers_and_makes_no_burst(self):
        wait_for("all targets to be ok", lambda: self.exporter.metric(
            "heyhi_probe_success") == len(PROVIDERS))
        self.names = {result.target for result in self.exporter.results()}
        for _ in range(3):
            since = self.exporter.mark()
            left_out = self.exporter.metric("heyhi_probes_skipped_total", cause="late")
            self.pause_during_a_probe()
            begin, resumed, before = time.monotonic(), self.exporter.mark(), self.requests()
            self.wait_for_probes(3, resumed)
            made, took = self.requests() - before, time.monotonic() - begin
            charged = [result for result in self.exporter.results(since)
                       if result.fault == "provider" or result.outcome == "slow"]
            self.assertEqual(charged, [], self.exporter.log[since:])
            # Every second each, and what was due at the moment; missed ones would be 6 more.
            self.assertLess(made, len(PROVIDERS) * (1.1 * took + 3), self.exporter.log[since:])
            self.assertGreaterEqual(
                self.exporter.metric("heyhi_probes_skipped_total", cause="late") - left_out,
                len(PROVIDERS) * (self.QUIET_SECONDS - 2))
        self.assertEqual(  # the time stood still is in no latency
            self.exporter.metric("heyhi_probe_duration_seconds_bucket", le="3"),
            self.exporter.metric("heyhi_probe_duration_seconds_count"))


if __name__ == "__main__":
    unittest.main()
