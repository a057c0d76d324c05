"""A walk from left to right."""


def line_duality(p, q, x):
    f, flow, w1 = [0.0], 0.0, 0.0
    for k in range(len(x) - 1):
        flow += float(p[k] - q[k])
        gap = float(x[k + 1] - x[k])
        w1 += abs(flow) * gap
        f.append(f[-1] + (-gap if flow > 0 else gap))
    return torch.tensor(w1, dtype=x.dtype), torch.tensor(f, dtype=x.dtype)
