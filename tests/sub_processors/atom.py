"""Fails unless standard input is a feed by RFC 4287, as far as one can tell without asking the network."""

import re
import sys
import xml.etree.ElementTree as ElementTree
from datetime import datetime
from urllib.parse import urlsplit

ATOM = "{http://www.w3.org/2005/Atom}"
WANTED = {"id", "title", "updated"}
ONCE = WANTED | {"generator", "icon", "logo", "subtitle", "published", "rights", "source", "summary", "content"}
KNOWN = {
    "feed": ONCE - {"published", "source", "summary", "content"} | {"author", "category", "contributor", "link", "entry"},
    "entry": ONCE - {"generator", "icon", "logo", "subtitle"} | {"author", "category", "contributor", "link"},
}


def name(element):
    assert element.tag.startswith(ATOM), f"{element.tag} is not of Atom"
    return element.tag.removeprefix(ATOM)


def text(element, child):
    return element.findtext(ATOM + child)


def moment(written):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", written), written
    return datetime.fromisoformat(written)


def check(element, kind):
    """What a feed and an entry share (4.1.1, 4.1.2)."""
    children = [name(child) for child in element]
    assert WANTED <= set(children), f"{kind} lacks {WANTED - set(children)}"
    assert set(children) <= KNOWN[kind], f"{kind} has {set(children) - KNOWN[kind]}"
    assert not [child for child in ONCE if children.count(child) > 1], children
    identifier = text(element, "id")
    assert urlsplit(identifier).scheme and identifier == identifier.strip(), identifier
    assert text(element, "title").strip()
    links = [(link.get("rel", "alternate"), link.get("type"), link.get("hreflang")) for link in element.findall(ATOM + "link")]
    alternates = [link for link in links if link[0] == "alternate"]
    assert len(alternates) == len(set(alternates)), "two alternates of one type and language (4.1.1)"
    assert all(link.get("href") for link in element.findall(ATOM + "link"))
    assert alternates or text(element, "content"), "an entry without content has an alternate (4.1.2)"
    return identifier, moment(text(element, "updated"))


feed = ElementTree.fromstring(sys.stdin.buffer.read())
assert name(feed) == "feed", feed.tag
_, updated = check(feed, "feed")
entries = feed.findall(ATOM + "entry")
has_author = [author.findtext(ATOM + "name") for author in feed.findall(ATOM + "author")]
assert has_author and all(has_author), "a feed has an author where its entries have none (4.1.1)"
assert [link for link in feed.findall(ATOM + "link") if link.get("rel") == "self"], "a feed says where it is (4.1.1)"
checked = [check(entry, "entry") for entry in entries]
assert len({identifier for identifier, _ in checked}) == len(checked), "two entries have one id"
assert all(changed <= updated for _, changed in checked), "an entry is newer than the feed"
print(len(entries))
