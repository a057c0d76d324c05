"""Hidden checks of hw1/t3_formula: the number of paths from every input to every output of a MADE.

Oracle   the paths themselves, walked one by one from degree to degree; no mask and no matrix product occurs here.
Error    exact.
Cost     0.05 s.
Rejects  every mistake in t3_formula.mistakes.md.
"""

import torch

from autograder.checking import hint, points, probe, sequence, tensor

PROMISES = {
    "path_counts": {
        "Number of paths from every input to every output of a MADE with the natural order: (D, D), in any dtype.": (
            "one_hidden_layer, several_hidden_layers"
        ),
        "Entry (i, j) counts the paths from input j to output i, both numbered from 0.": "one_hidden_layer",
        "degrees[l][u] in 1..D-1 is the degree of unit u of hidden layer l; input j has degree j + 1.": (
            "one_hidden_layer, several_hidden_layers"
        ),
        "A hidden unit reads all units of at most its own degree": "several_hidden_layers",
        "output i reads the units of the last hidden layer with a degree below i + 1.": "one_hidden_layer",
    },
}


@probe
def counts(student, cases):
    """path_counts for every (degrees, D)."""
    return [student.path_counts(degrees, D) for degrees, D in cases]


def random_degrees(D, widths, rng):
    """Degrees in 1..D-1, not in order; some unit may read nothing, which is legal."""
    return [torch.randint(1, D, (width,), generator=rng).tolist() for width in widths]


def walk(degrees, D):
    """Paths from input j to output i, one at a time: (D, D)."""
    ends = torch.zeros(D, D, dtype=torch.float64)

    def step(j, degree, layers):
        if not layers:
            for i in range(D):
                if i + 1 > degree:
                    ends[i, j] += 1
            return
        for unit in layers[0]:
            if unit >= degree:
                step(j, unit, layers[1:])

    for j in range(D):
        step(j, j + 1, degrees)
    return ends


def judge(grade, shapes):
    cases = [(random_degrees(D, widths, grade.rng), D) for D, widths in shapes]
    answers = sequence(grade.submission(counts, cases), len(cases), "the list of path counts")
    for answer, (degrees, D) in zip(answers, cases, strict=True):
        paths, expected = tensor(answer, (D, D), "the result of path_counts"), walk(degrees, D)
        upper = torch.ones(D, D).triu().bool()
        assert (paths[upper] == 0).all(), "there is a path from an input to its own output or to an earlier one"
        assert ((paths > 0) == (expected > 0)).all(), "some input reaches too many outputs, or too few"
        assert torch.equal(paths, expected), "the number of paths is not right"


@points("1/2")
@hint("With one hidden layer, count for every pair the units that lie between: where may degrees be equal?")
def test_one_hidden_layer(grade):
    """With one hidden layer the number of paths is right for every pair of input and output."""
    judge(grade, [(3, [9]), (5, [12]), (6, [20])])


@points("1/2")
@hint("In which order do the masks of the layers multiply?")
def test_several_hidden_layers(grade):
    """With two and three hidden layers of different widths the number of paths is right."""
    judge(grade, [(4, [7, 5]), (5, [6, 8, 5]), (3, [4, 3, 5]), (3, [40, 35])])
