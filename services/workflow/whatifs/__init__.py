"""What would have become of last year's cases under a draft: recorded logs, played under another package."""

from services.workflow.whatifs.differences import Difference
from services.workflow.whatifs.recordings import Recording, record
from services.workflow.whatifs.trials import Trial, try_out

__all__ = ["Difference", "Recording", "Trial", "record", "try_out"]
