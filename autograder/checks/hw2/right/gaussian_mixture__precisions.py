"""Precision matrices and `logdet`, one component at a time; the E-step also gives the likelihood; a recursion."""

def scores(X, pi, mean, cov):
    columns = []
    for p, m, c in zip(pi, mean, cov):
        off = X - m
        columns.append(torch.log(p) - 0.5 * ((off @ c.inverse()) * off).sum(1) - 0.5 * torch.logdet(2 * torch.pi * c))
    return torch.stack(columns, dim=1)


def e_step(X, pi, mean, cov):
    return torch.exp(F.log_softmax(scores(X, pi, mean, cov), dim=1))


def m_step(X, R):
    N_k = R.sum(dim=0)
    mean = torch.stack([(r[:, None] * X).sum(0) / n for r, n in zip(R.T, N_k)])
    cov = torch.stack([(X - m).T @ torch.diag(r) @ (X - m) / n for r, m, n in zip(R.T, mean, N_k)])
    return N_k / N_k.sum(), mean, cov


def em(X, pi, mean, cov, steps):
    here = torch.logsumexp(scores(X, pi, mean, cov), dim=1).mean().reshape(1)
    if steps == 0:
        return pi, mean, cov, here
    *found, later = em(X, *m_step(X, e_step(X, pi, mean, cov)), steps - 1)
    return *found, torch.cat([here, later])
