"""The variance divides by N - 1."""


def active_units(mean, threshold=0.01):
    return (torch.var(mean, dim=0) > threshold).sum()


def collapse_report(mean, log_std):
    kl = gaussian_kl(mean, log_std).mean(0)
    return {"kl": kl, "active": active_units(mean), "collapsed": kl < 0.01}
