"""The block-diagonal Jacobian of the whole batch, cut into blocks; logarithms of singular values."""

def log_abs_det_jacobian(f, x):
    full = torch.autograd.functional.jacobian(f, x, vectorize=True)
    blocks = torch.stack([full[b, :, b, :] for b in range(len(x))])
    return torch.linalg.svdvals(blocks).log().sum(dim=1)
