# SPDX-License-Identifier: Apache-2.0
"""Reads a page of bpflockctl advise --html. Prints its text, and fails where it is not the markup that html.c writes."""
import html.parser
import sys

ALLOWED = {
    "html": {"lang"}, "head": set(), "meta": {"charset", "http-equiv", "content", "name"}, "title": set(),
    "style": set(), "body": set(), "h1": set(), "h2": set(), "h3": set(), "p": {"class"}, "div": {"class"},
    "table": set(), "tr": set(), "th": {"class"}, "td": {"class"}, "b": set(), "i": {"class"}, "span": set(),
    "pre": set(), "svg": {"viewbox", "preserveaspectratio", "role", "aria-label"},
    "rect": {"class", "x", "y", "width", "height"},
}
EMPTY = {"meta"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.text, self.policy = [], [], ""

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED, f"<{tag}> at {self.getpos()}"
        for name, value in attrs:
            assert name in ALLOWED[tag], f"{name}= in <{tag}> at {self.getpos()}"
            assert "//" not in (value or ""), f"an address: {value}"
        if dict(attrs).get("http-equiv") == "Content-Security-Policy":
            self.policy = dict(attrs)["content"]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> at {self.getpos()}"

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment at {self.getpos()}")

    def unknown_decl(self, data):
        raise AssertionError(f"a declaration at {self.getpos()}")

    handle_pi = unknown_decl


with open(sys.argv[1], encoding="utf-8", errors="strict") as file:
    source = file.read()
assert not [c for c in source if ord(c) < 32 and c != "\n" or 127 <= ord(c) < 160 or ord(c) in range(0x202A, 0x202F)]
page = Page()
page.feed(source)
page.close()
assert not page.open, f"left open: {page.open}"
assert page.policy.startswith("default-src 'none';"), page.policy
assert "url(" not in source and "@import" not in source
print("".join(page.text))
