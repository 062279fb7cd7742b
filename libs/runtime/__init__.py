"""What every service is made of: App, settings, subscribe, retry, dead letters, health, metrics."""

from libs.runtime.app import App, Deps
from libs.runtime.clock import Clock, SystemClock
from libs.runtime.errors import PermanentError, TransientError, UnavailableError
from libs.runtime.settings import ServiceSettings

__all__ = [
    "App",
    "Clock",
    "Deps",
    "PermanentError",
    "ServiceSettings",
    "SystemClock",
    "TransientError",
    "UnavailableError",
]
