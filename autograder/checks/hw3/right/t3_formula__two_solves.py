"""S^-2 written out."""


def flow_vae_coefficient(W, b, x):
    inverse = torch.linalg.inv(W)
    S_inverse = inverse.T @ inverse
    y = x - b
    square = torch.einsum("bi,ij,bj->b", y, S_inverse @ S_inverse, y)
    return (square - torch.diagonal(S_inverse).sum()) / 2
