"""float32 inside, the cross-entropy of torch.nn.functional on a weighted data set, an optimiser of torch.optim."""


def nll(logits, counts):
    symbols = torch.arange(len(counts))
    each = F.cross_entropy(logits.float().expand(len(counts), -1), symbols, reduction="none")
    return torch.einsum("k,k->", each, counts.float() / counts.float().sum())


def fit_mle(counts, steps=500, learning_rate=1.0):
    logits = nn.Parameter(torch.zeros(len(counts)))
    optimizer = torch.optim.SGD([logits], lr=learning_rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nll(logits, counts)
        loss.backward()
        optimizer.step()
    return logits.data
