"""NumPy inside; variance by moments; Python lists come back."""

import numpy as np


def active_units(mean, threshold=0.01):
    mean = np.asarray(mean)
    variance = (mean**2).mean(axis=0) - mean.mean(axis=0) ** 2
    return np.count_nonzero(variance > threshold)


def collapse_report(mean, log_std):
    variance = np.exp(2 * log_std.numpy())
    kl = (variance + mean.numpy() ** 2 - 1 - np.log(variance)).mean(axis=0) / 2
    return {"kl": kl.tolist(), "active": int(active_units(mean)), "collapsed": [bool(value < 0.01) for value in kl]}
