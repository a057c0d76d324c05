"""The triangular solve uses the transposed Cholesky factor.

Caught by: e_step
"""

def e_step(X, pi, mean, cov):
    root = torch.linalg.cholesky(cov)
    white = torch.linalg.solve_triangular(root.mT, (X - mean[:, None]).mT, upper=True)
    half = root.diagonal(dim1=1, dim2=2).log().sum(1)
    return (pi.log() - half - 0.5 * white.square().sum(1).T).softmax(1)
