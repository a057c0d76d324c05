"""The weights come back as (B, K).

Caught by: weights
"""


def snis_weights(log_w):
    return log_w.softmax(0).T
