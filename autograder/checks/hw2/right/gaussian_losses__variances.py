"""Variances and their logarithms; numbers become tensors by arithmetic; the loss of torch with its constant."""

def gaussian_kl(mean1, log_std1, mean2=0.0, log_std2=0.0):
    var1, var2 = (2 * log_std1).exp(), (2 * (log_std2 + 0 * log_std1)).exp()
    return (torch.log(var2) - torch.log(var1) + (var1 + (mean1 - mean2).square()) / var2 - 1) / 2


def gaussian_nll(x, mean, log_std):
    x, mean, log_std = torch.broadcast_tensors(x, mean, log_std)
    return F.gaussian_nll_loss(mean, x, torch.exp(log_std) ** 2, full=True, eps=1e-12, reduction="none")
