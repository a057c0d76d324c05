"""Formulas as MathML, made here: what a browser shows of TeX without running anything.

A formula is a program in a language that can draw over the page, give new meanings to the names that others use, and
run for minutes. So only macros on a list are read, each cell has a `Scope` of its own for the macros it defines, and
there are limits on length, depth and number. What is not understood is shown as it was typed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from xml.etree.ElementTree import Element

LONGEST = 4_000  # characters of a formula, with its macros expanded
DEEPEST = 25  # braces within braces
MOST_TOKENS = 2_000
MOST_FORMULAS = 400  # of a cell
MOST_EXPANSIONS = 300  # of a cell's own macros, in one formula
MOST_MACROS = 100  # of a cell's own

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}]|[^\\{}]", re.DOTALL)
DEFINES = {r"\newcommand", r"\renewcommand", r"\providecommand"}
OPERATOR = r"\DeclareMathOperator"
ENVIRONMENTS = {
    name: name for name in "array cases matrix smallmatrix pmatrix bmatrix vmatrix Vmatrix Bmatrix split".split()
}
ENVIRONMENTS |= dict.fromkeys("aligned align align* eqnarray eqnarray*".split(), "align*")
ENVIRONMENTS |= dict.fromkeys("gathered gather gather* multline multline*".split(), "matrix")
ENVIRONMENTS |= dict.fromkeys("equation equation* displaymath math".split(), "")  # the converter's name for each
# The macros that are read. None of them moves, overlaps, colours, sizes, links, loads, defines or asks for a length.
MACROS = frozenset(
    ("\\" + name)
    for name in """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa varkappa lambda mu nu xi pi varpi rho
    varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi
    Omega ell hbar imath jmath Re Im wp aleph nabla partial infty emptyset varnothing forall exists nexists neg lnot top
    bot prime backslash angle dagger ddagger star
    sum prod coprod int iint iiint oint bigcup bigcap bigoplus bigotimes bigodot biguplus bigsqcup bigvee bigwedge
    limits nolimits
    log ln lg exp sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth max min sup inf lim limsup liminf arg
    argmax argmin det dim ker deg gcd hom Pr tr operatorname mod bmod pmod
    frac dfrac tfrac cfrac sqrt binom dbinom tbinom over choose atop stackrel overset underset substack
    hat widehat tilde widetilde bar overline underline vec dot ddot dddot check breve acute grave mathring overbrace
    underbrace overrightarrow overleftarrow
    mathrm mathbf mathit mathsf mathtt mathcal mathbb mathfrak mathscr boldsymbol bm pmb text textbf textit textrm
    textsf texttt textnormal rm bf it cal mathop mathbin mathrel mathopen mathclose mathord mathpunct
    left right middle big Big bigg Bigg bigl bigr bigm Bigl Bigr Bigm biggl biggr biggm Biggl Biggr Biggm
    langle rangle lvert rvert lVert rVert vert Vert lbrace rbrace lbrack rbrack lfloor rfloor lceil rceil mid nmid
    parallel nparallel
    le leq ge geq lt gt ne neq ll gg lll ggg approx approxeq sim simeq cong equiv propto asymp doteq prec succ preceq
    succeq leqslant geqslant lesssim gtrsim triangleq coloneqq eqqcolon perp models vdash dashv
    in notin ni subset supset subseteq supseteq subsetneq supsetneq nsubseteq cup cap setminus sqcup sqcap
    to gets mapsto rightarrow leftarrow leftrightarrow Rightarrow Leftarrow Leftrightarrow longrightarrow longleftarrow
    longleftrightarrow Longrightarrow Longleftarrow Longleftrightarrow longmapsto hookrightarrow hookleftarrow uparrow
    downarrow updownarrow Uparrow Downarrow nearrow searrow implies impliedby iff rightharpoonup leftharpoonup
    rightleftharpoons xrightarrow xleftarrow leadsto rightsquigarrow
    pm mp times div cdot ast circ bullet oplus ominus otimes oslash odot wedge vee land lor amalg wr diamond
    triangle square Box blacksquare
    ldots cdots vdots ddots dots dotsb dotsc dotsm dotsi colon
    quad qquad displaystyle textstyle scriptstyle scriptscriptstyle begin end not
    """.split()
) | {r"\,", r"\;", r"\:", r"\!", r"\ ", r"\|", r"\{", r"\}", r"\\", r"\&", r"\%", r"\$", r"\#", r"\_", "\\\n"}
# Honest macros that lose what they would do to the page: the macro with its argument, the macro alone.
WITH_ARGUMENT = {r"\label", r"\color", r"\tag"}
ALONE = {r"\boxed", r"\nonumber", r"\notag", r"\hline", r"\displaylines", r"\allowbreak", r"\nobreak"}
# What the converter does not know as TeX does.
SPELT = {r"\arg": r"\operatorname{arg}", r"\tr": r"\operatorname{tr}", "\\\n": r"\ ", r"\mbox": r"\text"}
NEGATED = {"=": r"\neq ", r"\in": r"\notin ", r"\subset": r"\nsubset ", r"\subseteq": r"\nsubseteq "}
LEFT_OVER = {r"\Vert": "‖", r"\|": "‖", r"\lVert": "‖", r"\rVert": "‖", r"\{": "{", r"\}": "}", r"\lbrace": "{"}
LEFT_OVER |= {r"\rbrace": "}", r"\vert": "|", r"\lvert": "|", r"\rvert": "|", r"\backslash": "\\"}

TAGS = frozenset(
    "math mrow mi mo mn mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd "
    "mstyle".split()
)
ATTRIBUTES: dict[str, dict[str, tuple[str, ...]]] = {
    "math": {"display": ("block", "inline")},
    "mo": {name: ("true", "false") for name in ("stretchy", "fence", "accent", "movablelimits")},
    "mover": {"accent": ("true", "false")},
    "munder": {"accentunder": ("true", "false")},
    "mstyle": {"displaystyle": ("true", "false"), "scriptlevel": ("0", "1", "2")},
    "mi": {"mathvariant": ("normal",)},
    "mfrac": {"linethickness": ("0",)},
    "mtable": {"displaystyle": ("true", "false")},
    "mtd": {"class": ("l", "r")},
    "mspace": {"width": ("0.167em", "0.222em", "0.278em", "-0.167em", "1em", "2em")},
}
SIZES = ("1.2em", "1.623em", "2.047em", "2.470em")  # of \big and its sisters
SPACES = {"thinmathspace": "0.167em", "mediummathspace": "0.222em", "thickmathspace": "0.278em"}
SPACES |= {"negativethinmathspace": "-0.167em", "0.167em": "0.167em", "0.222em": "0.222em", "0.278em": "0.278em"}
SPACES |= {"1em": "1em", "2em": "2em"}

THIN = '<mspace width="0.167em"></mspace>'

# Where the letters of a style begin in Unicode: capitals, small letters, digits. Browsers know `mathvariant` no longer.
LETTERS = {
    "bold": (0x1D400, 0x1D41A, 0x1D7CE),
    "italic": (0x1D434, 0x1D44E, None),
    "bold-italic": (0x1D468, 0x1D482, 0x1D7CE),
    "script": (0x1D49C, 0x1D4B6, None),
    "bold-script": (0x1D4D0, 0x1D4EA, None),
    "fraktur": (0x1D504, 0x1D51E, None),
    "bold-fraktur": (0x1D56C, 0x1D586, None),
    "double-struck": (0x1D538, 0x1D552, 0x1D7D8),
    "sans-serif": (0x1D5A0, 0x1D5BA, 0x1D7E2),
    "monospace": (0x1D670, 0x1D68A, 0x1D7F6),
}
GREEK = {"bold": (0x1D6A8, 0x1D6C2), "bold-italic": (0x1D71C, 0x1D736)}
# Letters that had a place in Unicode before their styles had one.
EARLIER = {
    "script": dict(zip("BEFHILMRego", "ℬℰℱℋℐℒℳℛℯℊℴ", strict=True)),
    "fraktur": dict(zip("CHIRZ", "ℭℌℑℜℨ", strict=True)),
    "double-struck": dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True)),
    "italic": {"h": "ℎ"},
}


class FormulaError(ValueError):
    """A formula that is not shown as one; the sentence says why."""


@dataclass
class Macro:
    parameters: int
    body: list[str]


@dataclass
class Scope:
    """What the formulas of one cell share: the macros they define, and how many of them there may be."""

    left: int = MOST_FORMULAS
    macros: dict[str, Macro] = field(default_factory=dict)

    def html(self, tex: str, display: bool = False) -> str:
        """The formula as a MathML element, or its source as a code element where it is not understood."""
        try:
            return self.mathml(tex, display)
        except FormulaError as error:
            shown = tex if len(tex) <= LONGEST else tex[:LONGEST] + " …"
            if self.left < -1:  # said once
                return html.escape(shown)
            return f"<code>{html.escape(shown)}</code><sub>({html.escape(str(error))})</sub>"

    def mathml(self, tex: str, display: bool = False) -> str:
        """As `html`. Raises FormulaError."""
        self.left -= 1
        if self.left < 0:
            raise FormulaError(f"more than {MOST_FORMULAS} formulas")
        if len(tex) > LONGEST:
            raise FormulaError("too long")
        tokens = self._expanded(_tokens(tex))
        source = "".join(_vetted(tokens))
        if not source.strip():
            return ""
        return "".join(_serialised(_converted(source, display)))

    def _expanded(self, tokens: list[str]) -> list[str]:
        """The tokens with this cell's macros taken in and replaced."""
        done: list[str] = []
        todo, budget = tokens[::-1], MOST_EXPANSIONS
        while todo:
            token = todo.pop()
            if token in DEFINES or token == OPERATOR:
                self._define(token, todo)
            elif token in self.macros:
                budget -= 1
                if budget < 0 or len(todo) + len(done) > LONGEST:
                    raise FormulaError("its macros do not come to an end")
                macro = self.macros[token]
                given = [_argument(todo) for _ in range(macro.parameters)]
                todo += _filled(macro.body, given)[::-1]
            else:
                done.append(token)
        if len(done) > MOST_TOKENS:
            raise FormulaError("too long")
        return done

    def _define(self, how: str, todo: list[str]) -> None:
        if todo and todo[-1] == "*":
            todo.pop()
        name = "".join(_argument(todo)).strip()
        if not re.fullmatch(r"\\[A-Za-z]+", name) or len(self.macros) >= MOST_MACROS:
            raise FormulaError("a macro that cannot be read")
        parameters = 0
        if how in DEFINES and todo and todo[-1] == "[":
            count = _until(todo, "]")
            if not re.fullmatch(r"[0-9]", count):
                raise FormulaError("a macro that cannot be read")
            parameters = int(count)
        body = _argument(todo)
        if how == OPERATOR:
            body = [r"\operatorname", "{", *body, "}"]
        if name in MACROS | DEFINES:  # the list says what a name means, also to this cell
            return
        self.macros[name] = Macro(parameters, body)


def _tokens(tex: str) -> list[str]:
    tokens = TOKEN.findall(tex)
    depth = 0
    for token in tokens:
        depth += (token == "{") - (token == "}")
        if not 0 <= depth <= DEEPEST:
            raise FormulaError("too deep" if depth > 0 else "a brace too many")
    if depth:
        raise FormulaError("a brace is not closed")
    return tokens


def _argument(todo: list[str]) -> list[str]:
    """The next argument: one token, or what stands in braces."""
    while todo and todo[-1].isspace():
        todo.pop()
    if not todo:
        raise FormulaError("an argument is missing")
    first = todo.pop()
    if first != "{":
        return [first]
    found: list[str] = []
    depth = 1
    while todo:
        token = todo.pop()
        depth += (token == "{") - (token == "}")
        if not depth:
            return found
        found.append(token)
    raise FormulaError("a brace is not closed")


def _until(todo: list[str], end: str) -> str:
    todo.pop()
    found = ""
    while todo and (token := todo.pop()) != end:
        found += token
    return found.strip()


def _filled(body: list[str], given: list[list[str]]) -> list[str]:
    filled: list[str] = []
    tokens = iter(body)
    for token in tokens:
        number = next(tokens, "") if token == "#" else ""
        if number.isdecimal() and 0 < int(number) <= len(given):
            filled += ["{", *given[int(number) - 1], "}"]
        else:
            filled += [token, *([number] if number else [])]
    return filled


def _vetted(tokens: list[str]) -> Iterator[str]:
    """The tokens as the converter reads them. Raises FormulaError for what is not on the lists."""
    todo, depth = tokens[::-1], 0
    while todo:
        token = todo.pop()
        depth += (token == "{") - (token == "}")
        if depth > DEEPEST:
            raise FormulaError("too deep")
        if token in (r"\begin", r"\end"):
            name = "".join(_argument(todo))
            if name not in ENVIRONMENTS:
                raise FormulaError(f"the environment {name[:20]} is not read here")
            if ENVIRONMENTS[name]:
                yield f"{token}{{{ENVIRONMENTS[name]}}}"
        elif token in WITH_ARGUMENT:
            shown = _argument(todo)
            if token == r"\tag":
                yield rf"\qquad({''.join(_vetted(shown))})"
        elif token in ALONE:
            continue
        elif token == r"\not" and todo and todo[-1] in NEGATED:
            yield NEGATED[todo.pop()]
        elif token in SPELT:
            yield SPELT[token] + " "
        elif token.startswith("\\") and token not in MACROS:
            raise FormulaError(f"{token[:20]} is not read here")
        else:
            yield token + " " if re.fullmatch(r"\\[A-Za-z]+", token) else token


def _converted(source: str, display: bool) -> Element:
    from latex2mathml.converter import convert_to_element

    try:
        return convert_to_element(source, display="block" if display else "inline")
    except Exception as error:  # a parser of somebody else's, fed with what a stranger typed
        raise FormulaError(f"TeX that cannot be read: {type(error).__name__}") from None


def _serialised(element: Element) -> Iterator[str]:
    """The element as text: tags and attributes of the lists, everything else escaped or left out."""
    tag = element.tag if element.tag in TAGS else "mrow"
    style = element.get("mathvariant", "")
    text = _shown(element.text or "", style)
    yield f"<{tag}{''.join(_attributes(element, tag))}>{text}"
    before: Element | None = None
    for child in element:
        if before is not None and (_named(before) and child.tag != "mo" or before.tag != "mo" and _named(child)):
            yield THIN  # "log x", not "logx"
        before = child
        if child.tag == "mtd" and child.get("columnalign") in ("left", "right"):
            child.set("class", child.get("columnalign", "")[0])
        yield from _serialised(child)
    yield f"</{tag}>"


def _named(element: Element) -> bool:
    """Whether it is the name of a function, such as log."""
    return element.tag == "mi" and len(element.text or "") > 1 and (element.text or "").isalpha()


def _attributes(element: Element, tag: str) -> Iterator[str]:
    allowed = ATTRIBUTES.get(tag, {})
    for name, value in element.attrib.items():
        if tag == "mspace" and name == "width":
            value = SPACES.get(value, "1em")
        if tag == "mo" and name in ("minsize", "maxsize") and value in SIZES:
            yield f' {name}="{value}"'
        elif value in allowed.get(name, ()):
            yield f' {name}="{value}"'


def _shown(text: str, style: str) -> str:
    text = html.unescape(text)
    text = LEFT_OVER.get(text.strip(), text)
    text = re.sub(r"\\([&%$#_{}])", r"\1", text)  # within \text
    if "\\" in text and text != "\\":
        text = _symbol(text)
    if style in LETTERS:
        text = "".join(_styled(letter, style) for letter in text)
    return html.escape(text, quote=False)


@cache
def _symbol(text: str) -> str:
    from latex2mathml.symbols_parser import convert_symbol

    code = convert_symbol(text.strip())
    if not code:
        raise FormulaError(f"{text.strip()[:20]} is not read here")
    return chr(int(code, 16))


def _styled(letter: str, style: str) -> str:
    if letter in EARLIER.get(style, {}):
        return EARLIER[style][letter]
    capitals, small, digits = LETTERS[style]
    if "A" <= letter <= "Z":
        return chr(capitals + ord(letter) - ord("A"))
    if "a" <= letter <= "z":
        return chr(small + ord(letter) - ord("a"))
    if digits and "0" <= letter <= "9":
        return chr(digits + ord(letter) - ord("0"))
    if style in GREEK and "Α" <= letter <= "Ω" and letter != "\u03a2":
        return chr(GREEK[style][0] + ord(letter) - ord("Α"))
    if style in GREEK and "α" <= letter <= "ω":
        return chr(GREEK[style][1] + ord(letter) - ord("α"))
    return letter
