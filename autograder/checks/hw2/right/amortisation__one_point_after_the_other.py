"""A loop over the data points, each with an optimiser of its own."""

import numpy as np


def amortisation_gap(x, encoder, log_joint, eps, steps, learning_rate):
    amortised, optimised = [], []
    means, log_stds = (part.detach() for part in encoder(x))
    for b in range(len(x)):
        point, noise = x[b : b + 1], eps[:, b : b + 1]
        mean = torch.tensor(means[b].tolist(), dtype=means.dtype, requires_grad=True)
        log_std = torch.tensor(log_stds[b].tolist(), dtype=means.dtype, requires_grad=True)

        def elbo(mean=mean, log_std=log_std, point=point, noise=noise):
            z = mean + log_std.exp() * noise
            log_q = -0.5 * ((z - mean) / log_std.exp()) ** 2 - log_std - 0.5 * math.log(2 * math.pi)
            return torch.mean(log_joint(point, z)[:, 0] - log_q.sum(-1)[:, 0])

        amortised.append(elbo().item())
        optimiser = torch.optim.Adam((mean, log_std), learning_rate)
        for _ in range(steps):
            mean.grad = log_std.grad = None
            loss = -elbo()
            loss.backward(inputs=[mean, log_std])
            optimiser.step()
        optimised.append(elbo().item())
    return np.array(amortised), np.array(optimised)
