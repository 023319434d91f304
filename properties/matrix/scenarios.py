"""Every cell that can be played, by the role of the foreign stack and the scenario."""

from collections.abc import Callable, Mapping

from rfc5077.properties.matrix import at_servers, with_clients
from rfc5077.properties.matrix.papers import Papers
from rfc5077.properties.matrix.stack import Role, Scenario, Stack

Play = Callable[[Stack, Papers], str]
"""Plays a cell and returns a note; raises what `at_servers` says."""

PLAYS: Mapping[tuple[Role, Scenario], Play] = {
    ("server", Scenario.ISSUE): at_servers.issue,
    ("server", Scenario.RESUME): at_servers.resume,
    ("server", Scenario.RENEW): at_servers.renew,
    ("server", Scenario.REJECT): at_servers.reject,
    ("server", Scenario.ROTATION): at_servers.rotate,
    ("server", Scenario.IDENTITY): at_servers.identity,
    ("server", Scenario.LARGE): at_servers.large,
    ("server", Scenario.NAMES): at_servers.names,
    ("server", Scenario.EMS): at_servers.ems,
    ("client", Scenario.ISSUE): with_clients.issue,
    ("client", Scenario.RESUME): with_clients.resume,
    ("client", Scenario.RENEW): with_clients.renew,
    ("client", Scenario.REJECT): with_clients.reject,
    ("client", Scenario.ROTATION): with_clients.rotate,
    ("client", Scenario.IDENTITY): with_clients.identity,
    ("client", Scenario.LARGE): with_clients.large,
    ("client", Scenario.NAMES): with_clients.names,
    ("client", Scenario.EMS): with_clients.ems,
}
