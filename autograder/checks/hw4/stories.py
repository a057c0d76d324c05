"""The demo class of homework 4: who did what, and what each should lose."""

from autograder.desk.demo import EMPTY, EVERYTHING, PERFECT, Member, only, otherwise, solved_until, solved_with

AFTER_THE_FLOWS = (
    "two_sample",
    "gan",
    "generator_gradient",
    "mode_collapse",
    "avb",
    "transport",
    "wgan",
    "t2_formula",
    "t3_formula",
    "t4_formula",
    "t5_formula",
)
ADVERSARIAL_MISTAKES = (
    "surgery__marginal_reversed",
    "flow_prior__through_the_flow_forwards",
    "generator_gradient__one_minus_d",
    "transport__truncated",
    "t4_formula__w1_squared",
)
UNWRITTEN = ("avb", "wgan")
ADVERSARIAL_ALTERNATIVES = (
    "surgery__loop_over_posteriors",
    "flow_prior__plain_class",
    "two_sample__numpy",
    "gan__logsigmoid",
    "mode_collapse__numpy_loops",
    "avb__surrogate",
    "transport__repeated_samples",
    "t5_formula__loop",
)
ADVERSARIAL_FORGERIES = (
    "two_sample__forged_constants",
    "generator_gradient__forged_zeros",
    "avb__forged_untrained_critic",
)


STORIES = (
    PERFECT,
    Member("chiara-novak", "stopped where densities end", solved_until(*AFTER_THE_FLOWS), AFTER_THE_FLOWS),
    Member(
        "dilnoza-karimova",
        "five ordinary mistakes, and two exercises unwritten",
        solved_with(*ADVERSARIAL_MISTAKES, leave=UNWRITTEN),
        (
            *UNWRITTEN,
            "surgery/parts",
            "surgery/integrals",
            "flow_prior/sample",
            "generator_gradient/extremes",
            "transport/distance",
            "transport/slope",
            "t4_formula/with_noise",
        ),
    ),
    EMPTY,
    Member("hugo-mwangi", "losses of nobody, constants for all", only(*ADVERSARIAL_FORGERIES), (EVERYTHING,)),
    Member("kavya-moreau", "numpy, loops, and no helpers", otherwise(*ADVERSARIAL_ALTERNATIVES)),
)
