"""Whether a module can be carried to at all: it is there, the account may update it, it has a web lecture."""

from collections.abc import Mapping

import anyio

from engine import Transient
from pipelines.items import Outcome
from pipelines.luminus.model import Module, WebLecture
from pipelines.migration.carry.lectures import Lectures
from pipelines.migration.ends import End


class Entry:
    """Finds web lectures; the modules of the account are asked for once, for all that wait."""

    def __init__(self, luminus: Lectures) -> None:
        self._luminus = luminus
        self._modules: Mapping[str, Module] | None = None
        self._failed: Transient | None = None
        self._turn = anyio.Lock()

    async def web_lecture(self, module_id: str) -> WebLecture | End:
        """Return a module's web lecture, or how all of its items end. Raises what the calls raise."""
        module = (await self._seen()).get(module_id)
        if module is None:
            why = f"LumiNUS shows no module {module_id} to this account: check the table of modules"
            return End(Outcome.PERMANENT, "unknown_module", why)
        if not module.may_update:
            why = f"the account has no right to update module {module.code or module_id}"
            return End(Outcome.PERMANENT, "no_right", why)
        found = await self._luminus.web_lecture(module_id)
        if found is None:
            why = f"module {module.code or module_id} has no web lecture: its owner can add that tool"
            return End(Outcome.PERMANENT, "no_web_lecture", why)
        return found

    async def _seen(self) -> Mapping[str, Module]:
        """Return the account's modules. Who waited for the call of another has its answer, or its error."""
        earlier = self._failed
        async with self._turn:
            if self._modules is None:
                if self._failed is not None and self._failed is not earlier:
                    raise self._failed
                self._modules = await self._ask()
        return self._modules

    async def _ask(self) -> Mapping[str, Module]:
        try:
            return await self._luminus.modules()
        except Transient as error:
            self._failed = error
            raise
