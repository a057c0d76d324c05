"""The means are unweighted.

Caught by: maximum
"""

def m_step(X, R):
    share = R.sum(0)
    mean = X.mean(0).repeat(len(share), 1)
    off = X - mean[:, None]
    cov = (R.T[:, :, None] * off).mT @ off / share[:, None, None]
    return share / len(X), mean, cov
