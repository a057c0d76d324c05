"""The second moment: the mean is not subtracted.

Caught by: covariances
"""

def m_step(X, R):
    share = R.sum(0)
    mean = R.T @ X / share[:, None]
    cov = torch.einsum("nk,ni,nj->kij", R, X, X) / share[:, None, None]
    return share / len(X), mean, cov
