"""Why a question has no answer."""


class PawlError(Exception):
    """Base of the client's errors."""


class ServerUnreachable(PawlError):
    """No answer, or one that the server could not give (5xx). Trying again may help."""


class RefusedByServer(PawlError):
    """The server understood and refused (4xx); the text says what it expected."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
