from console.models.import_file import ImportFile, ImportKind
from console.models.import_row import ImportProblem, ImportRow
from console.models.import_run import ImportRun, RunState
from console.models.list_columns import ListColumns
from console.models.one_time_token import OneTimeToken
from console.models.saved_view import SavedView

__all__ = [
    "ImportFile",
    "ImportKind",
    "ImportProblem",
    "ImportRow",
    "ImportRun",
    "ListColumns",
    "OneTimeToken",
    "RunState",
    "SavedView",
]
