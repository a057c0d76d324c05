"""The least cone over the points of q, from dual variables."""


def line_duality(p, q, x):
    slopes = -np.sign(np.cumsum(np.asarray(p - q)))[:-1]
    f = np.concatenate([[1.0], 1.0 + np.cumsum(slopes * np.diff(np.asarray(x)))])
    return float((np.asarray(p - q) * f).sum()), torch.from_numpy(f)
