"""Python's sums."""


def dequantisation_bounds(heights, widths):
    pieces = list(zip(heights.tolist(), widths.tolist()))
    uniform = sum(w * math.log(h) for h, w in pieces)
    pair = sum(v * w * math.log((g + h) / 2) for g, v in pieces for h, w in pieces)
    return uniform, pair, math.log(sum(h * w for h, w in pieces))
