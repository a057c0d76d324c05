"""Running log-add-exp over the draws; log-softmax for the weights."""


def iwae_bound(log_w):
    total = log_w[0]
    for row in log_w[1:]:
        total = torch.logaddexp(total, row)
    return total - math.log(log_w.size(0))


def snis_weights(log_w):
    return torch.exp(F.log_softmax(log_w.T, dim=-1)).T
