#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
varlink.py SOCKET METHOD [PARAMETERS]: calls a method, prints the reply as JSON, and fails if it is not what the
                                       interface of the socket declares. An error is printed as well; the status is 3.
varlink.py --methods FILE:             prints the methods of an interface, one per line, each with its parameters.
"""
import json
import re
import socket
import sys

TOKEN = re.compile(r"\s*(?:#[^\n]*\n\s*)*(->|\[string\]|\[\]|[A-Za-z0-9_.]+|[(),:?]|$)")
BASIC = {"bool": bool, "int": int, "float": float, "string": str, "object": dict}


class Interface:
    """The members of a .varlink file, by name: types, methods as pairs of types, errors."""

    def __init__(self, text):
        self.tokens = TOKEN.findall(text)
        if "".join(self.tokens) != re.sub(r"#[^\n]*|\s", "", text):
            raise ValueError("not a varlink interface")
        self.types, self.methods, self.errors = {}, {}, {}
        self.expect("interface")
        self.name = self.take()
        while self.tokens[0]:
            self.read_member()

    def take(self):
        return self.tokens.pop(0)

    def expect(self, token):
        taken = self.take()
        if taken != token:
            raise ValueError(f"expected {token}, not {taken}")

    def read_member(self):
        kind, name = self.take(), self.take()
        if name in self.types or name in self.methods or name in self.errors:
            raise ValueError(f"{name} is declared twice")
        if kind == "method":
            parameters = self.read_type()
            self.expect("->")
            self.methods[name] = (parameters, self.read_type())
        elif kind in ("type", "error"):
            (self.types if kind == "type" else self.errors)[name] = self.read_type()
        else:
            raise ValueError(f"there is no kind of member {kind}")

    def read_type(self):
        token = self.take()
        if token in ("?", "[]", "[string]"):
            return (token, self.read_type())
        if token != "(":
            return token
        members, values = {}, []
        while self.tokens[0] != ")":
            name = self.take()
            if self.tokens[0] == ":":
                self.take()
                members[name] = self.read_type()
            else:
                values.append(name)
            if self.tokens[0] != ")":
                self.expect(",")
        self.take()
        return ("enum", values) if values else ("struct", members)

    def check(self, value, declared, place):
        """Fails where a value is not of the declared type."""
        if isinstance(declared, str):
            if declared not in BASIC:
                self.check(value, self.types[declared], place)
            elif type(value) is not BASIC[declared]:
                raise ValueError(f"{place}: {value!r} is not of type {declared}")
            return
        kind, inner = declared
        if kind == "?":
            if value is not None:
                self.check(value, inner, place)
        elif kind == "[]":
            self.check_list(value, inner, place)
        elif kind == "enum":
            if value not in inner:
                raise ValueError(f"{place}: {value!r} is none of {inner}")
        elif kind == "struct":
            self.check_struct(value, inner, place)
        else:
            raise ValueError(f"{place}: {kind} is not checked here")

    def check_list(self, value, inner, place):
        if type(value) is not list:
            raise ValueError(f"{place}: {value!r} is no list")
        for index, item in enumerate(value):
            self.check(item, inner, f"{place}[{index}]")

    def check_struct(self, value, members, place):
        if type(value) is not dict:
            raise ValueError(f"{place}: {value!r} is no object")
        for name in value.keys() - members.keys():
            raise ValueError(f"{place}.{name} is not declared")
        for name, declared in members.items():
            self.check(value.get(name), declared, f"{place}.{name}")


def ask(stream, method, parameters):
    stream.write(json.dumps({"method": method, "parameters": parameters}).encode() + b"\0")
    stream.flush()
    reply = b""
    while not reply.endswith(b"\0"):
        byte = stream.read(1)
        if not byte:
            sys.exit("the connection was closed")
        reply += byte
    return json.loads(reply[:-1])


def interface_at(stream, name):
    parameters = {"interface": name}
    reply = ask(stream, "org.varlink.service.GetInterfaceDescription", parameters)
    return Interface(reply["parameters"]["description"]) if "error" not in reply else None


def call(path, method, parameters):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        stream = connection.makefile("rwb")
        name, _, member = method.rpartition(".")
        interface = interface_at(stream, name)
        service = interface_at(stream, "org.varlink.service")
        reply = ask(stream, method, parameters)
    print(json.dumps(reply["parameters"] if "error" not in reply else reply))
    if "error" not in reply:
        interface.check(reply["parameters"], interface.methods[member][1], member)
        return 0
    owner = service if reply["error"].startswith(service.name + ".") else interface
    error = reply["error"].rpartition(".")[2]
    owner.check(reply["parameters"], owner.errors[error], error)
    return 3


def type_text(declared):
    return declared if isinstance(declared, str) else declared[0] + type_text(declared[1])


def print_methods(path):
    with open(path, encoding="utf-8") as file:
        interface = Interface(file.read())
    for name, (parameters, _) in interface.methods.items():
        print(name, *(f"{parameter}:{type_text(declared)}" for parameter, declared in parameters[1].items()))


if __name__ == "__main__":
    if sys.argv[1] == "--methods":
        print_methods(sys.argv[2])
    else:
        sys.exit(call(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}))
