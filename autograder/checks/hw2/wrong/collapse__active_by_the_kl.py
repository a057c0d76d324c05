"""Active units are counted by their KL.

Caught by: report
"""


def collapse_report(mean, log_std):
    kl = (0.5 * (torch.exp(2 * log_std) + mean**2 - 1) - log_std).mean(0)
    active = int((kl > 0.01).sum())
    collapsed = kl < 0.01
    return {"kl": kl, "active": active, "collapsed": collapsed}
