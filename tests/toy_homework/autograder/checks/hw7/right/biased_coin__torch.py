def coin_nll(p, heads, tails):
    sides = torch.tensor([p, 1 - p], dtype=torch.float64).log()
    return -(sides * torch.tensor([heads, tails])).sum()
