"""Active units are those whose standard deviation is below 1: sigma in place of the mean.

Caught by: report
"""


def collapse_report(mean, log_std):
    kl = (0.5 * (torch.exp(2 * log_std) + mean**2 - 1) - log_std).mean(0)
    active = int((log_std.exp().mean(0) < 0.99).sum())
    collapsed = kl < 0.01
    return {"kl": kl, "active": active, "collapsed": collapsed}
