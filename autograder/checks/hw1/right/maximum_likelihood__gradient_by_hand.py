"""A loop over the symbols, and the gradient softmax(logits) - frequencies derived on paper."""


def nll(logits, counts):
    log_normaliser = torch.logsumexp(logits, dim=0)
    total = 0.0
    for k in range(len(counts)):
        total = total + counts[k] * (log_normaliser - logits[k])
    return total / sum(counts)


def fit_mle(counts, steps=500, learning_rate=1.0):
    frequencies = counts / counts.sum()
    logits = torch.zeros(len(counts), dtype=torch.float64)
    for _ in range(steps):
        logits -= learning_rate * (torch.softmax(logits, dim=0) - frequencies)
    return logits
