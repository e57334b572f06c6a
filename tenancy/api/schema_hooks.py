"""What is done to the description as a whole (drf-spectacular's postprocessing hooks)."""

import json

from tenancy.api.shapes import Answer, Body


def close_bodies(result: dict, generator: object, request: object, public: bool) -> dict:
    """Say of every body that it takes no further members, as it does; and of no shape what is said
    of all of them, which is about the code.
    """
    for component in generator.registry._components.values():
        shape = component.object if isinstance(component.object, type) else type(component.object)
        if not issubclass(shape, Body | Answer):
            continue
        described = result["components"]["schemas"][component.name]
        if shape.__doc__ is None:
            described.pop("description", None)
        if issubclass(shape, Body):
            described["additionalProperties"] = False
    return result


def share_errors(result: dict, generator: object, request: object, public: bool) -> dict:
    """Write each kind of error and each header once: the calls refer to them."""
    responses: dict[str, dict] = {}
    headers: dict[str, dict] = {}
    names: dict[str, str] = {}
    for methods in result["paths"].values():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                _refer_to_headers(answer, headers)
                if int(status) >= 400:
                    written = json.dumps(answer, sort_keys=True)
                    name = names.setdefault(written, _next_name(status, responses))
                    responses[name] = answer
                    operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    result["components"] |= {"headers": headers, "responses": responses}
    return result


def _refer_to_headers(answer: dict, known: dict[str, dict]) -> None:
    for name, header in answer.get("headers", {}).items():
        known[name] = header
        answer["headers"][name] = {"$ref": f"#/components/headers/{name}"}


def _next_name(status: str, known: dict[str, dict]) -> str:
    same = sum(name.startswith(f"Problem{status}") for name in known)
    return f"Problem{status}" + (f"_{same + 1}" if same else "")
