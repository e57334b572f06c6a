from console.models.import_file import ImportFile, ImportKind
from console.models.one_time_token import OneTimeToken
from console.models.saved_view import SavedView

__all__ = ["ImportFile", "ImportKind", "OneTimeToken", "SavedView"]
