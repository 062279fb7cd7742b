"""`PUT` and `GET /loop-reports/{run}`: figures of a run, as JSON."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from libs.contracts.api import LoopReport
from libs.runtime.auth import Principal, check_agent, require
from libs.runtime.problems import problem_responses
from services.console.adapters.curves_sql import Curves
from services.console.api.forms import read_bytes
from services.console.api.room import Room

Run = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9._:/-]+$")]
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": LoopReport.model_json_schema()}},
    }
}


def reports_router(room: Room, curves: Curves, bytes_max: int) -> APIRouter:
    router = APIRouter(prefix="/loop-reports", tags=["loop reports"])

    @router.put(
        "/{run:path}",
        openapi_extra=_BODY,
        responses=problem_responses(413, 422),
    )
    async def put_report(
        reviewer: Annotated[Principal, Depends(require("review"))], run: Run, request: Request
    ) -> LoopReport:
        """Put the report as far as it has come; the newest replaces the one before."""
        try:
            report = LoopReport.model_validate_json(await read_bytes(request, bytes_max))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "body"
            raise HTTPException(422, f"{place}: {first['msg']}") from error
        check_agent(reviewer, report.agent or "")
        await curves.put_report(run, report.agent or "", report, room.app.clock.now())
        return report

    @router.get("/{run:path}", responses=problem_responses(404, 422))
    async def get_report(
        reviewer: Annotated[Principal, Depends(require("review"))], run: Run
    ) -> LoopReport:
        """The report as it was put last. It holds sealed figures, hence the scope."""
        stored = await curves.report(run)
        if stored is None or not reviewer.allows_agent(stored.agent):
            raise HTTPException(404, f"there is no report of a run {run!r}")
        return stored.report

    return router
