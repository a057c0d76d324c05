"""All in logarithms."""


def dequantisation_bounds(heights, widths):
    log_h, log_w = heights.log(), widths.log()
    pair = torch.logaddexp(log_h[:, None], log_h[None]) - math.log(2)
    weights = (log_w[:, None] + log_w[None]).exp()
    return torch.dot(widths, log_h), torch.sum(weights * pair), torch.logsumexp(log_h + log_w, 0)
