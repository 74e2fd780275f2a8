"""The configuration read again while the exporter runs: row W-07 of docs/reliability.md."""

import os
import pathlib
import signal
import threading
import time
import unittest

from programs import CANARY, HAS_PROC, SANITIZED, Emulator, Exporter, config_for, wait_for

MEBIBYTE = 1 << 20
WARM_UP, RELOADS = 500, 1000  # the allocator's stock grows for some hundred
STAYS = "openai"
FIRST, SECOND = [STAYS, "mistral"], [STAYS, "groq"]


def alias_bomb():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 10) + "]" for i in range(1, 11)]
    return "\n".join(lines) + "\n"


class ReloadTest(unittest.TestCase):
    def setUp(self):
        self.emulator = Emulator()
        self.addCleanup(self.emulator.stop)
        self.exporter = Exporter(self.config(FIRST), {"TEST_KEY": CANARY},
                                 ["--web.enable-lifecycle"])
        self.addCleanup(self.exporter.stop)
        self.file = pathlib.Path(self.exporter.folder.name) / "heyhi.yml"

    def config(self, providers):
        return config_for(self.emulator, providers=providers)

    def bad_configs(self):
        """By what is wrong with them: the text, and a word of the error."""
        good = self.config(FIRST)
        folder = pathlib.Path(self.exporter.folder.name)
        return {
            "syntax": ("providers: [", "heyhi.yml:"),
            "unknown key": (good + "intervall: 1m\n", "intervall"),
            "duplicate key": (good + "region: twice\n", "region"),
            "alias bomb": (alias_bomb(), "heyhi.yml"),
            "self-alias": ("providers: &a [*a]\n", "heyhi.yml"),
            "missing key file": (good.replace("api_key_env: TEST_KEY",
                                              f"api_key_file: {folder}/absent"), "api_key_file"),
            "unreadable key file": (good.replace("api_key_env: TEST_KEY",
                                                 f"api_key_file: {folder}"), "api_key_file"),
            "5 MB": (good + "# " + "x" * 5 * MEBIBYTE, "heyhi.yml"),
            "NUL": (good.replace("region: test", "region: \"a\0b\""), "heyhi.yml"),
            "no targets": ("region: test\n", "providers"),
        }

    def post(self, headers=None):
        """The status and the text of a reload."""
        return self.exporter.ask("/-/reload", "POST", headers)

    def providers(self):
        return {name for name in {*FIRST, *SECOND}
                if self.exporter.metric("heyhi_probe_attempts_total", provider=name) is not None}

    def test_post_and_sighup_put_the_new_file_in_force(self):
        self.file.write_text(self.config(SECOND))
        self.assertEqual(self.post(), (200, "Reloaded\n"))
        self.assertEqual(self.providers(), set(SECOND))
        self.file.write_text(self.config(FIRST))
        self.exporter.process.send_signal(signal.SIGHUP)
        wait_for("the first one again", lambda: self.providers() == set(FIRST))

    def test_each_bad_file_changes_nothing_and_says_why(self):
        for what, (text, word) in self.bad_configs().items():
            with self.subTest(what):
                self.file.write_text(text)
                begun = time.monotonic()
                status, answer = self.post()
                self.assertEqual(status, 500, answer)
                self.assertIn(word, answer)
                self.assertLess(len(answer), 1000)
                self.assertLess(time.monotonic() - begun, 10)
                self.assertEqual(self.exporter.metric("heyhi_config_last_reload_successful"), 0)
                self.assertEqual(self.providers(), set(FIRST))
                self.file.write_text(self.config(FIRST))
                self.assertEqual(self.post()[0], 200)
                self.assertEqual(self.exporter.metric("heyhi_config_last_reload_successful"), 1)
        self.assertIn("the one before stays in force", self.exporter.log)

    def test_a_key_file_is_read_again(self):
        key = pathlib.Path(self.exporter.folder.name) / "key"
        key.write_text("sk-wrong-key-0000\n")
        self.file.write_text(self.config([STAYS]).replace("api_key_env: TEST_KEY",
                                                          f"api_key_file: {key}"))
        self.emulator.set_fault(provider=STAYS, status=401)
        self.assertEqual(self.post()[0], 200)
        wait_for("a refusal", lambda: self.exporter.metric(
            "heyhi_probe_failures_total", error_type="auth"))
        self.emulator.clear_faults()
        key.write_text(CANARY + "\n")
        self.assertEqual(self.post()[0], 200)
        wait_for("a good answer", lambda: self.exporter.metric("heyhi_probe_success") == 1)

    def test_browsers_and_other_methods_are_refused(self):
        self.assertEqual(self.post({"Origin": "http://evil.test"})[0], 403)
        self.assertEqual(self.post({"Sec-Fetch-Site": "cross-site"})[0], 403)
        self.assertEqual(self.exporter.status("/-/reload"), 405)
        closed = Exporter(self.config(FIRST), {"TEST_KEY": CANARY})
        self.addCleanup(closed.stop)
        status, answer = closed.ask("/-/reload", "POST")
        self.assertEqual(status, 403)
        self.assertIn("--web.enable-lifecycle", answer)

    def held(self):
        """Memory, descriptors and threads."""
        pid = self.exporter.process.pid
        return (self.exporter.metric("process_resident_memory_bytes"),
                len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task")))

    def test_w_07_a_thousand_reloads_leave_nothing_behind(self):
        # The bomb takes 12 MiB until it is refused, which the allocator gives back or not.
        bad = [text for what, (text, _) in self.bad_configs().items()
               if what not in ("5 MB", "alias bomb")]
        ended = threading.Event()
        scrapes, failed = [], []
        def scrape():
            while not ended.wait(0.01):
                try:
                    scrapes.append(self.exporter.fetch("/metrics"))
                except OSError as error:
                    failed.append(error)
        scraper = threading.Thread(target=scrape)
        scraper.start()
        attempts, held = [], []
        try:
            for i in range(WARM_UP + RELOADS):
                is_good = i % 3 != 2
                providers = FIRST if i % 2 else SECOND
                self.file.write_text(self.config(providers) if is_good else bad[i // 3 % len(bad)])
                if i % 5 == 0:  # at the same time
                    self.exporter.process.send_signal(signal.SIGHUP)
                self.assertEqual(self.post()[0], 200 if is_good else 500)
                if i >= WARM_UP and i % 100 == 99:
                    attempts.append(self.exporter.metric("heyhi_probe_attempts_total",
                                                         provider=STAYS))
                    held.append(self.held() if HAS_PROC else None)
        finally:
            ended.set()
            scraper.join()
        self.assertEqual(failed, [])
        self.assertGreater(len(scrapes), 50)
        for text in scrapes:  # each shows one configuration, whole
            self.assertIn(f'heyhi_probe_attempts_total{{provider="{STAYS}"', text)
            self.assertNotEqual('provider="mistral"' in text, 'provider="groq"' in text)
        self.assertEqual(attempts, sorted(attempts))
        self.assertGreater(attempts[-1], 0)
        if HAS_PROC:
            memory, descriptors, threads = zip(*held)
            self.assertEqual(min(threads[5:]), min(threads[:5]))
            self.assertLessEqual(min(descriptors[5:]), min(descriptors[:5]) + 3)
            if not SANITIZED:
                self.assertLessEqual(min(memory[5:]), min(memory[:5]) + MEBIBYTE)


if __name__ == "__main__":
    unittest.main()
