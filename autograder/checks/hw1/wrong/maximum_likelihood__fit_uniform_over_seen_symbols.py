"""fit_mle forgets how often each symbol was seen.

Caught by: fit_reaches_the_frequencies
"""


def fit_mle(counts, steps=500, learning_rate=1.0):
    logits = torch.zeros_like(counts, requires_grad=True)
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(nll(logits, (counts > 0).to(counts)), logits)
        logits = (logits - learning_rate * gradient).detach().requires_grad_()
    return logits.detach()
