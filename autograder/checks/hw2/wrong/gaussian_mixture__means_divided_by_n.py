"""The means are divided by N instead of the component's share.

Caught by: weights_and_means
"""

def m_step(X, R):
    share = R.sum(0)
    mean = R.T @ X / len(X)
    off = X - mean[:, None]
    cov = (R.T[:, :, None] * off).mT @ off / share[:, None, None]
    return share / len(X), mean, cov
