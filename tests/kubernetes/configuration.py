#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# configuration.py MANIFEST DIRECTORY: writes the files of bpflock's ConfigMap into the directory, and prints the variables
# of its container, one NAME=VALUE a line.
import pathlib
import sys

import yaml

manifest, directory = sys.argv[1:]
with open(manifest, encoding="utf-8") as stream:
    documents = {document["kind"]: document for document in yaml.safe_load_all(stream)}
for name, text in documents["ConfigMap"]["data"].items():
    (pathlib.Path(directory) / name).write_text(text, encoding="utf-8")
containers = documents["DaemonSet"]["spec"]["template"]["spec"]["containers"]
for variable in next(container for container in containers if container["name"] == "bpflock")["env"]:
    print(f'{variable["name"]}={variable["value"]}')
