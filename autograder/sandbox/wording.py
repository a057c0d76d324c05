"""Python's own words about a failure, as far as a student may read them.

The text of an exception comes from the guest and could carry hidden inputs, so it is never passed on. It is held
against the sentences that Python and torch are known to say; a student reads the sentence of this list. What is not
fixed in it is one of a few types, or a word that stands on the line that is quoted beside it anyway; no numbers.
"""

from __future__ import annotations

import math
import re

TYPES = tuple("Tensor Parameter NoneType int float str list tuple dict function method ndarray".split())

_PLACES = {
    "<type>": "(" + "|".join(TYPES) + ")",
    "<word>": r"(\w{1,60})",
    "<name>": r"(?:[\w.<>]{1,200}\.)?(\w{1,60})",
    "<n>": r"-?\d{1,12}",
    "<any>": ".*",
}

# The type of the exception, what it says, and what is shown: each {} is what stood in a <type>, <word> or <name>.
_SENTENCES = (
    ("TypeError", r"'<type>' object is not callable", "'{}' object is not callable"),
    ("TypeError", r"'<type>' object is not iterable", "'{}' object is not iterable"),
    ("TypeError", r"'<type>' object is not subscriptable", "'{}' object is not subscriptable"),
    ("TypeError", r"object of type '<type>' has no len\(\)", "object of type '{}' has no len()"),
    (
        "TypeError",
        r"unsupported operand type\(s\) for <any>: '<type>' and '<type>'",
        "'{}' and '{}' cannot be combined",
    ),
    ("TypeError", r"bad operand type for unary <any>: '<type>'", "bad operand type: '{}'"),
    ("TypeError", r"<name>\(\) missing <n> required <any>", "{}() lacks an argument"),
    ("TypeError", r"<name>\(\) takes <any> but <any> given", "{}() is given too many arguments"),
    ("TypeError", r"<any> got an unexpected keyword argument '<word>'<any>", "no such keyword argument: '{}'"),
    ("TypeError", r"only integer tensors of a single element <any>", "an index must be a whole number"),
    ("AttributeError", r"'<type>' object has no attribute '<word>'<any>", "'{}' object has no attribute '{}'"),
    ("AttributeError", r"module '<any>' has no attribute '<word>'<any>", "the module has no attribute '{}'"),
    ("NameError", r"name '<word>' is not defined<any>", "name '{}' is not defined"),
    ("UnboundLocalError", r"cannot access local variable '<word>' <any>", "'{}' is used before it has a value"),
    ("IndexError", r"<any> index out of range", "index out of range"),
    ("IndexError", r"too many indices for tensor <any>", "too many indices for the tensor"),
    ("IndexError", r"index <n> is out of bounds for dimension <any>", "index out of bounds"),
    ("IndexError", r"Dimension out of range <any>", "dimension out of range"),
    ("IndexError", r"tensors used as indices must be long<any>", "tensors used as indices must hold whole numbers"),
    ("ZeroDivisionError", r"<any>division by zero", "division by zero"),
    ("RecursionError", r"maximum recursion depth exceeded<any>", "a function calls itself for ever"),
    ("ValueError", r"not enough values to unpack <any>", "not enough values to unpack"),
    ("ValueError", r"too many values to unpack <any>", "too many values to unpack"),
    ("ValueError", r"math domain error", "math domain error"),
    ("RuntimeError", r"Boolean value of Tensor with more than one value is ambiguous", "a tensor is no truth value"),
    ("RuntimeError", r"a Tensor with <n> elements cannot be converted <any>", "a tensor of many values is no number"),
    ("RuntimeError", r"mat1 and mat2 shapes cannot be multiplied <any>", "these matrices cannot be multiplied"),
    ("RuntimeError", r"mat1 and mat2 must have the same dtype<any>", "two dtypes do not fit"),
    ("RuntimeError", r"expected scalar type \w+ but found \w+", "two dtypes do not fit"),
    ("RuntimeError", r"expected m1 and m2 to have the same dtype<any>", "two dtypes do not fit"),
    ("RuntimeError", r"Index put requires the source and destination dtypes match<any>", "two dtypes do not fit"),
    ("RuntimeError", r"The size of tensor a <any> must match the size of tensor b <any>", "two sizes do not match"),
    ("RuntimeError", r"Sizes of tensors must match except in dimension <any>", "two sizes do not match"),
    ("RuntimeError", r"stack expects each tensor to be equal size<any>", "two sizes do not match"),
    ("RuntimeError", r"shape '\[<any>\]' is invalid for input of size <n>", "the shape does not hold so many numbers"),
    ("RuntimeError", r"view size is not compatible with <any>", "view needs a contiguous tensor: use reshape"),
    ("RuntimeError", r"element <n> of tensors does not require grad <any>", "there is nothing to differentiate by"),
    ("RuntimeError", r"One of the differentiated Tensors <any>", "there is nothing to differentiate by"),
    ("RuntimeError", r"Trying to backward through the graph a second time<any>", "the graph has been freed"),
    ("RuntimeError", r"grad can be implicitly created only for scalar outputs", "a gradient is that of one number"),
    ("RuntimeError", r"a leaf Variable that requires grad <any> in-place <any>", "a parameter is changed in place"),
    ("RuntimeError", r"one of the variables needed for gradient <any>", "what a gradient needs was changed in place"),
    ("RuntimeError", r"Can't call numpy\(\) on Tensor that requires grad<any>", "numpy() needs a detached tensor"),
)


def _compiled(pattern: str) -> tuple[re.Pattern[str], list[str]]:
    kinds = re.findall("<type>|<word>|<name>", pattern)
    for place, expression in _PLACES.items():
        pattern = pattern.replace(place, expression)
    return re.compile(pattern, re.DOTALL), kinds


_KNOWN = tuple((kind, *_compiled(pattern), shown) for kind, pattern, shown in _SENTENCES)


def words(kind: str, text: str, line: str) -> str:
    """The known sentence that the text of such an exception is, or "" where it is none or names what is not at hand."""
    at_hand = set(re.findall(r"\w+", line))
    for known, pattern, places, shown in _KNOWN:
        found = pattern.fullmatch(text.strip()) if known == kind else None
        if found:
            named = zip(places, found.groups(), strict=True)
            if all(place == "<type>" or word in at_hand for place, word in named):
                return shown.format(*found.groups())
    return ""


def choices(words_of_a_line: int) -> int:
    """How many different sentences a guest could have shown beside a line with so many words."""
    found = {shown: places for _, _, places, shown in _KNOWN}
    counts = {"<type>": len(TYPES), "<word>": words_of_a_line, "<name>": words_of_a_line}
    return sum(math.prod(counts[place] for place in places) for places in found.values())
