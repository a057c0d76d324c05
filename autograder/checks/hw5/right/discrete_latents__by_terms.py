"""log p(x, z) - log q(z | x), averaged over the codes, with digits in base K."""

import math

import torch


def categorical_kl(logits):
    log_q = logits - torch.logsumexp(logits, dim=-1, keepdim=True)
    terms = torch.exp(log_q) * (log_q + math.log(logits.size(-1)))
    return torch.sum(terms, dim=(1, 2))


def exact_elbo(logits, log_likelihood):
    B, N, K = logits.shape
    numbers = torch.arange(K**N)
    z = torch.stack([(numbers // K ** (N - 1 - n)) % K for n in range(N)], dim=1)
    log_q = torch.log_softmax(logits, -1)
    log_qz = sum(log_q[:, n, z[:, n]] for n in range(N))
    log_joint = log_likelihood(z).T - N * math.log(K)
    return torch.sum(log_qz.exp() * (log_joint - log_qz), dim=1)
