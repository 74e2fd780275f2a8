"""/probe over HTTP: what it tells, what it costs, and what it refuses."""

import concurrent.futures
import unittest
import urllib.parse

from programs import CANARY, Emulator, Exporter, config_for, wait_for

NOT_CONFIGURED = ["http://127.0.0.1/", "http://169.254.169.254/latest/meta-data", "[::ffff:7f00:1]",
                  "0x7f000001", "localhost:22", "openai/other", "openai", "a@b/c", "../..", "ä/ö",
                  "openai/gpt-6-luna/chat/chat", "x" * 7000, "openai\0/gpt-6-luna"]


class ProbePathTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()
        cls.addClassCleanup(cls.emulator.stop)
        # Base ticks are far apart: what comes after the first was asked for.
        cls.exporter = Exporter(config_for(cls.emulator, interval="1h", providers=["openai"]),
                                {"TEST_KEY": CANARY})
        cls.addClassCleanup(cls.exporter.stop)
        wait_for("the first result", lambda: cls.exporter.metric("heyhi_probe_success"))

    def setUp(self):
        self.calls = self.requests()

    def requests(self):
        return self.emulator.requests()["openai"]["requests"]

    def ask(self, target, method="GET", debug=False, headers=None):
        query = {"target": target} | ({"debug": "true"} if debug else {})
        return self.exporter.ask(f"/probe?{urllib.parse.urlencode(query)}", method, headers)

    def test_reading_tells_of_the_last_probe_and_makes_none(self):
        for target in ("openai/gpt-6-luna", "openai/gpt-6-luna/chat"):
            status, text = self.ask(target)
            self.assertEqual(status, 200)
            self.assertIn("\nprobe_success 1\n", text)
            self.assertIn('probe_http_duration_seconds{phase="tls"}', text)
        self.assertEqual(self.requests(), self.calls)

    def test_posting_makes_one_call_a_minute_and_counts_no_outcome(self):
        attempts = self.exporter.metric("heyhi_probe_attempts_total")
        cost = self.exporter.metric("heyhi_probe_cost_usd_total")
        self.emulator.set_fault(provider="openai", status=503)
        status, text = self.ask("openai/gpt-6-luna", "POST", debug=True)
        self.assertEqual(status, 200)
        self.assertIn("FAILED  5xx", text)
        self.assertIn("fault: provider", text)
        self.assertIn("Headers of the answer:\n", text)
        self.assertIn("\nprobe_success 0\n", text)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            codes = set(pool.map(lambda _: self.ask("openai/gpt-6-luna/chat", "POST")[0],
                                 range(200)))
        self.assertEqual(codes, {429})
        self.assertEqual(self.requests(), self.calls + 1)
        self.assertEqual(self.exporter.metric("heyhi_probe_attempts_total"), attempts)
        self.assertEqual(self.exporter.metric("heyhi_probe_success"), 1)
        self.assertGreaterEqual(self.exporter.metric("heyhi_probe_cost_usd_total"), cost)
        self.assertIn("\nprobe_success 1\n", self.ask("openai/gpt-6-luna")[1],
                      "of the schedule's last probe")

    def test_s_08_only_configured_targets_are_called(self):
        for target in NOT_CONFIGURED:
            for method in ("GET", "POST"):
                status, text = self.ask(target, method)
                self.assertEqual(status, 400, target)
                self.assertLess(len(text), 200)
        self.assertEqual(self.ask("openai/gpt-6-luna", "POST", headers={"Origin": "null"})[0], 403)
        self.assertEqual(self.ask("openai/gpt-6-luna", "PUT")[0], 405)
        self.assertEqual(self.requests(), self.calls)


if __name__ == "__main__":
    unittest.main()
