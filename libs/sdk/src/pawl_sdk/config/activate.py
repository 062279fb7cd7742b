"""From a pointer to a config that can be served: fetch, verify, validate, build, persist."""

import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from pawl_sdk.bundle import Bundle, BundleError, RuleSet, digest_of
from pawl_sdk.config.errors import Refused
from pawl_sdk.config.keyring import SigningKey, TrustedKeys
from pawl_sdk.config.options import ConfigOptions
from pawl_sdk.config.pointer import Pointer
from pawl_sdk.config.registry import Registry
from pawl_sdk.config.snapshot import Active, Snapshot
from pawl_sdk.config.store import SavedState, SignedBundle, StateStore

_log = logging.getLogger("pawl_sdk.config")
BUNDLES_KEPT = 8
"""Verified bundles in memory: a rollback needs no download."""


class Activator:
    """Used by one thread at a time. Nothing it raises changes what is served or saved."""

    def __init__(
        self,
        options: ConfigOptions,
        registry: Registry,
        store: StateStore | None,
        heir_of: "Activator | None" = None,
    ) -> None:
        """`heir_of`: trust what another of the same agent trusts, so that no key is a first
        contact twice."""
        self._options = options
        self._registry = registry
        self._store = store
        self._verified: OrderedDict[str, SignedBundle] = OrderedDict()
        known = heir_of._keys if heir_of else None
        self._trust(known.pinned() if known else {}, known.endorsed() if known else ())

    def from_disk(self) -> Active | None:
        """The newest saved config that still verifies and builds."""
        for state in self._store.load() if self._store else []:
            try:
                self._trust(state.keys, state.endorsed)
                for digest, bundle in state.bundles.items():
                    self._verify(digest, bundle)
                return self.prepare(state.pointer)
            except Exception as error:  # whatever is wrong with it, an older one may do
                _log.warning("saved config passed over: %s", error)
        return None

    def prepare(self, pointer: Pointer) -> Active:
        """Everything but persisting. Raises `Refused` or `Unreachable`."""
        self._check_addressee(pointer)
        stable = self._snapshot(pointer.digest, pointer.generation, is_canary=False)
        if pointer.canary is None:
            return Active(pointer, stable)
        canary = self._snapshot(pointer.canary.digest, pointer.generation, is_canary=True)
        return Active(pointer, stable, canary)

    def persist(self, active: Active) -> None:
        """Save for the next start. Raises `OSError`."""
        if self._store is not None:
            digests = {active.stable.digest, *([active.canary.digest] if active.canary else [])}
            self._store.save(
                SavedState(
                    pointer=active.pointer,
                    bundles={digest: self._verified[digest] for digest in digests},
                    keys=self._keys.pinned(),
                    endorsed=self._keys.endorsed(),
                ),
                self._holds,
            )

    def released(self, digest: str) -> Snapshot:
        """A verified config that no channel needs to point at. Raises `Refused`, `Unreachable`."""
        return self._snapshot(digest, 0, is_canary=False)

    def _holds(self, state: SavedState) -> bool:
        """Whether trusted keys signed all of it; the registry is not asked."""
        keys = TrustedKeys([], self._keys.pinned(), list, [*self._keys.endorsed(), *state.endorsed])
        try:
            self._check_addressee(state.pointer)
            for digest, bundle in state.bundles.items():
                _check(keys, digest, bundle)
        except Refused as error:
            _log.warning("saved generation %d: %s", state.pointer.generation, error)
            return False
        return True

    def _trust(self, pinned: Mapping[str, str], endorsed: Sequence[SigningKey]) -> None:
        """Keys that the operator gave replace pinned ones; what they endorsed still counts."""
        given, fetch = self._options.trusted_keys, self._registry.signing_keys
        self._keys = TrustedKeys(given, {} if given else pinned, fetch, endorsed)

    def _load(self, digest: str) -> Bundle:
        if digest not in self._verified:
            self._verify(digest, self._registry.bundle(digest))
        self._verified.move_to_end(digest)
        while len(self._verified) > BUNDLES_KEPT:
            self._verified.popitem(last=False)
        try:
            return Bundle.from_bytes(self._verified[digest].content.encode())
        except BundleError as error:
            raise Refused(f"{digest}: {error}") from error

    def _check_addressee(self, pointer: Pointer) -> None:
        wanted = (self._options.agent, self._options.channel)
        if (pointer.agent, pointer.channel) != wanted:
            raise Refused(f"expected a pointer for {wanted}, came {pointer.agent, pointer.channel}")

    def _verify(self, digest: str, bundle: SignedBundle) -> None:
        _check(self._keys, digest, bundle)
        self._verified[digest] = bundle

    def _snapshot(self, digest: str, generation: int, *, is_canary: bool) -> Snapshot:
        bundle = self._load(digest)
        if bundle.agent != self._options.agent:
            raise Refused(f"{digest} is the config of {bundle.agent!r}")
        return make_snapshot(self._options, bundle, generation, is_canary=is_canary)


def _check(keys: TrustedKeys, digest: str, bundle: SignedBundle) -> None:
    actual = digest_of(bundle.content.encode())
    if actual != digest:
        raise Refused(f"the bytes of {digest} hash to {actual}: they were changed on the way")
    keys.check(bundle.key_id, digest, bundle.signature)


def make_snapshot(
    options: ConfigOptions, bundle: Bundle, generation: int, *, is_canary: bool = False
) -> Snapshot:
    """Compile rules and run the agent's own `build`; raises `Refused` with the reason."""
    try:
        rules = RuleSet(bundle.rules)
        built = options.build(bundle) if options.build else None
    except BundleError as error:
        raise Refused(f"{bundle.digest}: {error}") from error
    except Exception as error:
        raise Refused(f"{bundle.digest}: build failed: {error!r}") from error
    return Snapshot(bundle, generation, options.today, rules, is_canary, built)
