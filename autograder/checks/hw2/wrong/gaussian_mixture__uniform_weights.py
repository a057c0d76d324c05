"""m_step leaves the weights uniform: pi is not updated.

Caught by: weights_and_means
"""

def m_step(X, R):
    share = R.sum(0)
    mean = R.T @ X / share[:, None]
    off = X - mean[:, None]
    cov = (R.T[:, :, None] * off).mT @ off / share[:, None, None]
    return torch.full_like(share, 1 / len(share)), mean, cov
