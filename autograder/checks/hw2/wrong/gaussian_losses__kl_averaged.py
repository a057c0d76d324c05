"""The KL is one number: its mean.

Caught by: kl
"""

def gaussian_kl(mean1, log_std1, mean2=0.0, log_std2=0.0):
    log_std2 = torch.as_tensor(log_std2, dtype=mean1.dtype)
    return (0.5 * (torch.exp(2 * (log_std1 - log_std2)) + ((mean1 - mean2) / log_std2.exp()) ** 2 - 1) - log_std1 + log_std2).mean()
