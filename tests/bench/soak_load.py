"""What ./dev soak puts the exporter through: its configuration, and the faults of the
emulator in an order that a seed decides."""

import random

# Name, path below the emulator. The three last are known to nobody.
PROVIDERS = [("openai", "openai/v1"), ("anthropic", "anthropic/v1"), ("gemini", "gemini/v1beta"),
             ("xai", "xai/v1"), ("cohere", "cohere/v2"), ("mistral", "mistral/v1"),
             ("deepseek", "deepseek"), ("groq", "groq/openai/v1"), ("vllm-one", "vllm-one/v1"),
             ("vllm-two", "vllm-two/v1")]
INTERVAL_SECONDS, TIMEOUT_SECONDS = 60, 20

# All that an emulated provider may do to us, by what the table at the end calls it.
FAULTS = {
    "429": {"status": 429, "headers": {"retry-after": "7", "content-type": "application/json"},
            "body": '{"error":{"message":"slow down","type":"rate_limit_error"}}'},
    "401": {"status": 401, "headers": {"content-type": "application/json"},
            "body": '{"error":{"message":"no such key","type":"invalid_request_error",'
                    '"code":"invalid_api_key"}}'},
    "503": {"status": 503, "headers": {"content-type": "application/json"},
            "body": '{"error":{"message":"overloaded","type":"server_error"}}'},
    "html": {"status": 200, "headers": {"content-type": "text/html"},
             "body": "<!doctype html><html><body>maintenance</body></html>"},
    "reset": {"action": "reset"},
    "stall": {"action": "stall"},
    "truncate": {"action": "truncate"},
    "latency": {"latency": "2s..5s"},
}
KINDS = list(FAULTS)
# Those that make series come into being: reasons and status codes seen for the first time.
NEW_SERIES = [kind for kind in KINDS if kind != "latency"]


def network_settings(emulator, other):
    """Canaries on this machine; the usual ones are on the internet."""
    bundle = emulator.ca_file.with_name("canaries-ca.pem")
    bundle.write_text(emulator.ca_file.read_text() + other.ca_file.read_text())
    canaries = [f"localhost:{emulator.https_port}", f"localhost:{other.https_port}",
                f"127.0.0.1:{other.https_port}"]
    return [f"network: {{canaries: [{', '.join(canaries)}], ca_file: {bundle}}}"]


def configuration(emulator, other, targets):
    """`targets` targets: every model of every provider both as chat and as stream.
    Returns the text and how many there are."""
    models = max(1, round(targets / len(PROVIDERS) / 2))
    # Half of it is one host's, and all targets are at one: none waits for its turn, so that
    # each probe in flight has started.
    lines = ["region: soak", f"max_in_flight: {min(10_000, 2 * targets)}", *network_settings(emulator, other), "defaults:",
             f"  interval: {INTERVAL_SECONDS}s",
             f"  timeout: {TIMEOUT_SECONDS}s", "  slow_after: 1s", "  api_key_env: BENCH_KEY",
             f"  ca_file: {emulator.ca_file}", "  checks: [chat, stream]", "providers:"]
    for name, path in PROVIDERS:
        names = ", ".join(f"model-{i}" for i in range(models))
        lines += [f"  - name: {name}", f"    base_url: {emulator.https}/{path}",
                  f"    models: [{names}]"]
    return "\n".join(lines) + "\n", models * len(PROVIDERS) * 2


class Faults:
    """Sets and clears faults as time goes by. First every kind strikes every target for
    the longest time between two of its probes, so that all series that there can be
    exist before memory is judged; then kinds, providers, shares and lengths are random.
    """

    ROUND_SECONDS = INTERVAL_SECONDS * 1.2 + 1

    def __init__(self, emulator, seed, warm_up_seconds):
        self.emulator = emulator
        self.random = random.Random(seed)
        # A short run has no time for that.
        self.rounds = (len(NEW_SERIES) if warm_up_seconds >= len(NEW_SERIES) * self.ROUND_SECONDS
                       else 0)
        self.rounds_begun = 0
        self.in_force = []  # (when it ends, its number)
        self.next_at = 0.0
        self.set = dict.fromkeys(KINDS, 0)

    @property
    def covers_all(self):
        return self.rounds > 0

    def tick(self, now):
        """`now` in seconds since the start; called again and again."""
        for end, number in [f for f in self.in_force if f[0] <= now]:
            self.emulator.clear_fault(number)
            self.in_force.remove((end, number))
        if now < self.next_at:
            return
        if self.rounds_begun < self.rounds:
            for place, (provider, _) in enumerate(PROVIDERS):
                kind = NEW_SERIES[(place + self.rounds_begun) % len(NEW_SERIES)]
                self._set(kind, now + self.ROUND_SECONDS - 0.1, provider=provider)
            self.rounds_begun += 1
            self.next_at = now + self.ROUND_SECONDS
            return
        self._set(self.random.choice(KINDS), now + self.random.uniform(3, 40),
                  provider=self.random.choice([*(name for name, _ in PROVIDERS), "*"]),
                  share=self.random.choice([0.05, 0.3, 1.0]))
        self.next_at = now + self.random.uniform(1, 10)

    def _set(self, kind, until, **where):
        self.set[kind] += 1
        self.in_force.append((until, self.emulator.set_fault(**FAULTS[kind], **where)))
