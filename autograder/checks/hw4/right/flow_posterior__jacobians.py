"""The determinant of the whole Jacobian, written out."""


def planar(z, u, w, b):
    n, d = z.shape
    v = u + (F.softplus(w @ u) - 1 - w @ u) * w / w.pow(2).sum()
    h = torch.tanh(z @ w + b)
    jacobian = torch.eye(d, dtype=z.dtype) + (1 - h**2)[:, None, None] * v[:, None] * w[None, :]
    return z + h[:, None] * v, torch.linalg.slogdet(jacobian)[1]


def flow_elbo(log_joint, eps, mean, log_std, layers):
    z = eps * log_std.exp() + mean
    pieces = [-0.5 * (eps * eps + math.log(2 * math.pi)).sum(1) - log_std.sum()]
    for u, w, b in layers:
        z, log_det = planar(z, u, w, b)
        pieces.append(-log_det)
    return log_joint(z) - torch.stack(pieces).sum(0)
