"""One covariance for all components.

Caught by: covariances
"""

def m_step(X, R):
    share = R.sum(0)
    mean = R.T @ X / share[:, None]
    off = X - mean[:, None]
    cov = ((R.T[:, :, None] * off).mT @ off).sum(0) / len(X)
    return share / len(X), mean, cov.repeat(len(share), 1, 1)
