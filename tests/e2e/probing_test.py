"""The real exporter against the real emulator, over TLS with verification."""

import gzip
import unittest
import urllib.request

from programs import CANARY, Emulator, Exporter, config_for, wait_for

PROVIDERS = ["openai", "mistral", "xai", "deepseek", "groq", "openrouter"]


class ProbingTest(unittest.TestCase):
    """Faults of one provider show with the right error_type; all else is well."""

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()
        cls.addClassCleanup(cls.emulator.stop)
        # A proxy in the environment must not get our requests: nothing listens there.
        cls.exporter = Exporter(config_for(cls.emulator, timeout="1500ms", providers=PROVIDERS), {
            "TEST_KEY": CANARY, "https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9",
            "all_proxy": "http://127.0.0.1:9"}, ["--log.level=debug"])
        cls.addClassCleanup(cls.exporter.stop)

    def setUp(self):
        self.emulator.clear_faults()
        self.wait_until_all_ok()

    def wait_until_all_ok(self):
        wait_for("all targets to be ok", lambda: all(
            self.exporter.metric("heyhi_probe_success", provider=p) == 1 for p in PROVIDERS))

    def expect_failure(self, fault, error_type, fault_of, reason, provider="openai"):
        labels = {"provider": provider}
        def count():
            return self.exporter.metric("heyhi_probe_failures_total", error_type=error_type,
                                        fault=fault_of, **labels)
        def count_reason():
            return self.exporter.metric("heyhi_probe_failure_reasons_total", reason=reason,
                                        **labels) or 0
        before, before_reason = count(), count_reason()
        self.emulator.set_fault(provider=provider, **fault)
        wait_for(f"{error_type}/{fault_of} of {fault}", lambda: count() > before)
        self.assertGreater(count_reason(), before_reason)

    def test_shows_every_target_ok_on_page_and_metrics(self):
        page = self.exporter.fetch("/")
        self.assertIn("6 of 6 targets answer well", page)
        for provider in PROVIDERS:
            self.assertIn(f">{provider}<", page)
            self.assertEqual(self.exporter.metric("heyhi_probe_tokens_total", provider=provider,
                                                  direction="output") > 0, True)
            self.assertGreater(self.exporter.metric(
                "heyhi_probe_phase_seconds_total", provider=provider, phase="tls"), 0)
        self.assertEqual(self.exporter.metric("heyhi_demo_mode"), 0)

    def test_an_authentication_error_is_the_accounts_fault(self):
        self.expect_failure({"case": "401-invalid-key"}, "auth", "account", "invalid_key")

    def test_an_empty_account_is_no_rate_limit(self):
        self.expect_failure({"case": "429-insufficient-quota"}, "auth", "account", "billing_quota")

    def test_a_rate_limit(self):
        self.expect_failure({"case": "429-rate-limit"}, "rate_limit", "account", "rpm")

    def test_an_overload(self):
        self.expect_failure({"case": "503-overloaded"}, "5xx", "provider", "overloaded")

    def test_a_plain_server_error_of_another_provider(self):
        self.expect_failure({"case": "500-internal"}, "5xx", "provider", "server_error", "mistral")

    def test_a_stall_is_a_timeout(self):
        self.expect_failure({"action": "stall"}, "timeout", "provider", "ttfb")

    def test_latency_past_the_timeout_is_a_timeout(self):
        self.expect_failure({"latency": "30s"}, "timeout", "provider", "ttfb")

    def test_a_reset(self):
        self.expect_failure({"action": "reset"}, "other", "provider", "conn_reset")

    def test_a_truncated_body(self):
        self.expect_failure({"action": "truncate"}, "other", "provider", "short_body")

    def test_an_error_in_a_success(self):
        self.expect_failure({"case": "200-error-body"}, "5xx", "provider", "error_in_200",
                            "openrouter")

    def test_html_with_status_200(self):
        self.expect_failure({"case": "200-html"}, "other", "provider", "non_json_200")

    def test_a_redirect_is_not_followed(self):
        self.expect_failure({"status": 302, "headers": {"location": "https://example.invalid/"}},
                            "other", "config", "unexpected_redirect")

    def test_the_page_says_why_and_what_to_do(self):
        self.expect_failure({"case": "401-invalid-key"}, "auth", "account", "invalid_key")
        page = self.exporter.fetch("/")
        self.assertRegex(page, r"auth \(invalid_key\) for \d+ s, fault: account\.")
        self.assertIn("5 of 6 targets answer well, 1 failing", page)

    def test_one_provider_failing_leaves_the_others_ok(self):
        self.expect_failure({"action": "stall"}, "timeout", "provider", "ttfb")
        for provider in PROVIDERS[1:]:
            self.assertEqual(self.exporter.metric("heyhi_probe_success", provider=provider), 1)

    def test_promtool_finds_nothing_to_say(self):
        self.assertTrue(self.exporter.expect_good_metrics())

    def test_metrics_come_compressed_when_asked(self):
        request = urllib.request.Request(self.exporter.url + "/metrics",
                                         headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as answer:
            self.assertEqual(answer.headers["Content-Encoding"], "gzip")
            self.assertEqual(answer.headers["Content-Type"],
                             "text/plain; version=0.0.4; charset=utf-8")
            self.assertIn("heyhi_probe_success{", gzip.decompress(answer.read()).decode())

    def test_health_and_unknown_paths(self):
        self.assertEqual(self.exporter.status("/-/healthy"), 200)
        self.assertEqual(self.exporter.status("/-/ready"), 200)
        self.assertEqual(self.exporter.status("/landing.css"), 200)
        self.assertEqual(self.exporter.status("/metricsfoo"), 404)


if __name__ == "__main__":
    unittest.main()
