"""Compound Poisson-lognormal losses with numpy on one core: scenarios, years, rate, mu, sigma. Prints seconds as JSON."""

import json
import sys
import time

import numpy as np

scenarios, years = int(sys.argv[1]), int(sys.argv[2])
rate, mu, sigma = (float(word) for word in sys.argv[3:6])
generator = np.random.default_rng(1)
drawing = figuring = 0.0
mean = 0.0
for _ in range(scenarios):
    begun = time.perf_counter()
    counts = generator.poisson(rate, years)
    losses = generator.lognormal(mu, sigma, counts.sum())
    some = counts > 0
    sums = np.zeros(years)
    sums[some] = np.add.reduceat(losses, (np.cumsum(counts) - counts)[some])
    drawn = time.perf_counter()
    mean += sums.mean() / scenarios
    sums.std()
    p95, p99 = np.percentile(sums, [5, 50, 90, 95, 99])[3:]
    sums[sums >= p95].mean(), sums[sums >= p99].mean()
    drawing += drawn - begun
    figuring += time.perf_counter() - drawn
print(json.dumps({"drawing": drawing, "figures": figuring, "mean": mean}))
