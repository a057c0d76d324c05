"""A small multiple of the identity is added to every covariance.

Caught by: covariances
"""

def m_step(X, R):
    share = R.sum(0)
    mean = R.T @ X / share[:, None]
    off = X - mean[:, None]
    cov = (R.T[:, :, None] * off).mT @ off / share[:, None, None]
    return share / len(X), mean, cov + 1e-2 * torch.eye(X.shape[1], dtype=X.dtype)
