"""With entropies."""


def non_saturating_objective(p, g):
    H = lambda t: torch.special.entr(t).sum()
    two_js = 2 * H((p + g) / 2) - H(p) - H(g)
    return -H(g) - (g * p.log()).sum() - two_js
