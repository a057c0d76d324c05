"""The covariances are taken around the mean of all points, not around the component's new mean.

Caught by: covariances
"""

def m_step(X, R):
    share = R.sum(0)
    mean = R.T @ X / share[:, None]
    off = (X - X.mean(0)).expand(len(share), -1, -1)
    cov = (R.T[:, :, None] * off).mT @ off / share[:, None, None]
    return share / len(X), mean, cov
