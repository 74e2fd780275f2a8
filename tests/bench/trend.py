"""Whether a sampled quantity grows."""

import math
import statistics

# Samples a few seconds apart resemble each other, which would make any line look
# certain: the line is laid through the means of so many stretches of time.
STRETCHES = 20

# Student's t for a one-sided 95 %, by degrees of freedom.
T95 = {1: 6.31, 2: 2.92, 3: 2.35, 4: 2.13, 5: 2.02, 6: 1.94, 8: 1.86, 10: 1.81, 14: 1.76, 18: 1.73}


def stretches(samples):
    """`samples` are (seconds, value), in order."""
    count = min(STRETCHES, len(samples) // 3)
    cuts = [round(i * len(samples) / count) for i in range(count + 1)]
    return [(statistics.mean(t for t, _ in samples[a:b]), statistics.mean(v for _, v in samples[a:b]))
            for a, b in zip(cuts, cuts[1:])]


def slope(samples):
    """Least-squares growth per second and the half width of its one-sided 95 % bound."""
    points = stretches(samples)
    if len(points) < 4:
        return 0.0, math.inf
    mean_t = statistics.mean(t for t, _ in points)
    mean_v = statistics.mean(v for _, v in points)
    square = sum((t - mean_t) ** 2 for t, _ in points)
    growth = sum((t - mean_t) * (v - mean_v) for t, v in points) / square
    rest = sum((v - mean_v - growth * (t - mean_t)) ** 2 for t, v in points)
    free = len(points) - 2
    quantile = T95[max(known for known in T95 if known <= free)]
    return growth, quantile * math.sqrt(rest / free / square)
