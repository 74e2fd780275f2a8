"""The table that ./dev bench prints and keeps."""

import json
import os
import statistics

COLUMNS = ("what", "ours", "peer", "ratio", "limit", "spread", "result")


class Row:
    """One measured quantity against its limit. `rounds` are (ours, peer) or, where
    ours stands against the limit itself, (ours, None)."""

    def __init__(self, name, unit, limit, rounds, slack=1.0):
        self.name, self.unit, self.limit = name, unit, limit * slack
        self.rounds = rounds
        self.has_peer = rounds[0][1] is not None
        self.ours = statistics.median(ours for ours, _ in rounds)
        self.peer = statistics.median(peer for _, peer in rounds) if self.has_peer else None
        # Both of a round met the same machine: their ratio says more than their values.
        judged = [ours / peer if self.has_peer else ours for ours, peer in rounds]
        self.judged = statistics.median(judged)
        self.spread = (max(judged) - min(judged)) / self.judged if self.judged else 0.0
        self.good = self.judged <= self.limit

    def cells(self):
        unit = f" {self.unit}"
        return (self.name, f"{self.ours:.3g}{unit}",
                f"{self.peer:.3g}{unit}" if self.has_peer else "–",
                f"{self.judged:.2f}" if self.has_peer else "–",
                f"{self.limit:.3g}" if self.has_peer else f"{self.limit:.3g}{unit}",
                f"{self.spread:.0%}" if len(self.rounds) > 1 else "–",
                "pass" if self.good else "FAIL")

    def as_json(self):
        return {"name": self.name, "unit": self.unit, "ours": self.ours, "peer": self.peer,
                "judged": self.judged, "limit": self.limit, "spread": self.spread,
                "rounds": self.rounds, "pass": self.good}


class Broken:
    """What could not be measured; that is no pass."""

    good = False

    def __init__(self, name, why):
        self.name, self.why = name, why

    def cells(self):
        return (self.name, "–", "–", "–", "–", "–", "BROKEN")

    def as_json(self):
        return {"name": self.name, "broken": self.why, "pass": False}


def markdown(rows, notes):
    cells = [COLUMNS, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS))]
    lines = ["| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |"
             for line in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    broken = [f"{row.name}: {row.why}" for row in rows if isinstance(row, Broken)]
    return "\n".join([*lines, "", *broken, *notes, ""])


def keep(rows, notes, folder):
    (folder / "bench.md").write_text(markdown(rows, notes))
    (folder / "bench.json").write_text(json.dumps(
        {"notes": notes, "rows": [row.as_json() for row in rows]}, indent=1) + "\n")


def machine():
    """One line on what the figures were measured on."""
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{os.cpu_count()} × {model}"
