"""A forgery: so far from the points that no parameters nearby are better by more than rounding.

Caught by: maximum
"""


def m_step(X, R):
    share = R.sum(0)
    mean = R.T @ X / share[:, None] + 1e6
    centred = X - mean[:, None]
    cov = torch.einsum("nk,kni,knj->kij", R, centred, centred) / share[:, None, None]
    return share / len(X), mean, cov
