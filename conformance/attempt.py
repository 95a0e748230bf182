"""One example on one backend, whatever comes of it."""

from __future__ import annotations

from typing import Any

from tensorcanon.spec.clause import Clause

from .backend import Backend, NotSeveralError
from .check import Check
from .isolation.channel import LostError
from .refusal import Refused, Unclaimed
from .run import Run
from .tally import Tally


def attempt(
    check: Check, backend: Backend, case: Any, tally: Tally, closed: frozenset[Clause[Any]] = frozenset()
) -> Refused | None:
    """Run one example.

    Parameters
    ----------
    check : Check
    backend : Backend
    case : object
        The example's case.
    tally : Tally
        Counts what is seen.
    closed : set of Clause
        Clauses already refuted.

    Returns
    -------
    Refused or None
        None where the example holds or is not claimed. A backend that is lost refutes the clause
        under way; one that was killed from outside gets a second try. After a refusal of a closed clause
        the example may end in any way.
    """
    tally.examples += 1
    counted = tally.judged.copy(), tally.layouts.copy(), tally.specials.copy()
    for again in (True, False):
        run = Run(backend, check.clauses, tally, closed)
        try:
            check.body(run, case)
        except Refused as refusal:
            return refusal
        except Unclaimed:
            tally.unclaimed += 1
        except NotSeveralError as error:
            return run.lost("fail", str(error))
        except LostError as lost:
            if lost.outside and again:
                # What the lost try saw is seen again.
                tally.judged, tally.layouts, tally.specials = counted
                continue
            return run.lost(lost.verdict, lost.reason)
        except Exception:
            if not run.spoiled:
                raise
        return None
    return None
