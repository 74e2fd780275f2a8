"""The programs of ours and of others that ./dev bench and ./dev soak run, and what
the system says of them. Whatever is started here ends with its `with` block, also
when that is left by Ctrl-C."""

import ctypes
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
PR_SET_PDEATHSIG = 1
KEY = "sk-bench-0123456789abcdef"


class Failure(Exception):
    """Something could not be measured."""


def end_with_parent():
    """Runs in the child: should we be killed, it ends as well."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def leave_on_sigterm():
    """Makes SIGTERM unwind the `with` blocks as Ctrl-C does."""
    def leave(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, leave)


def wait_for(what, condition, limit=30):
    """Returns the condition's first true value."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"gave up waiting for {what}")
        time.sleep(0.02)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """A child whose output goes to a file."""

    def __init__(self, arguments, log, environment=None):
        self.log = pathlib.Path(log)
        self.name = pathlib.Path(arguments[0]).name
        with open(self.log, "wb") as output:
            self.child = subprocess.Popen(
                [str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env={**os.environ, **(environment or {})}, start_new_session=True,
                preexec_fn=end_with_parent)
        self.pid = self.child.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, sig=signal.SIGTERM):
        if self.child.poll() is None:
            self.child.send_signal(sig)
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
        return self.child.wait()

    def expect_running(self):
        if self.child.poll() is not None:
            tail = self.log.read_text(errors="replace")[-2000:]
            raise Failure(f"{self.name} ended with {self.child.returncode}: {tail}")
        return True

    def wait_until(self, condition, limit=30):
        try:
            return wait_for(self.name, lambda: condition() or (self.expect_running() and False),
                            limit)
        except BaseException:
            self.stop()
            raise

    def cpu_seconds(self):
        """User and system time of all its threads so far, to 1/TICKS s."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def thread_cpu_seconds(self):
        """The same to the nanosecond, for processes whose threads do not come and go."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def resident_bytes(self):
        return int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def task_ids(self):
        """The threads of this process and of its children."""
        tree = [str(self.pid)]
        for pid in tree:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
            tree += children.split()
        return [int(tid) for pid in tree for tid in os.listdir(f"/proc/{pid}/task")]


class Emulator(Process):
    """heyhitool emulate, ready to answer."""

    def __init__(self, binaries, folder, flags=(), name="emulator"):
        self.ca_file = folder / f"{name}-ca.pem"
        ready = folder / f"{name}.json"
        ready.unlink(missing_ok=True)  # of one before, it would name a port that is closed
        super().__init__([binaries / "heyhitool", "emulate", f"--testdata={ROOT}/tests/testdata",
                          f"--tls.ca-file={self.ca_file}", f"--ready-file={ready}",
                          "--log.level=warn", *flags], folder / f"{name}.log")
        self.wait_until(ready.exists)
        addresses = json.loads(ready.read_text())
        self.admin = "http://" + addresses["http"] + "/admin"
        self.https_port = addresses["https"].rsplit(":", 1)[1]
        self.https = f"https://localhost:{self.https_port}"

    def _call(self, path, method="GET", body=None):
        request = urllib.request.Request(self.admin + path, method=method,
                                         data=json.dumps(body).encode() if body else None)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def set_fault(self, **fault):
        return self._call("/faults", "POST", fault)["id"]

    def clear_fault(self, number):
        self._call(f"/faults/{number}", "DELETE")

    def clear_faults(self):
        self._call("/faults", "DELETE")

    def requests(self):
        """How many calls it has seen, of all providers."""
        return sum(seen["requests"] for seen in self._call("/requests").values())


class Exporter(Process):
    """heyhi-exporter on a free port, listening."""

    def __init__(self, binaries, folder, config, flags=()):
        file = folder / "heyhi.yml"
        file.write_text(config)
        super().__init__([binaries / "heyhi-exporter", f"--config.file={file}",
                          "--web.listen-address=127.0.0.1:0", *flags], folder / "exporter.log",
                         {"BENCH_KEY": KEY})
        self.url = "http://" + self.wait_until(self._address)
        # Those of a connection or two at most: the first probes have hardly begun.
        self.descriptors_at_start = self.descriptors()

    def _address(self):
        match = re.search(r"msg=listening address=(\S+)", self.log.read_text(errors="replace"))
        return match and match[1]

    def metrics(self):
        with urllib.request.urlopen(self.url + "/metrics", timeout=60) as answer:
            return Metrics(answer.read().decode())


class Metrics:
    """One scrape. Only what is asked for is read: with 2000 targets it is long."""

    def __init__(self, text):
        self.text = text
        begins = [(match[1], match.end()) for match in re.finditer(r"^# TYPE (\w+) .*\n", text, re.M)]
        ends = [begin for _, begin in begins[1:]] + [len(text)]
        self.families = {name: (begin, end) for (name, begin), end in zip(begins, ends)}

    def samples(self, name):
        """Yields labels as text and value of each series."""
        family = name if name in self.families else name.rpartition("_")[0]
        begin, end = self.families.get(family, (0, 0))
        for line in self.text[begin:end].splitlines():
            series, _, value = line.rpartition(" ")
            if series.partition("{")[0] == name:
                yield series[len(name):], float(value)

    def total(self, name, *labels):
        """The sum over the series whose labels hold all of `labels`."""
        return sum(value for have, value in self.samples(name)
                   if all(label in have for label in labels))
