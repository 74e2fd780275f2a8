"""Starts and ends the real programs for tests. Nothing here sleeps for a fixed
time to let something happen: every wait is for a condition, with a limit."""

import base64
import http.client
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

BIN = pathlib.Path(os.environ["HEYHI_BIN_DIR"])
TESTDATA = pathlib.Path(os.environ["HEYHI_TESTDATA"])
SANITIZED = bool(os.environ.get("HEYHI_SANITIZE"))
HAS_PROC = os.path.exists("/proc/self/stat")  # not mounted in a bare chroot
LIMIT_SECONDS = 60  # ample: a sanitized build on a busy machine

# The key of every test here, with characters that encodings change. Nothing that a
# program writes, serves or is started with may hold it, in any form.
CANARY = "sk-canary-Zq8+Lw/4Tx=Rk2Vn9Jd7Hs3Fg6Mb1Cy5Pe0Ua"


def _forms_of_the_canary():
    yield CANARY
    yield CANARY[::-1]
    yield CANARY.lower()
    yield urllib.parse.quote(CANARY, safe="")
    yield CANARY.replace("/", r"\/")
    yield CANARY.encode().hex()
    for offset in range(3):  # base64 inside something longer, by alignment
        text = base64.b64encode(b"x" * offset + CANARY.encode() + b"x").decode()
        whole = text[4 if offset else 0:-4]
        yield whole
        yield whole.replace("+", "-").replace("/", "_")


# Any twelve characters of a form are too many.
_TRACES = sorted({form[at:at + 12] for form in _forms_of_the_canary()
                  for at in range(len(form) - 11)})


def expect_no_canary(text, where):
    for trace in _TRACES:
        if trace in text:
            at = text.index(trace)
            raise AssertionError(f"{where} shows a part of the key: …{text[:at + 12][-200:]!r}")


def wait_for(what, condition, limit=LIMIT_SECONDS, step=0.02):
    """Returns the condition's first true value, asked every `step` seconds; fails naming
    `what`."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"gave up waiting for {what}")
        time.sleep(step)


class Program:
    """A child process whose output is kept. Ended by stop() or exit."""

    def __init__(self, arguments, environment=None):
        clean = {"PATH": os.environ["PATH"]}
        for name, value in os.environ.items():
            if name.endswith("SAN_OPTIONS"):
                clean[name] = value
        self.log = ""
        self.stop_seconds = None
        self.process = subprocess.Popen(
            [str(a) for a in arguments], stderr=subprocess.STDOUT, stdout=subprocess.PIPE,
            text=True, errors="replace", env={**clean, **(environment or {})})
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        expect_no_canary(self._command_line(), "the command line")

    def _command_line(self):
        if not HAS_PROC:
            return ""
        return pathlib.Path(f"/proc/{self.process.pid}/cmdline").read_text()

    def _read(self):
        for line in self.process.stdout:
            self.log += line

    def _begin(self, wait):
        """Waits for the start; a program that does not start is not left behind."""
        try:
            return wait()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def stop(self, sig=signal.SIGTERM):
        """Sends the signal; returns the exit code. A second call does nothing. The end came
        within `stop_seconds`."""
        begin = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            code = self.process.wait(LIMIT_SECONDS)
            if self.stop_seconds is None:
                self.stop_seconds = time.monotonic() - begin
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"does not stop; log:\n{self.log}") from None
        self._reader.join()
        expect_no_canary(self.log, "the log")
        if not self.process.stdout.closed:
            self.process.stdout.close()
        return code

    def wait_for_log(self, pattern, start=0):
        """Returns the match once the log holds the pattern from `start` on."""
        def found():
            match = re.search(pattern, self.log[start:])
            if match is None and self.process.poll() is not None:
                raise AssertionError(f"ended before logging {pattern!r}; log:\n{self.log}")
            return match
        return wait_for(f"{pattern!r} in the log", found)


class Emulator(Program):
    """heyhitool emulate, ready to answer. `prefix` is what starts it: a command that ends in
    running its arguments."""

    def __init__(self, flags=(), prefix=()):
        self.folder = tempfile.TemporaryDirectory()
        base = pathlib.Path(self.folder.name)
        self.ca_file = base / "ca.pem"
        ready = base / "ready.json"
        super().__init__([*prefix, BIN / "heyhitool", "emulate", f"--testdata={TESTDATA}",
                          f"--tls.ca-file={self.ca_file}", f"--ready-file={ready}", *flags])
        self._begin(lambda: wait_for("the emulator", lambda: ready.exists() or self._ended()))
        addresses = json.loads(ready.read_text())
        self.http = "http://" + addresses["http"]
        self.https = "https://localhost:" + addresses["https"].rsplit(":", 1)[1]

    def _ended(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the emulator ended; log:\n{self.log}")

    def set_fault(self, **fault):
        body = json.dumps(fault).encode()
        urllib.request.urlopen(urllib.request.Request(self.http + "/admin/faults", body)).close()

    def clear_faults(self):
        urllib.request.urlopen(
            urllib.request.Request(self.http + "/admin/faults", method="DELETE")).close()

    def requests(self):
        with urllib.request.urlopen(self.http + "/admin/requests") as answer:
            return json.load(answer)

    def fetch(self, path):
        context = ssl.create_default_context(cafile=str(self.ca_file))
        with urllib.request.urlopen(self.https + path, context=context) as answer:
            return answer.read().decode()

    def stop(self, sig=signal.SIGTERM):
        code = super().stop(sig)
        self.folder.cleanup()
        return code


class Exporter(Program):
    """heyhi-exporter on a free port, listening. `prefix` is what starts it: a command that ends
    in running its arguments."""

    def __init__(self, config, environment=None, flags=(), prefix=()):
        self.folder = tempfile.TemporaryDirectory()
        file = pathlib.Path(self.folder.name) / "heyhi.yml"
        file.write_text(config)
        super().__init__([*prefix, BIN / "heyhi-exporter", f"--config.file={file}",
                          "--web.listen-address=127.0.0.1:0", *flags], environment)
        address = self._begin(
            lambda: self.wait_for_log(r"msg=listening address=(\S+)")).group(1)
        self.url = "http://" + address

    def fetch(self, path, headers=None, timeout=LIMIT_SECONDS):
        request = urllib.request.Request(self.url + path, headers=headers or {})
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            text = answer.read().decode()
        expect_no_canary(text, path)
        return text

    def ask(self, path, method="GET", headers=None):
        """Status and text of the answer, whatever it is."""
        request = urllib.request.Request(self.url + path, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        expect_no_canary(text, path)
        return status, text

    def status(self, path):
        return self.ask(path)[0]

    def metric(self, name, **labels):
        """The sum of the samples of that name whose labels include `labels`."""
        total, found = 0.0, False
        for line in self.fetch("/metrics").splitlines():
            match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if not match or match[1] != name:
                continue
            have = dict(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
            if all(have.get(k) == v for k, v in labels.items()):
                total, found = total + float(match[3]), True
        return total if found else None

    def expect_good_metrics(self):
        """promtool has nothing to say of /metrics, whatever state this exporter is in. False
        where it does not show them to us."""
        try:
            text = self.fetch("/metrics", timeout=10)
        except (OSError, http.client.HTTPException):
            return False  # it serves by TLS, or to those with a password alone, or is cut off
        if len(text) > 2_000_000:
            return False  # of thousands of targets, which say the same
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                                 capture_output=True, timeout=LIMIT_SECONDS)
        if checked.returncode or checked.stdout or checked.stderr:
            raise AssertionError(f"promtool: {checked.stdout[:1000]} {checked.stderr[:2000]}")
        return True

    def stop(self, sig=signal.SIGTERM):
        try:
            if self.process.poll() is None:
                self.expect_good_metrics()
        finally:
            code = super().stop(sig)
            self.folder.cleanup()
        return code


def run_exporter(*arguments, config=None, environment=None):
    """Runs to the end; returns exit code, standard output and standard error."""
    with tempfile.TemporaryDirectory() as folder:
        if config is not None:
            file = pathlib.Path(folder) / "heyhi.yml"
            file.write_text(config)
            arguments = (f"--config.file={file}", *arguments)
        result = subprocess.run([str(BIN / "heyhi-exporter"), *arguments], text=True, timeout=60,
                                capture_output=True, check=False, env=environment or {})
        return result.returncode, result.stdout, result.stderr.replace(folder + "/", "")


# Below the emulator's address, by provider.
PATHS = {"openai": "openai/v1", "anthropic": "anthropic/v1", "gemini": "gemini/v1beta",
         "xai": "xai/v1", "cohere": "cohere/v2", "mistral": "mistral/v1", "deepseek": "deepseek",
         "groq": "groq/openai/v1", "openrouter": "openrouter/api/v1",
         "azure_openai": "azure_openai/openai", "bedrock": "bedrock/openai/v1"}
# Of those that have no default.
MODELS = {"openrouter": "openai/gpt-6-luna", "azure_openai": "my-deployment",
          "bedrock": "openai.gpt-oss-20b-1:0"}


def config_for(emulator, interval="1s", timeout="10s", ca_file=None, providers=None,
               checks="[chat]"):
    """A configuration that probes the emulator over TLS."""
    lines = ["region: test", "network: {canaries: []}", "defaults:", f"  interval: {interval}", f"  timeout: {timeout}",
             "  api_key_env: TEST_KEY", f"  checks: {checks}"]
    if ca_file != "":
        lines.append(f"  ca_file: {ca_file or emulator.ca_file}")
    lines.append("providers:")
    for name in providers or PATHS:
        lines += [f"  - name: {name}", f"    base_url: {emulator.https}/{PATHS[name]}"]
        if name in MODELS:
            lines.append(f"    models: [{MODELS[name]}]")
    return "\n".join(lines) + "\n"
