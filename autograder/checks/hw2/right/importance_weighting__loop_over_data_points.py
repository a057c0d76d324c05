"""A loop over data points; the weights as the gradient of the bound."""


def iwae_bound(log_w):
    K = torch.tensor(log_w.shape[0], dtype=log_w.dtype)
    return torch.stack([torch.logsumexp(column - torch.log(K), dim=0) for column in log_w.unbind(1)])


def snis_weights(log_w):
    leaf = log_w.detach().clone().requires_grad_()
    return torch.autograd.grad(iwae_bound(leaf).sum(), leaf)[0].numpy()
