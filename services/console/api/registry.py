"""`/releases` and `/clusters`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from libs.contracts.api import ChannelPointer
from services.console.adapters.views import Clusters, Instances, Releases
from services.console.api.door import Viewer
from services.console.api.room import Room, chosen, segment

Text = Annotated[str | None, Query(max_length=200)]


def registry_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    viewing = Depends(room.viewer)

    @router.get("/releases")
    async def releases(
        viewer: Annotated[Viewer, viewing], agent: Text = None, cursor: Text = None
    ) -> HTMLResponse:
        agents = await room.agents(viewer)
        name = chosen(agents, agent)
        if name is None:
            return room.show("empty.html", viewer, "releases", None, agents=agents)
        get = viewer.platform.get
        got = await get(
            "runtime_config", "/api/v1/releases", Releases, agent=name, cursor=cursor, limit=100
        )
        if got.value is None:
            return room.problem(viewer, "releases", got)
        path = f"/api/v1/agents/{segment(name)}"
        return room.show(
            "releases.html",
            viewer,
            "releases",
            name,
            agents=agents,
            page=got.value,
            newest_first=sorted(got.value.items, key=lambda one: -one.sequence),
            pointer=await get("runtime_config", f"{path}/channels/production", ChannelPointer),
            instances=await get("runtime_config", f"{path}/instances", Instances),
        )

    @router.get("/clusters")
    async def clusters(
        viewer: Annotated[Viewer, viewing], agent: Text = None, cursor: Text = None
    ) -> HTMLResponse:
        agents = await room.agents(viewer)
        name = chosen(agents, agent)
        if name is None:
            return room.show("empty.html", viewer, "clusters", None, agents=agents)
        got = await viewer.platform.get(
            "clustering", "/api/v1/clusters", Clusters, agent=name, cursor=cursor, limit=100
        )
        if got.value is None:
            return room.problem(viewer, "clusters", got)
        return room.show(
            "clusters.html",
            viewer,
            "clusters",
            name,
            agents=agents,
            page=got.value,
            ordered=sorted(got.value.items, key=lambda one: (one.status != "open", -one.size)),
        )

    return router
