"""What every step of the demo works with."""

import time
from dataclasses import dataclass, field

from examples.procurement.data import Case
from examples.procurement.demo.agent_api import AgentApi
from examples.procurement.demo.batches import Batch
from examples.procurement.demo.evidence import Evidence
from examples.procurement.demo.intake import Intake
from examples.procurement.demo.mining import Mining
from examples.procurement.demo.platform_api import PlatformApi
from examples.procurement.demo.screen import Screen
from examples.procurement.demo.state import DemoState, StateFile


@dataclass
class Loop:
    """`batches` has the requests of each cycle."""

    case: Case
    case_id: str
    batches: list[Batch]
    project: str
    api: PlatformApi
    agent: AgentApi
    intake: Intake
    evidence: Evidence
    mining: Mining
    screen: Screen
    state: DemoState
    file: StateFile
    saved_at: float = field(default_factory=time.monotonic)

    def save(self) -> None:
        """With the seconds spent since the last time: those of a run that is killed count too."""
        now = time.monotonic()
        self.state.seconds += now - self.saved_at
        self.saved_at = now
        self.file.save(self.state)
