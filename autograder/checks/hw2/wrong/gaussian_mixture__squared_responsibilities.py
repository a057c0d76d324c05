"""The responsibilities multiply both factors of the outer product.

Caught by: covariances
"""

def m_step(X, R):
    share = R.sum(0)
    mean = R.T @ X / share[:, None]
    off = R.T[:, :, None] * (X - mean[:, None])
    return share / len(X), mean, off.mT @ off / share[:, None, None]
