"""What a plan needs: looked up once; what is missing is noted, and what never can be fails it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shared.corrections import Corrections
from shared.errors import SegueError, SongGone
from shared.jobs.plans import Find, Plan
from shared.store.keys import Artifact
from shared.store.manifests import Manifest, Problem
from shared.store.specs import SongSpec, Spec

__all__ = ["Needs"]

Result = TypeVar("Result")


class Needs:
    """The artifacts of one tenant, as a plan comes to need them.

    Args:
        tenant: whose they are.
        find: looks manifests up.
        uploaded: tells whether a song's bytes are still there; asked only of songs not decoded yet.
    """

    def __init__(self, tenant: str, find: Find, uploaded: Callable[[str], bool]) -> None:
        self.tenant, self.find, self.uploaded = tenant, find, uploaded
        self.plan = Plan()
        self.corrections: Corrections = {}
        self._looked_up: dict[Artifact, Manifest | None] = {}

    def _need(self, spec: Spec) -> Manifest | None:
        """Return the manifest of a spec's artifact, or note that the artifact has to be made."""
        artifact = spec.artifact(self.tenant)
        if artifact in self._looked_up:
            return self._looked_up[artifact]
        self.plan.needed.append(artifact)
        manifest = self._looked_up[artifact] = self.find(artifact)
        if manifest is None:
            if isinstance(spec, SongSpec) and not self.uploaded(spec.song):
                self._fail(Problem.of(SongGone(spec.song)))
            self.plan.ready.append(spec)
            self.plan.missing.append(artifact)
        elif manifest.problem is not None:
            song = getattr(spec, "song", None)
            subject = f" (song {song})" if song else ""
            detail = manifest.problem.detail + subject
            self._fail(manifest.problem.model_copy(update={"detail": detail}))
        else:
            self.plan.stages[artifact.kind].done += 1
        return manifest

    def _existing(self, artifact: Artifact) -> tuple[Artifact, Manifest] | None:
        self.plan.needed.append(artifact)
        manifest = self.find(artifact)
        if manifest is None or manifest.problem is not None:
            detail = (
                f"Model {artifact.key} was deleted while this job needed it. Choose another, or fit anew."
            )
            self._fail(Problem(slug="model-gone", title="A model is gone", detail=detail))
            return None
        return artifact, manifest

    def _try(self, act: Callable[[], Result]) -> Result | None:
        """Return what an act gives; where it fails, fail the job."""
        try:
            return act()
        except SegueError as error:
            self._fail(Problem.of(error))
            return None

    def _goal(self, manifest: Manifest | None, spec: Spec) -> None:
        if manifest is not None and manifest.problem is None:
            self.plan.goals = [spec.artifact(self.tenant)]

    def _fail(self, problem: Problem) -> None:
        if self.plan.problem is None:
            self.plan.problem = problem
