"""A classifier between two samples: the density ratio that it learns, and a test of whether the laws differ.

Source  Mohamed & Lakshminarayanan (2016), arXiv:1610.03483, section 3.1, for the ratio; Lopez-Paz & Oquab (2017),
        arXiv:1610.06545, section 3, for accuracy as a two-sample statistic.
Shapes  N points in all.
Units   nats for log ratios.
"""

import math

import torch
from torch import Tensor


def two_sample_test(logit: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    """What a classifier says about two samples: (log_ratio (N,), accuracy ()).

    logit (N,) is the classifier's output at N points, trained to be the log-odds of label 1; label (N,) is 1 for
    points from p and 0 for points from q. The two samples may differ in size, and the classifier was trained on them
    as they are. log_ratio estimates log p(x) - log q(x) at every point, so the odds that come from the sizes alone
    are taken out. accuracy is the best balanced accuracy of any threshold t: among all rules "p where logit > t",
    the largest mean of the share of p's points and the share of q's points that are called right. It is at least 1/2,
    and equal logits are never told apart.

    Raises ValueError when one of the two samples is empty.
    """
    of_p, of_q = logit[label == 1].sort().values, logit[label == 0].sort().values
    if len(of_p) == 0 or len(of_q) == 0:
        raise ValueError(f"both samples must have points, got {len(of_p)} from p and {len(of_q)} from q")
    thresholds = torch.cat([of_p, of_q])
    below_p, below_q = (  # the shares that "p where logit > t" calls q
        torch.searchsorted(sample, thresholds, right=True).to(logit.dtype) / len(sample) for sample in (of_p, of_q)
    )
    accuracy = 0.5 + 0.5 * (below_q - below_p).max().clamp(min=0)
    return logit - math.log(len(of_p) / len(of_q)), accuracy
