"""Collapsed compares the sum over the dimensions.

Caught by: report
"""


def collapse_report(mean, log_std):
    kl = (0.5 * (torch.exp(2 * log_std) + mean**2 - 1) - log_std).mean(0)
    active = active_units(mean)
    collapsed = (kl.sum() < 0.01).expand(len(kl))
    return {"kl": kl, "active": active, "collapsed": collapsed}
