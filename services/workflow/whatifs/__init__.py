"""What would have become of last year's cases under a draft: recorded logs, played under another package."""

from services.workflow.whatifs import words
from services.workflow.whatifs.differences import Difference
from services.workflow.whatifs.logs import play
from services.workflow.whatifs.recordings import Recording, record
from services.workflow.whatifs.reports import Group, Report, summarise
from services.workflow.whatifs.trials import Trial, try_out

__all__ = ["Difference", "Group", "Recording", "Report", "Trial", "play", "record", "summarise", "try_out", "words"]
