"""Keys of the console, all with the prefix `PAWL_CONSOLE_`."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.runtime import ServiceSettings


class ConsoleSettings(ServiceSettings):
    """Lists are written with commas."""

    model_config = SettingsConfigDict(env_prefix="PAWL_CONSOLE_", extra="ignore", frozen=True)

    hosts: str = ""
    """Names besides localhost under which the console may be opened without keys. Without keys a
    foreign name is refused, so that no web site can point a name of its own at this machine."""
    record_seconds: Annotated[float, Field(gt=0)] = 2.0
    """How often agreement under the current config is read and remembered for the curve."""
    report_bytes_max: Annotated[int, Field(gt=0)] = 2_000_000

    def allowed_hosts(self) -> frozenset[str]:
        """Host names without a port, in lower case."""
        named = {part.strip().lower() for part in self.hosts.split(",") if part.strip()}
        return frozenset({"localhost", "127.0.0.1", "[::1]", "::1", *named})
