"""Collapsed is taken for the opposite of active.

Caught by: report
"""


def collapse_report(mean, log_std):
    kl = (0.5 * (torch.exp(2 * log_std) + mean**2 - 1) - log_std).mean(0)
    active = active_units(mean)
    collapsed = mean.var(0) <= 0.01
    return {"kl": kl, "active": active, "collapsed": collapsed}
