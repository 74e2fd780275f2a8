"""Every provider in every dialect, chat and stream, as the exporter sees them."""

import json
import unittest

from programs import CANARY, PATHS, Emulator, Exporter, config_for, wait_for

# A provider that is not in the table, for each dialect.
COMPATIBLE = {"openai_chat": "openai/v1", "openai_responses": "openai/v1",
              "anthropic_messages": "anthropic/v1", "gemini_generate": "gemini/v1beta",
              "cohere_chat": "cohere/v2"}
# Whom the emulator takes them for.
PLAYED = {f"own-{dialect}": path.split("/")[0] for dialect, path in COMPATIBLE.items()}


def with_compatible_endpoints(emulator):
    lines = [config_for(emulator, checks="[chat, stream]").rstrip()]
    for dialect, path in COMPATIBLE.items():
        lines += [f"  - name: own-{dialect}", f"    dialect: {dialect}",
                  f"    base_url: {emulator.https}/{path}", "    models: [some-model]"]
    return "\n".join(lines) + "\n"


class ProvidersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()
        cls.addClassCleanup(cls.emulator.stop)
        cls.exporter = Exporter(with_compatible_endpoints(cls.emulator), {"TEST_KEY": CANARY},
                                ["--log.level=debug"])
        cls.addClassCleanup(cls.exporter.stop)
        cls.targets = 2 * (len(PATHS) + len(COMPATIBLE))

    def setUp(self):
        self.emulator.clear_faults()
        wait_for("all targets to be ok", lambda: (
            self.exporter.metric("heyhi_probe_success") == self.targets))

    def expect_failure(self, provider, case, error_type, fault, reason, check="chat"):
        """Of the provider, or of an endpoint that is not in the table but plays it."""
        labels = {"provider": provider, "check": check}
        def count():
            return self.exporter.metric("heyhi_probe_failures_total", error_type=error_type,
                                        fault=fault, **labels)
        def count_reason():
            return self.exporter.metric("heyhi_probe_failure_reasons_total", reason=reason,
                                        **labels) or 0
        before, before_reason = count(), count_reason()
        played = PLAYED.get(provider, provider)
        self.emulator.set_fault(provider=played, case=case)
        wait_for(f"{reason} of {provider}",
                 lambda: count() > before and count_reason() > before_reason)

    def test_count_tokens(self):
        for provider in PATHS:
            for direction in ("input", "output"):
                self.assertGreater(self.exporter.metric(
                    "heyhi_probe_tokens_total", provider=provider, check="chat",
                    direction=direction), 0, provider)

    def test_cost_what_the_table_says(self):
        for provider in ("openai", "anthropic", "gemini", "xai", "cohere", "mistral", "deepseek",
                         "groq"):
            self.assertGreater(self.exporter.metric("heyhi_probe_cost_usd_total",
                                                    provider=provider), 0, provider)
        self.assertIsNone(self.exporter.metric("heyhi_probe_cost_usd_total",
                                               provider="own-openai_chat"))

    def test_streams_have_a_time_to_first_token(self):
        for provider in [*PATHS, *(f"own-{dialect}" for dialect in COMPATIBLE)]:
            self.assertGreater(self.exporter.metric(
                "heyhi_probe_time_to_first_token_seconds_count", provider=provider,
                check="stream"), 0, provider)

    def test_say_how_much_of_the_limit_is_left(self):
        for provider in ("openai", "anthropic", "mistral"):
            ratio = self.exporter.metric("heyhi_ratelimit_remaining_ratio", provider=provider,
                                         check="chat", limit="tokens")
            self.assertTrue(0 < ratio <= 1, f"{provider}: {ratio}")

    def test_nobody_is_rerouted(self):
        self.assertEqual(self.exporter.metric("heyhi_model_rerouted"), 0)

    def test_name_their_failures_in_their_own_words(self):
        for provider, case, error_type, fault, reason in (
                ("anthropic", "529-overloaded", "5xx", "provider", "overloaded"),
                ("anthropic", "429-spend-limit", "auth", "account", "billing_quota"),
                ("anthropic", "403-country", "auth", "account", "geo_blocked"),
                ("gemini", "400-api-key-invalid", "auth", "account", "invalid_key"),
                ("gemini", "429-quota", "rate_limit", "account", "rpm"),
                ("gemini", "chat-200-prompt-blocked", "other", "config", "content_blocked"),
                ("cohere", "498-invalid-token", "auth", "account", "invalid_key"),
                ("cohere", "chat-200-error-finish", "5xx", "provider", "error_in_200"),
                ("azure_openai", "404-deployment", "other", "config", "model_not_found"),
                ("bedrock", "429-model-not-ready", "5xx", "provider", "model_loading"),
                ("groq", "498-flex-capacity", "5xx", "provider", "overloaded"),
                ("own-openai_responses", "400-responses-min16", "other", "config",
                 "bad_request_param")):
            with self.subTest(provider=provider, case=case):
                self.expect_failure(provider, case, error_type, fault, reason)
                self.emulator.clear_faults()

    def test_a_stream_can_fail_after_its_start(self):
        for provider, case, error_type, fault, reason in (
                ("openai", "chat-stream-error-object", "5xx", "provider", "in_stream_error"),
                ("anthropic", "chat-stream-overloaded", "5xx", "provider", "in_stream_overloaded"),
                ("gemini", "chat-stream-truncated", "other", "provider", "stream_truncated"),
                ("cohere", "chat-stream-error-finish", "5xx", "provider", "in_stream_error"),
                ("mistral", "chat-stream-error", "5xx", "provider", "in_stream_error")):
            with self.subTest(provider=provider, case=case):
                self.expect_failure(provider, case, error_type, fault, reason, check="stream")
                self.emulator.clear_faults()

    def test_a_cut_stream_is_a_failure(self):
        self.emulator.set_fault(provider="openai", action="truncate")
        wait_for("a truncated stream", lambda: self.exporter.metric(
            "heyhi_probe_failure_reasons_total", provider="openai", check="stream",
            reason="stream_truncated"))

    def test_another_model_that_answers_is_seen(self):
        body = {"model": "some-other-model", "choices": [
            {"message": {"content": "pong"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 1}}
        self.emulator.set_fault(provider="xai", status=200, body=json.dumps(body),
                                headers={"content-type": "application/json"})
        def rerouted(check):
            return self.exporter.metric("heyhi_model_rerouted", provider="xai", check=check)
        wait_for("the rerouting to show", lambda: rerouted("chat") == 1)
        self.assertIn("another model answers: some-other-model", self.exporter.fetch("/"))
        self.emulator.clear_faults()
        wait_for("the asked model to be back", lambda: rerouted("chat") == 0)

    def test_a_least_token_cap_is_learned_once_and_kept(self):
        message = "max_tokens must be at least 77"
        self.emulator.set_fault(provider="deepseek", status=400,
                                headers={"content-type": "application/json"},
                                body=json.dumps({"error": {"message": message}}))
        def cap():
            return self.exporter.metric("heyhi_probe_token_cap", provider="deepseek", check="chat")
        wait_for("the cap to be learned", lambda: cap() == 77)
        self.emulator.clear_faults()
        wait_for("the target to be ok again", lambda: self.exporter.metric(
            "heyhi_probe_success", provider="deepseek", check="chat") == 1)
        self.assertEqual(cap(), 77)
        self.assertEqual(self.exporter.log.count("target=deepseek/deepseek-flash/chat max_tokens=77"),
                         1)


if __name__ == "__main__":
    unittest.main()
