"""Collapsed looks at the means only.

Caught by: report
"""


def collapse_report(mean, log_std):
    kl = (0.5 * (torch.exp(2 * log_std) + mean**2 - 1) - log_std).mean(0)
    active = active_units(mean)
    collapsed = (mean**2).mean(0) < 0.02
    return {"kl": kl, "active": active, "collapsed": collapsed}
