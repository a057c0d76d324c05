"""Maximum likelihood on a finite alphabet: the categorical model and its fit by gradient descent.

Source  Cover & Thomas (2006), Elements of Information Theory, section 11.2; the identity
        nll = H(empirical) + KL(empirical || model) is why maximum likelihood minimises the forward KL.
Shapes  K symbols.
Units   nats per observation.
"""

import torch
from torch import Tensor


def nll(logits: Tensor, counts: Tensor) -> Tensor:
    """Mean negative log-likelihood per observation, in nats: () from logits (K,) and counts (K,).

    The model gives symbol k the probability softmax(logits)_k. Symbol k was seen counts[k] >= 0 times (a float
    tensor), so the data set has counts.sum() > 0 observations. Large logits do no harm: adding 1000 to all of them
    changes nothing.
    """
    return -(counts * logits.log_softmax(0)).sum() / counts.sum()


def fit_mle(counts: Tensor, steps: int = 500, learning_rate: float = 1.0) -> Tensor:
    """Logits (K,) of the maximum likelihood fit to counts (K,): plain gradient descent from zero logits.

    Each of the `steps` steps subtracts learning_rate times the gradient of nll: no momentum, nothing adaptive. The
    result carries no gradient. With the defaults, and when no symbol is rarer than one in thirty, softmax(logits) ends
    within 1e-3 of the best probabilities.
    """
    logits = torch.zeros_like(counts, requires_grad=True)
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(nll(logits, counts), logits)
        logits = (logits - learning_rate * gradient).detach().requires_grad_()
    return logits.detach()
