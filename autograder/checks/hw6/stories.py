"""The demo class of homework 6: who did what, and what each should lose."""

from autograder.desk.demo import EMPTY, EVERYTHING, PERFECT, Member, only, otherwise, solved_until, solved_with

AFTER_THE_FLOWS = (
    "fokker_planck",
    "score_matching",
    "ncsn",
    "forward_diffusion",
    "diffusion_elbo",
    "ddpm",
    "t2_formula",
    "t3_formula",
    "t4_formula",
)
CONTINUOUS_MISTAKES = (
    "sde__without_half",
    "fokker_planck__half_missing",
    "score_matching__target_sign",
    "t2_formula__half_for_quarter",
)
UNWRITTEN = ("cnf", "diffusion_elbo")
CONTINUOUS_ALTERNATIVES = (
    "ode__butcher_tableaux",
    "divergence__torch_func",
    "ncsn__rows_in_a_loop",
    "forward_diffusion__precisions",
    "t3_formula__quadrature",
)
CONTINUOUS_FORGERIES = ("ode__stands_still", "fokker_planck__zero", "ncsn__forged_constants")

STORIES = (
    PERFECT,
    Member("chiara-novak", "stopped after the flows", solved_until(*AFTER_THE_FLOWS), AFTER_THE_FLOWS),
    Member(
        "dilnoza-karimova",
        "four ordinary mistakes, and two exercises not tried",
        solved_with(*CONTINUOUS_MISTAKES, leave=UNWRITTEN),
        (
            *UNWRITTEN,
            "sde/langevin_steps",
            "sde/langevin_at_rest",
            "fokker_planck/terms",
            "fokker_planck/solution",
            "fokker_planck/no_grad",
            "score_matching/denoising",
            "score_matching/gradients",
            "t2_formula",
        ),
    ),
    EMPTY,
    Member("hugo-mwangi", "zeros, constants and a state that never moves", only(*CONTINUOUS_FORGERIES), (EVERYTHING,)),
    Member("kavya-moreau", "writes tables, loops and numpy", otherwise(*CONTINUOUS_ALTERNATIVES)),
)
