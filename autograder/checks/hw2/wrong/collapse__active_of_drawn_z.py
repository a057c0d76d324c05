"""Active units are counted on drawn z, whose noise varies in any case.

Caught by: report
"""


def collapse_report(mean, log_std):
    kl = (0.5 * (torch.exp(2 * log_std) + mean**2 - 1) - log_std).mean(0)
    active = active_units(mean + log_std.exp() * torch.randn_like(mean))
    collapsed = kl < 0.01
    return {"kl": kl, "active": active, "collapsed": collapsed}
