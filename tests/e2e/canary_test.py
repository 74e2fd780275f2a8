"""Providers that give the key back, in every form and place: it ends up nowhere."""

import base64
import json
import unittest
import urllib.parse

from programs import CANARY, Emulator, Exporter, config_for, wait_for

PROVIDERS = ["openai", "anthropic", "gemini", "cohere", "mistral"]
JSON_TYPE = {"content-type": "application/json"}
STREAM_TYPE = {"content-type": "text/event-stream"}


def error(message):
    return json.dumps({"error": {"message": message, "type": message, "code": message}})


def events(*payloads):
    return "".join(f"data: {json.dumps(p)}\n\n" for p in payloads)


FORMS = {
    "as it is": CANARY,
    "percent-encoded": urllib.parse.quote(CANARY, safe=""),
    "base64": base64.b64encode(CANARY.encode()).decode(),
    "basic authorization": base64.b64encode(f"user:{CANARY}".encode()).decode(),
    "url-safe base64": base64.urlsafe_b64encode(f"ab:{CANARY}:x".encode()).decode(),
    "reversed": CANARY[::-1],
    "hexadecimal": CANARY.encode().hex(),
    "its first half": CANARY[:24],
    "its end": CANARY[-16:],
    "after much else": "x" * 1015 + CANARY,
}


class CanaryTest(unittest.TestCase):
    """programs.py looks for the key in all logs, pages and command lines."""

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()
        cls.addClassCleanup(cls.emulator.stop)
        cls.exporter = Exporter(config_for(cls.emulator, checks="[chat, stream]",
                                           providers=PROVIDERS),
                                {"TEST_KEY": CANARY}, ["--log.level=debug"])
        cls.addClassCleanup(cls.exporter.stop)

    def tearDown(self):
        self.emulator.clear_faults()

    def expect_no_trace_after(self, **fault):
        """Lets every target meet the fault once, and looks at all that is served."""
        def attempts():
            return self.exporter.metric("heyhi_probe_attempts_total")
        self.emulator.set_fault(**fault)
        before = attempts()
        targets = len(self.exporter.fetch("/").split("<tr class=\"")) - 1
        wait_for("every target to be probed twice", lambda: attempts() > before + 2 * targets)
        self.exporter.fetch("/")

    def test_every_target_is_well_before(self):
        wait_for("all targets to be ok",
                 lambda: self.exporter.metric("heyhi_probe_success") == 2 * len(PROVIDERS))

    def test_in_error_messages(self):
        self.expect_no_trace_after(status=401, headers=JSON_TYPE, body=error(CANARY))
        self.emulator.clear_faults()
        self.expect_no_trace_after(status=400, headers=JSON_TYPE,
                                   body=error(" ".join(FORMS.values())))

    def test_in_headers_and_in_the_name_of_the_model(self):
        for name, text in FORMS.items():
            with self.subTest(form=name):
                body = json.dumps({
                    "model": text, "modelVersion": text, "choices": [
                        {"message": {"content": text}, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 1, "completion_tokens": 1}})
                headers = {**JSON_TYPE, **{name: text for name in (
                    "x-request-id", "request-id", "cf-ray", "retry-after", "x-echo", "location")}}
                self.expect_no_trace_after(status=200, headers=headers, body=body)
                self.emulator.clear_faults()

    def test_in_streams_and_split_over_their_events(self):
        half = len(CANARY) // 2
        for payloads in ([{"error": {"message": CANARY, "code": CANARY}}],
                         [{"choices": [{"delta": {"content": CANARY[:half]}}]},
                          {"choices": [{"delta": {"content": CANARY[half:]}}]}],
                         [{"choices": [{"delta": {"content": CANARY[at:at + 5]}}]}
                          for at in range(0, len(CANARY), 5)],
                         [{"type": "error", "error": {"type": CANARY, "message": CANARY}}]):
            self.expect_no_trace_after(status=200, headers=STREAM_TYPE, body=events(*payloads))
            self.emulator.clear_faults()

    def test_in_pages_of_html(self):
        self.expect_no_trace_after(status=502, headers={"content-type": "text/html"},
                                   body=f"<html>Bearer {CANARY}</html>")


if __name__ == "__main__":
    unittest.main()
