"""heyhitool probe against the real emulator, as the person on call sees it."""

import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import tempfile
import time
import unittest

from programs import (BIN, CANARY, HAS_PROC, LIMIT_SECONDS, MODELS, PATHS, Emulator, config_for,
                      expect_no_canary, wait_for)

DOCS = pathlib.Path(os.environ["HEYHI_SOURCE_DIR"]) / "docs"
KEYS = {"TEST_KEY": CANARY, "OPENAI_API_KEY": CANARY}


def clean_environment(extra):
    kept = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
    return {**kept, "PATH": os.environ["PATH"], **extra}


class ProbeCommandTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()
        cls.addClassCleanup(cls.emulator.stop)

    def setUp(self):
        self.emulator.clear_faults()
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def probe(self, *arguments, environment=None):
        """Runs to the end; returns exit code, standard output and standard error."""
        result = subprocess.run(
            [str(BIN / "heyhitool"), "probe", *arguments], text=True, timeout=LIMIT_SECONDS,
            capture_output=True, check=False, cwd=self.folder.name,
            env=clean_environment(KEYS if environment is None else environment))
        for text in (result.stdout, result.stderr):
            expect_no_canary(text, "heyhitool probe")
            self.assertNotIn("\x1b", text)
        return result.returncode, result.stdout, result.stderr

    def endpoint(self, provider="openai"):
        return (f"--base-url={self.emulator.https}/{PATHS[provider]}",
                f"--ca-file={self.emulator.ca_file}", "--api-key-env=TEST_KEY")

    def probe_endpoint(self, name, *arguments):
        return self.probe(name, *self.endpoint(name.split("/")[0]), *arguments)

    def write_config(self, text, name="heyhi.yml"):
        file = pathlib.Path(self.folder.name) / name
        file.write_text(text)
        return str(file)

    def expect_refusal(self, pattern, *arguments, environment=None):
        code, output, error = self.probe(*arguments, environment=environment)
        self.assertEqual((code, output, error.count("\n")), (2, "", 1), error)
        self.assertRegex(error, "^heyhitool probe: " + pattern)

    def run_in_terminal(self, *arguments, **environment):
        """Standard output is a terminal; returns what it was sent."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([str(BIN / "heyhitool"), "probe", *arguments], stdout=theirs,
                              stderr=subprocess.PIPE, cwd=self.folder.name,
                              env=clean_environment({**KEYS, **environment})) as process:
            os.close(theirs)
            text = b""
            try:
                while piece := os.read(ours, 65536):
                    text += piece
            except OSError:  # how Linux says that the other side has closed
                pass
            os.close(ours)
        return text.decode().replace("\r\n", "\n")

    # --- answers ---

    def test_a_good_answer(self):
        code, output, error = self.probe_endpoint("openai")
        self.assertEqual((code, error), (0, ""))
        self.assertRegex(output, r"^openai/gpt-6-luna/chat  OK  in .* m?s\n")
        for row in (r"took +\d.*: dns .*, connect .*, tls .*, waiting .*, receiving .* ms",
                    r"status +200, from 127\.0\.0\.1", r"request +req_\w+", r"model +gpt-6-luna",
                    r"tokens +\d+ in, \d+ out, cap 16; cost 0\.0000\d+ USD"):
            self.assertRegex(output, rf"(?m)^{row}$")

    def test_every_provider_and_check(self):
        for provider in PATHS:
            for check in ("chat", "stream"):
                with self.subTest(provider=provider, check=check):
                    model = MODELS.get(provider)
                    name = f"{provider}/{model}/{check}" if model else f"{provider}/{check}"
                    code, output, error = self.probe_endpoint(name)
                    self.assertEqual((code, error), (0, ""), output)
                    self.assertIn(f"/{check}  OK  ", output)
                    self.assertEqual("first token after" in output, check == "stream")

    def test_an_endpoint_that_is_in_no_table(self):
        code, output, _ = self.probe("acme/qwen3-4b", f"--base-url={self.emulator.http}/acme/v1",
                                     "--api-key-env=TEST_KEY")
        self.assertEqual(code, 0, output)
        self.assertIn("price not known", output)
        self.assertNotIn("tls", output)

    def test_a_slow_answer_is_no_failure(self):
        config = config_for(self.emulator, providers=["openai"]) + "    slow_after: 1ms\n"
        code, output, _ = self.probe("openai", f"--config.file={self.write_config(config)}")
        self.assertEqual(code, 0)
        self.assertIn("openai/gpt-6-luna/chat  SLOW  answered rightly, but after more than 1ms\n",
                      output)

    def test_failures(self):
        provider = r"fault: provider, or the way to it\n"
        for fault, name, words in [
                ({"case": "429-rate-limit"}, "openai", r"rate_limit \(rpm\), fault: account\n"),
                ({"case": "503-overloaded"}, "openai", r"5xx \(overloaded\), fault: provider\n"),
                ({"case": "401-invalid-key"}, "openai", r"auth \(invalid_key\), fault: account\n"),
                ({"case": "200-html"}, "openai", r"other \(non_json_200\), fault: provider\n"),
                ({"action": "stall"}, "openai", r"timeout \(ttfb\), " + provider),
                ({"action": "reset"}, "openai", r"other \(conn_reset\), " + provider),
                ({"action": "truncate"}, "openai/stream",
                 r"other \(stream_truncated\), fault: provider\n"),
                ({"provider": "anthropic", "case": "529-overloaded"}, "anthropic",
                 r"5xx \(overloaded\), fault: provider\n"),
        ]:
            with self.subTest(fault=fault):
                self.emulator.clear_faults()
                self.emulator.set_fault(**fault)
                timeout = "2s" if fault.get("action") == "stall" else "20s"
                code, output, error = self.probe_endpoint(name, f"--timeout={timeout}")
                self.assertEqual((code, error), (1, ""), output)
                self.assertRegex(output, r"^[\w/.-]+\s+FAILED  " + words)
                self.assertLessEqual(max(map(len, output.splitlines())), 80)

    def test_a_failure_shows_what_support_asks_for(self):
        self.emulator.set_fault(case="429-rate-limit")
        _, output, _ = self.probe_endpoint("openai")
        for words in ("says      Rate limit reached for ", "rule O14 of docs/errors.md",
                      "status    429, from 127.0.0.1", "retry     after 20 s",
                      "request   req_0000000000000000000000000000err1 (quote it ",
                      'body      {"error"'):
            self.assertIn(words, output)

    def test_a_stall_says_where_it_stopped(self):
        self.emulator.set_fault(action="stall")
        _, output, _ = self.probe_endpoint("openai", "--timeout=2s")
        self.assertIn("It stopped while waiting for the answer.", output)

    def test_an_unknown_authority_is_not_trusted(self):
        code, output, _ = self.probe("openai", self.endpoint()[0])
        self.assertEqual(code, 1)
        self.assertIn("FAILED  other (tls_ca)", output)
        self.assertIn("It stopped in the TLS handshake.", output)

    # --- configurations ---

    def test_a_configured_target_needs_no_other_key(self):
        config = config_for(self.emulator, providers=["openai"]) + (
            "  - {name: groq, api_key_env: A_KEY_THAT_IS_NOT_SET}\n"
            "prices: [{provider: openai, model: gpt-6-luna, input: 1000, output: 1000}]\n")
        file = self.write_config(config, "prod.yml")
        code, output, error = self.probe("openai/stream", f"--config.file={file}",
                                         environment={"TEST_KEY": CANARY})
        self.assertEqual((code, error), (0, ""), output)
        self.assertRegex(output, r"cost 0\.0\d+ USD")
        self.expect_refusal(
            r".*prod\.yml:\d+: environment variable A_KEY_THAT_IS_NOT_SET is not set", "groq",
            f"--config.file={file}")

    def test_the_configuration_of_the_working_directory(self):
        self.write_config(config_for(self.emulator, providers=["mistral"]))
        code, output, _ = self.probe("mistral")
        self.assertEqual(code, 0)
        self.assertIn(" as in heyhi.yml\n", output)

    # --- JSON ---

    def test_json(self):
        code, output, _ = self.probe_endpoint("openai", "--json")
        result = json.loads(output)
        self.assertEqual((code, output.count("\n"), result["outcome"], result["reason"]),
                         (0, 1, "ok", None))
        self.assertEqual(result["served_model"], "gpt-6-luna")
        self.assertAlmostEqual(sum(result["phase_seconds"].values()), result["duration_seconds"], 5)
        self.emulator.set_fault(case="429-rate-limit")
        code, output, _ = self.probe_endpoint("openai", "--json")
        result = json.loads(output)
        self.assertEqual((code, result["outcome"], result["rule"], result["fault"]),
                         (1, "failed", "O14", "account"))
        self.assertIn({"name": "retry-after", "value": "20"}, result["sample"]["headers"])

    # --- what goes wrong before the call ---

    def test_refusals(self):
        self.expect_refusal(r'unknown provider "opnai" \(did you mean "openai"\?\)', "opnai")
        self.expect_refusal(r'unknown flag "--jsno" \(did you mean "--json"\?\)', "openai",
                            "--jsno")
        self.expect_refusal(r"expected one target, got 0: name it as PROVIDER")
        self.expect_refusal(r"expected one target, got 2: ", "openai", CANARY)
        self.expect_refusal(r'unknown flag "--api-key"', "openai", "--api-key", CANARY)
        self.expect_refusal(r"flag --api-key-env: expected the name", "openai",
                            f"--api-key-env={CANARY}")
        self.expect_refusal(r"environment variable GROQ_API_KEY is not set: .* --api-key-env",
                            "groq")
        self.expect_refusal(r"/no\.yml: No such file", "openai", "--config.file=/no.yml")
        self.expect_refusal(r"flag --timeout: expected a duration", "openai", "--timeout=5")
        bad = self.write_config("providers:\n  - {name: openai, intervall: 5m}\n", "bad.yml")
        self.expect_refusal(r'.*bad\.yml:2: unknown key "intervall" \(did you mean "interval"\?\)',
                            "openai", f"--config.file={bad}")
        good = self.write_config(config_for(self.emulator), "good.yml")
        self.expect_refusal(r'.*good\.yml has no model "gpt-6-lunar" of openai '
                            r'\(did you mean "gpt-6-luna"\?\)', "openai/gpt-6-lunar",
                            f"--config.file={good}")
        self.assertNotIn("openai/gpt-6-lunar", str(self.emulator.requests()))

    def test_output_that_nobody_takes(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("/dev/full is not here")
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run(
                [str(BIN / "heyhitool"), "probe", "openai", *self.endpoint()], stdout=full,
                stderr=subprocess.PIPE, text=True, env=clean_environment(KEYS), check=False)
        self.assertEqual((result.returncode, result.stderr),
                         (2, "heyhitool probe: cannot write to standard output\n"))

    # --- secrets, terminals, signals ---

    def test_what_the_provider_says_neither_shows_the_key_nor_moves_the_terminal(self):
        hostile = f"\x1b[2J\x1b]0;owned\x07\x9b31m\u202e{CANARY}"
        self.emulator.set_fault(
            status=500, headers={"content-type": "application/json", "x-request-id": f"a{CANARY}b",
                                 "retry-after": CANARY},
            body=json.dumps({"error": {"message": hostile, "echo": CANARY}}))
        for flags in ((), ("--json",)):
            code, output, _ = self.probe_endpoint("openai", *flags)
            self.assertEqual(code, 1)
            screen = self.run_in_terminal("openai", *self.endpoint(), *flags, TERM="dumb")
            expect_no_canary(screen, "the terminal")
            for text in (output, screen):
                self.assertIn("[key]", text)
                for order in ("\x1b", "\x07", "\x9b", "\u202e"):
                    self.assertNotIn(order, text)

    def test_colours_are_for_terminals(self):
        self.emulator.set_fault(case="503-overloaded")
        arguments = ("openai", *self.endpoint())
        screen = self.run_in_terminal(*arguments, TERM="xterm")
        self.assertIn("  \x1b[31mFAILED\x1b[0m  5xx (overloaded)", screen)
        plain = re.sub(r"\x1b\[\d+m", "", screen)
        self.assertNotIn("\x1b", plain)
        self.assertLessEqual(max(map(len, plain.splitlines())), 80)
        for environment in ({"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}, {}):
            self.assertNotIn("\x1b", self.run_in_terminal(*arguments, **environment))
        self.assertNotIn("\x1b", self.run_in_terminal(*arguments, "--json", TERM="xterm"))

    def test_letters_beyond_ascii_need_a_terminal_that_knows_them(self):
        self.emulator.set_fault(status=500, headers={"content-type": "application/json"},
                                body='{"message": "zu viel: 模型"}')
        arguments = ("openai", *self.endpoint())
        self.assertIn("zu viel: 模型\n", self.run_in_terminal(*arguments, LANG="C.UTF-8"))
        self.assertIn("zu viel: ??\n", self.run_in_terminal(*arguments, LANG="C"))

    def test_an_interrupt_ends_it(self):
        self.emulator.set_fault(action="stall")
        process = subprocess.Popen(
            [str(BIN / "heyhitool"), "probe", "openai/interrupted", *self.endpoint(),
             "--timeout=1m"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=clean_environment(KEYS))
        try:
            wait_for("the call", lambda: "interrupted" in str(self.emulator.requests()))
            if HAS_PROC:
                command = pathlib.Path(f"/proc/{process.pid}/cmdline").read_text()
                expect_no_canary(command, "the command line")
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            output, error = process.communicate(timeout=LIMIT_SECONDS)
        finally:
            process.kill()
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual((process.returncode, output, error), (-signal.SIGINT, "", ""))

    # --- documentation ---

    def test_the_page_lists_every_flag(self):
        code, text, _ = self.probe("--help")
        self.assertEqual(code, 0)
        flags = set(re.findall(r"^  --(?:\[no-\])?([\w.-]+)", text, re.M))
        page = (DOCS / "probe.md").read_text()
        table = re.search(r"^\| flag \|.*?\n\n", page, re.M | re.S).group(0)
        self.assertEqual(flags, set(re.findall(r"^\| `--([\w.-]+)`", table, re.M)))


if __name__ == "__main__":
    unittest.main()
