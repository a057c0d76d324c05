"""The demo class of homework 2: who did what, and what each should lose."""

from autograder.desk.demo import EMPTY, EVERYTHING, PERFECT, Member, only, otherwise, solved_until, solved_with

AFTER_THE_LOSSES = (
    "gradient_estimators",
    "vae",
    "amortisation",
    "vae_gap",
    "collapse",
    "decoder_weakening",
    "importance_weighting",
    "change_of_variables",
    "t3_formula",
    "t4_formula",
)
LATENT_MISTAKES = (
    "gradient_estimators__score_std_forgotten",
    "decoder_weakening__clamp_of_the_total",
    "importance_weighting__mean_of_logs",
    "t4_formula__never_collapses",
)
UNWRITTEN = ("vae", "amortisation")
LATENT_ALTERNATIVES = (
    "gaussian_mixture__numpy_loops",
    "collapse__numpy",
    "vae_gap__numpy",
    "t4_formula__difference_of_logs",
)
LATENT_FORGERIES = ("vae__forged_constant_model", "amortisation__forged_constants", "collapse__forged_table")


STORIES = (
    PERFECT,
    Member("chiara-novak", "stopped after the losses", solved_until(*AFTER_THE_LOSSES), AFTER_THE_LOSSES),
    Member(
        "dilnoza-karimova",
        "four ordinary mistakes, and no VAE yet",
        solved_with(*LATENT_MISTAKES, leave=UNWRITTEN),
        (
            *UNWRITTEN,
            "gradient_estimators/score_is_unbiased",
            "gradient_estimators/jumps",
            "gradient_estimators/baseline",
            "gradient_estimators/single_draws",
            "decoder_weakening/free_bits",
            "decoder_weakening/free_bits_gradient",
            "importance_weighting/bound",
            "importance_weighting/between_elbo_and_evidence",
            "importance_weighting/any_size",
            "importance_weighting/gradient",
            "t4_formula/collapsed",
        ),
    ),
    EMPTY,
    Member("hugo-mwangi", "answers that fit whatever is asked", only(*LATENT_FORGERIES), (EVERYTHING,)),
    Member("kavya-moreau", "writes numpy and float64", otherwise(*LATENT_ALTERNATIVES)),
)
