"""The toy homework: one operation that SciPy does as well."""

import torch
from solutions.hw7.theory import coin_entropy

from solutions.bench.harness import Call, Operation, Work, collector

OPERATIONS: list[Operation] = []
WITHOUT_PEER = {"hw7/biased_coin": "two logarithms", "hw7/fit_coin": "a quotient"}
operation = collector(OPERATIONS)


@operation("hw7/t1_formula", "coin_entropy", "one coin")
def _(dtype: torch.dtype) -> Work:
    def scipy_entropy() -> Call:
        from scipy.stats import entropy

        return lambda: torch.tensor(entropy([0.3, 0.7]))

    return Work(lambda: torch.tensor(coin_entropy(0.3)), {"scipy": scipy_entropy})
