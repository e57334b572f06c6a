from console.timeline.asked import SYSTEM, Asked, people
from console.timeline.kinds import Kind
from console.timeline.stream import stream

__all__ = ["SYSTEM", "Asked", "Kind", "people", "stream"]
