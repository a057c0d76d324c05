"""Term by term, as tensors."""

def estimator_variances(mean, std):
    m, s = torch.tensor(mean, dtype=torch.float64), torch.tensor(std, dtype=torch.float64)
    return (2 * s) ** 2, m.pow(4) / s.pow(2) + 14 * m.square() + 15 * s.square()
