"""The largest log weight is taken out by hand."""


def iwae_bound(log_w):
    top = log_w.max(dim=0, keepdim=True).values.detach()
    return torch.log(torch.mean(torch.exp(log_w - top), dim=0)) + top.squeeze(0)


def snis_weights(log_w):
    w = torch.exp(log_w - log_w.max(dim=0, keepdim=True).values)
    return w / w.sum(dim=0, keepdim=True)
