"""The covariances are divided by the share minus 1: unbiased, not maximum likelihood.

Caught by: covariances
"""

def m_step(X, R):
    share = R.sum(0)
    mean = R.T @ X / share[:, None]
    off = X - mean[:, None]
    cov = (R.T[:, :, None] * off).mT @ off / (share - 1)[:, None, None]
    return share / len(X), mean, cov
