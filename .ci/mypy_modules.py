"""A plugin of mypy: what a torch module has registered under a name may be anything.

Buffers and submodules are found by `nn.Module.__getattr__`, which promises "Tensor | Module": too little to multiply by
a buffer or to call a submodule. A class could declare each of them, but what the reference solutions declare is shown
to students.
"""

from __future__ import annotations

from collections.abc import Callable

from mypy.plugin import AttributeContext, Plugin
from mypy.types import AnyType, Instance, Type, TypeOfAny, UnionType, get_proper_type

MODULE = "torch.nn.modules.module.Module"
REGISTERED = {"torch._tensor.Tensor", MODULE}


class Registered(Plugin):
    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        return _anything if fullname.rpartition(".")[0] == MODULE else None


def _anything(context: AttributeContext) -> Type:
    known = get_proper_type(context.default_attr_type)
    if isinstance(known, UnionType):
        members = [get_proper_type(item) for item in known.items]
        if {member.type.fullname for member in members if isinstance(member, Instance)} == REGISTERED:
            return AnyType(TypeOfAny.implementation_artifact)
    return context.default_attr_type


def plugin(version: str) -> type[Plugin]:
    return Registered
