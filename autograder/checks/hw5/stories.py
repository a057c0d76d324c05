"""The demo class of homework 5: who did what, and what each should lose."""

from autograder.desk.demo import EMPTY, EVERYTHING, PERFECT, Member, only, otherwise, solved_until, solved_with

CODES = ("discrete_latents", "vector_quantize", "vqvae", "code_prior", "gumbel_softmax", "t4_formula")
ORDINARY_MISTAKES = (
    "f_gan__pearson_everywhere",
    "scores__product_of_roots",
    "precision_recall__self_is_a_neighbour",
    "vector_quantize__commitment_moves_both",
)
FORGERIES = ("scores__forged_constants", "precision_recall__forged_constants", "vector_quantize__forged_zeros")
ALTERNATIVES = (
    "gradient_penalty__one_pair_at_a_time",
    "scores__numpy",
    "precision_recall__loops",
    "t2_formula__match",
)

STORIES = (
    PERFECT,
    Member("chiara-novak", "stopped before the codes", solved_until(*CODES), CODES),
    Member(
        "dilnoza-karimova",
        "four ordinary mistakes, one of which the VQ-VAE builds on",
        solved_with(*ORDINARY_MISTAKES),
        (
            "f_gan/conjugates",
            "f_gan/bound",
            "f_gan/large_outputs",
            "scores/distance",
            "scores/fid",
            "scores/few_samples",
            "precision_recall/precision",
            "precision_recall/recall",
            "precision_recall/edges",
            "vector_quantize/commitment_gradient",
        ),
    ),
    EMPTY,
    Member("hugo-mwangi", "answers that fit whatever is asked", only(*FORGERIES), (EVERYTHING,)),
    Member("kavya-moreau", "writes loops and NumPy", otherwise(*ALTERNATIVES)),
)
