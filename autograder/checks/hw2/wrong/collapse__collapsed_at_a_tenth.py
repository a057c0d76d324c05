"""Collapsed uses 0.1 nats.

Caught by: report
"""


def collapse_report(mean, log_std):
    kl = (0.5 * (torch.exp(2 * log_std) + mean**2 - 1) - log_std).mean(0)
    active = active_units(mean)
    collapsed = kl < 0.1
    return {"kl": kl, "active": active, "collapsed": collapsed}
