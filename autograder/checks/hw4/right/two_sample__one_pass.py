"""One pass over the sorted logits, equal ones together."""


def two_sample_test(logit, label):
    n_p = int((label == 1).sum())
    n_q = len(label) - n_p
    if min(n_p, n_q) == 0:
        raise ValueError("nothing to compare")
    values, where = logit.unique(return_inverse=True)
    zeros = torch.zeros(len(values), dtype=torch.float64)
    below_p = zeros.index_add(0, where, (label == 1).double()).cumsum(0) / n_p
    below_q = zeros.index_add(0, where, (label == 0).double()).cumsum(0) / n_q
    gain = torch.cat([zeros[:1], below_q - below_p]).max()
    return logit - torch.log(torch.tensor(n_p / n_q, dtype=logit.dtype)), (1 + gain) / 2
