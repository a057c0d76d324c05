"""The variance over the data of sigma, not of the mean.

Caught by: report
"""


def collapse_report(mean, log_std):
    kl = (0.5 * (torch.exp(2 * log_std) + mean**2 - 1) - log_std).mean(0)
    active = active_units(log_std.exp())
    collapsed = kl < 0.01
    return {"kl": kl, "active": active, "collapsed": collapsed}
