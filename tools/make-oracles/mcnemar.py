"""Writes libs/classifier/src/fixtures/mcnemar.json: two-sided exact binomial p-values for even odds, in whole numbers.

No library: fractions and math.comb are exact, and only the last step rounds. With SciPy, scipy.stats.binomtest(b, b + c).pvalue says the same.
python tools/make-oracles/mcnemar.py > libs/classifier/src/fixtures/mcnemar.json
"""
import json
import math
from fractions import Fraction

PAIRS = [(0, 0), (1, 0), (5, 0), (0, 6), (6, 0), (3, 3), (2, 9), (10, 1), (12, 5), (25, 40), (59, 121), (400, 500), (5000, 5300)]


def two_sided(mended, broken):
    count, fewer = mended + broken, min(mended, broken)
    tail = Fraction(sum(math.comb(count, k) for k in range(fewer + 1)), 2**count)
    return float(min(Fraction(1), 2 * tail))


print(json.dumps([{"mended": b, "broken": c, "pValue": two_sided(b, c)} for b, c in PAIRS]))
