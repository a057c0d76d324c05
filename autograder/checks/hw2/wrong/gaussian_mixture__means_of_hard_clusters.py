"""The means are those of the points that a component wins.

Caught by: weights_and_means
"""

def m_step(X, R):
    hard = F.one_hot(R.argmax(1), R.shape[1]).to(X.dtype)
    share = R.sum(0)
    mean = hard.T @ X / hard.sum(0).clamp(min=1)[:, None]
    off = X - mean[:, None]
    cov = (R.T[:, :, None] * off).mT @ off / share[:, None, None]
    return share / len(X), mean, cov
