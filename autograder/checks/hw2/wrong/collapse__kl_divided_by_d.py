"""The KL is divided by the number of dimensions.

Caught by: kl
"""


def collapse_report(mean, log_std):
    kl = (0.5 * (torch.exp(2 * log_std) + mean**2 - 1) - log_std).mean(0) / mean.shape[1]
    active = active_units(mean)
    collapsed = kl < 0.01
    return {"kl": kl, "active": active, "collapsed": collapsed}
