"""Routes of APIs and function URLs in CDK applications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signed_lambda.scan.form import Call, Member, Name
from signed_lambda.scan.infra.cdk_base import URL, Stacks
from signed_lambda.scan.infra.cdk_names import (
    camel,
)
from signed_lambda.scan.infra.model import Resource
from signed_lambda.scan.names import last_name
from signed_lambda.scan.values import (
    Frame,
    Ref,
    Str,
)

if TYPE_CHECKING:
    from signed_lambda.scan.form import Expr


_LEVELS: Final = 20

_INTEGRATIONS: Final = {"HttpLambdaIntegration": 1, "LambdaIntegration": 0}
"""Which argument is the function."""


class Apis(Stacks):
    """What leads requests to functions."""

    def function_url(self, call: Call, frame: Frame) -> None:
        """`fn.addFunctionUrl()`, `new FunctionUrl(this, "x", {function: fn})`."""
        if camel(last_name(call.func)) == "addFunctionUrl" and isinstance(call.func, Member):
            of = self._value(call.func.of, frame)
            identity: str | None = f"{self._ref_in(of)}{URL}"
        else:
            of, identity = self._prop(call, "function", frame), self._made(call, frame)
        if identity is not None and of is not None:
            self.infra.add(Resource(identity, "api", self._place(call, frame)))
            self.edge(Str((Ref(identity),)), "api", of, "function", call, frame)

    def whole_api(self, call: Call, frame: Frame) -> None:
        """An API that leads every request to one function, unless others are added."""
        identity = self._made(call, frame)
        off = self._says(call, "proxy", "false", frame)
        handlers = [] if off else self._settings(call, "handler", frame)
        for integration, where in self._settings(call, "defaultIntegration", frame):
            handlers += self._integrated(integration, where)
        for expr, where in handlers if identity is not None else ():
            self._leads(identity or "", ("ANY", "$default"), expr, where, (call, frame))

    def _integrated(self, expr: Expr, frame: Frame) -> list[tuple[Expr, Frame]]:
        """The function of `new HttpLambdaIntegration("x", fn)`, `new LambdaIntegration(fn)`."""
        if isinstance(expr, Call) and last_name(expr.func) in _INTEGRATIONS and expr.args:
            place = min(_INTEGRATIONS[last_name(expr.func)], len(expr.args) - 1)
            return [(expr.args[place], frame)]
        if isinstance(expr, Name) and expr.name in frame.function.sets:
            sets = frame.function.sets[expr.name]
            return [i for e, _ in sets if isinstance(e, Call) for i in self._integrated(e, frame)]
        return []

    def routes(self, call: Call, frame: Frame) -> None:
        """`api.addRoutes({path, methods: [HttpMethod.POST], integration})`."""
        if not isinstance(call.func, Member):
            return
        api = self._ref_in(self._value(call.func.of, frame))
        paths = self._settings(call, "path", frame)
        methods = [last_name(m) for m, _ in self._rows(self._settings(call, "methods", frame))] or [
            "ANY"
        ]
        for integration, where in self._settings(call, "integration", frame):
            for expr, at in self._integrated(integration, where):
                for path, there in paths if api else ():
                    value = self._value(path, there)
                    for method in methods if value is not None and value.literal else ():
                        route = (method, (value.literal if value else "") or "")
                        self._leads(api, route, expr, at, (call, frame))

    def method(self, call: Call, frame: Frame) -> None:
        """`api.root.addResource("jobs").addMethod("POST", new LambdaIntegration(fn))`."""
        if not isinstance(call.func, Member) or len(call.args) < 2:  # noqa: PLR2004 - and a target
            return
        path, at = "", call.func.of
        for _level in range(_LEVELS):
            if isinstance(at, Name) and at.name in frame.function.sets:
                at = frame.function.sets[at.name][0][0]
            if not isinstance(at, Call) or last_name(at.func) not in (
                "addResource",
                "add_resource",
            ):
                break
            part = self._value(at.args[0], frame) if at.args else None
            path = f"/{(part.literal if part else None) or '{unknown}'}{path}"
            at = at.func.of if isinstance(at.func, Member) else at.func
        api = self._ref_in(self._value(at, frame))
        method = self._value(call.args[0], frame)
        for expr, where in self._integrated(call.args[1], frame) if api else ():
            route = ((method.literal if method else None) or "ANY", path or "/")
            self._leads(api, route, expr, where, (call, frame))

    def _leads(
        self,
        api: str,
        route: tuple[str, str],
        function: Expr,
        where: Frame,
        at: tuple[Call, Frame],
    ) -> None:
        to = self._value(function, where)
        if to is not None:
            self.infra.route(api, *route, to, self._place(*at))
