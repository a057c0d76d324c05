"""The demo class of homework 3: who did what, and what each should lose."""

from autograder.desk.demo import EMPTY, EVERYTHING, PERFECT, Member, only, otherwise, solved_until, solved_with

AFTER_THE_COUPLING = (
    "realnvp",
    "flow_vae",
    "t3_formula",
    "dequantisation",
    "variational_dequantisation",
    "t4_formula",
    "logistic_mixture",
)
FLOW_MISTAKES = (
    "glow_conv__one_place",
    "maf__order_ignored",
    "dequantisation__levels_forgotten",
    "logistic_mixture__no_ends",
)
UNWRITTEN = ("realnvp", "flow_vae")
FLOW_ALTERNATIVES = (
    "flow__functional_loop",
    "coupling__where",
    "maf__all_coordinates_each_time",
    "dequantisation__running_sums",
)
FLOW_FORGERIES = ("flow__forged_identity", "kl_fits__forged_constants", "coupling__forged_identity")


STORIES = (
    PERFECT,
    Member("chiara-novak", "stopped after the coupling", solved_until(*AFTER_THE_COUPLING), AFTER_THE_COUPLING),
    Member(
        "dilnoza-karimova",
        "four ordinary mistakes, and no RealNVP yet",
        solved_with(*FLOW_MISTAKES, leave=UNWRITTEN),
        (
            *UNWRITTEN,
            "glow_conv/places",
            "glow_conv/slopes",
            "maf/inverse",
            "maf/passes",
            "dequantisation/to_logits",
            "logistic_mixture/masses",
            "logistic_mixture/gradient",
        ),
    ),
    EMPTY,
    Member("hugo-mwangi", "answers that fit whatever is asked", only(*FLOW_FORGERIES), (EVERYTHING,)),
    Member("kavya-moreau", "loops, NumPy, and names of his own", otherwise(*FLOW_ALTERNATIVES)),
)
