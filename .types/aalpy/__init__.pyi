"""Types of the AALpy calls that learn an automaton; the aalpy package ships none.

The use: a `SUL` answers words, an `Oracle` looks for one that a hypothesis answers wrongly, `run_KV` learns a Mealy
machine with the two.  The form of these calls is the same from 1.4 to 2.  AALpy takes whatever can be hashed for a
letter; here letters and answers are numbers.
"""

from abc import ABC, abstractmethod
from typing import Literal

class MealyState:
    transitions: dict[int, MealyState]
    output_fun: dict[int, int]

class MealyMachine:
    initial_state: MealyState
    states: list[MealyState]

class SUL(ABC):
    def __init__(self) -> None: ...
    def query(self, word: tuple[int, ...]) -> list[int]: ...
    @abstractmethod
    def pre(self) -> None: ...
    @abstractmethod
    def post(self) -> None: ...
    @abstractmethod
    def step(self, letter: int) -> int: ...

class Oracle(ABC):
    alphabet: list[int]
    def __init__(self, alphabet: list[int], sul: SUL) -> None: ...
    @abstractmethod
    def find_cex(self, hypothesis: MealyMachine) -> tuple[int, ...] | None: ...

def run_KV(
    alphabet: list[int],
    sul: SUL,
    eq_oracle: Oracle,
    automaton_type: Literal["mealy"],
    *,
    cache_and_non_det_check: bool = ...,
    print_level: Literal[0, 1, 2, 3] = ...,
) -> MealyMachine: ...
