"""pi is the sum of the responsibilities, not their mean.

Caught by: weights_and_means
"""

def m_step(X, R):
    share = R.sum(0)
    mean = R.T @ X / share[:, None]
    off = X - mean[:, None]
    cov = (R.T[:, :, None] * off).mT @ off / share[:, None, None]
    return share, mean, cov
