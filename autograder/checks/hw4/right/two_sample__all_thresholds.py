"""A table of all thresholds."""


def two_sample_test(logit, label):
    p, q = logit[label > 0.5], logit[label < 0.5]
    if not len(p) or not len(q):
        raise ValueError("a sample is empty")
    t = torch.cat([logit, logit.min()[None] - 1])[:, None]
    accuracy = ((p > t).double().mean(1) + (q <= t).double().mean(1)) / 2
    return logit - math.log(len(p)) + math.log(len(q)), accuracy.max()
