"""The covariances are divided by N instead of the component's share.

Caught by: covariances
"""

def m_step(X, R):
    share = R.sum(0)
    mean = R.T @ X / share[:, None]
    off = X - mean[:, None]
    cov = (R.T[:, :, None] * off).mT @ off / len(X)
    return share / len(X), mean, cov
