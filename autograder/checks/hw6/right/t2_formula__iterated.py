"""The recursion until it stands still; a tensor comes back."""


def langevin_variance(variance, step_size):
    v = torch.tensor(float(variance), dtype=torch.float64)
    for _ in range(5000):
        v = (1 - step_size / (2 * variance)) ** 2 * v + step_size
    return v
