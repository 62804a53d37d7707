#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# check_schema.py FILE...: holds manifests against Debian's models of the Kubernetes API, strictly: a field that the model
# of its object does not have, and a value of another type, are errors. What is wrong is printed, one line each.
import re
import sys

import kubernetes.client as models
import yaml

KINDS = {
    ("v1", "Namespace"): "V1Namespace",
    ("v1", "ConfigMap"): "V1ConfigMap",
    ("apps/v1", "DaemonSet"): "V1DaemonSet",
}
SCALARS = {"str": str, "int": int, "bool": bool}


def problems(value, kind, where):
    """Yields what is wrong with a value that is to be of this kind, in the words of the models."""
    of_list = re.fullmatch(r"list\[(.*)\]", kind)
    of_map = re.fullmatch(r"dict[(\[]str, (.*)[)\]]", kind)
    if of_list:
        if not isinstance(value, list):
            yield f"{where}: is no list"
            return
        for i, item in enumerate(value):
            yield from problems(item, of_list[1], f"{where}[{i}]")
    elif of_map:
        if not isinstance(value, dict):
            yield f"{where}: is no map"
            return
        for key, item in value.items():
            yield from problems(item, of_map[1], f"{where}.{key}")
    elif kind in SCALARS:
        if type(value) is not SCALARS[kind]:
            yield f"{where}: is {value!r}, and no {kind}"
    elif kind == "object":
        if type(value) not in (int, str):
            yield f"{where}: is {value!r}, neither a number nor a text"
    else:
        yield from problems_of_object(value, getattr(models, kind), where)


def problems_of_object(value, model, where):
    if not isinstance(value, dict):
        yield f"{where}: is no object"
        return
    fields = {name: model.openapi_types[attribute] for attribute, name in model.attribute_map.items()}
    for name, item in value.items():
        if name not in fields:
            yield f"{where}.{name}: there is no such field"
        else:
            yield from problems(item, fields[name], f"{where}.{name}")


def check(path):
    with open(path, encoding="utf-8") as stream:
        documents = [document for document in yaml.safe_load_all(stream) if document]
    if not documents:
        yield f"{path}: is empty"
    for document in documents:
        kind = document.get("apiVersion"), document.get("kind")
        if kind not in KINDS:
            yield f"{path}: {kind}: not expected here"
        else:
            yield from problems(document, KINDS[kind], f"{path}: {kind[1]}")


found = [problem for path in sys.argv[1:] for problem in check(path)]
print("\n".join(found))
sys.exit(1 if found or len(sys.argv) < 2 else 0)
