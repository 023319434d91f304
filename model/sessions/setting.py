"""What the moves of the many-connection model are made from: the state, which clauses bind, and the acting server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import z3

from rfc5077.model.lasting import Binds
from rfc5077.model.proof.unbounded import Move
from rfc5077.model.sessions.rules import Act, Step, allows
from rfc5077.model.sessions.state import PICKED, Acting, Connection, Sessions, Ticket

And, If, TRUE = z3.And, z3.If, z3.BoolVal(True)
ANY = PICKED.plain
SERVERS = {False: "server", True: "second server"}
"""Both servers, each with its name in moves."""


@dataclass(frozen=True)
class Setting:
    """Of what the moves are made."""

    state: Sessions
    binds: Binds

    def acting(self, second: bool = False) -> Acting:
        """What a server goes by when it opens tickets: the second has the keys that it was handed."""
        c, k = self.state.clocks, self.state.keys
        now, newest = (c.second, k.second_has) if second else (c.server, k.newest)
        return Acting("acting", {"now": now, "newest": newest, "oldest": k.oldest})

    def sealing(self, second: bool) -> Acting:
        """What a server goes by when it seals: the newest key in use that it has."""
        k = self.state.keys
        in_use = If(k.second_has < k.newest, k.second_has, k.newest) if second else k.newest
        return Acting("sealing", self.acting(second).terms | {"newest": in_use})

    def step(self, act: Act, ticket: Ticket, connection: Connection | None = None) -> Step:
        """A step about a ticket, with the plainest of everything else."""
        state = self.state
        return Step(
            act, ticket, PICKED, state.session, self.acting(), ANY.name, ANY.extended,
            connection or state.followed, state.other(ticket),
        )  # fmt: skip

    def allows(self, step: Step) -> z3.BoolRef:
        """What the clauses that bind say of the step."""
        return allows(self.state, step, self.binds)

    def move(self, name: str, step: Step, guard: z3.BoolRef, *changes: Mapping[str, z3.ExprRef]) -> Move:
        """A move that its mechanics and the clauses permit."""
        every = {field: term for part in changes for field, term in part.items()}
        return Move(name, And(guard, self.allows(step)), every)


def earlier(setting: Setting, second: bool) -> tuple[Acting, z3.BoolRef]:
    """What the server may have gone by some time ago, and that it may."""
    then = Acting("then", {"now": ANY.then, "newest": ANY.newest_then, "oldest": ANY.oldest_then})
    now = setting.acting(second)
    return then, And(then.now <= now.now, then.newest <= now.newest, then.oldest <= now.oldest)


def resumption(setting: Setting, ticket: Ticket, acting: Acting) -> Step:
    """A server resumes by a ticket in a connection that is not followed."""
    return replace(setting.step(Act.HONOUR, ticket), acting=acting)
