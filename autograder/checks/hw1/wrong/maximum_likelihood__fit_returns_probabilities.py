"""fit_mle returns probabilities where logits are asked for.

Caught by: fit_reaches_the_frequencies
"""


def fit_mle(counts, steps=500, learning_rate=1.0):
    return counts / counts.sum()
