from console.models.import_file import ImportFile, ImportKind
from console.models.one_time_token import OneTimeToken

__all__ = ["ImportFile", "ImportKind", "OneTimeToken"]
