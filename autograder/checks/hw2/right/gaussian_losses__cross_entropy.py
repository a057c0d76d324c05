"""KL as cross-entropy minus entropy; the density is written out and its logarithm taken last."""

def gaussian_nll(x, mean, log_std):
    std = torch.exp(log_std)
    squared = torch.pow(x - mean, 2) / (2 * std * std)
    return squared + torch.log(std * math.sqrt(2 * math.pi))


def gaussian_kl(mean1, log_std1, mean2=0.0, log_std2=0.0):
    mean2, log_std2 = mean2 + 0 * mean1, log_std2 + 0 * mean1
    entropy = log_std1 + 0.5 * math.log(2 * math.pi * math.e)
    cross_entropy = gaussian_nll(mean1, mean2, log_std2) + 0.5 * torch.exp(2 * log_std1 - 2 * log_std2)
    return cross_entropy - entropy
