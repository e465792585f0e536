"""Open a report in headless Chromium and look at what only a browser sees.

    python tests/browser_check.py reports

opens index.html and every page it links to, wide and narrow. It prints a line per page and width, then
"N passed, M failed"; the exit code is 1 when something failed. pytest does not collect this file.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlparse
from urllib.request import urlopen

from websocket import WebSocket, WebSocketTimeoutException, create_connection

WIDTHS = (1200, 390)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
)  # fmt: skip
LEDGER = Path(__file__).parents[1] / "crmtheory" / "claims.toml"
LEFTOVER = re.compile(r"\bnan\b|\bNaN\b|\bNone\b|\bTraceback\b|\{[\w.!:,%]*\}|\{\{|\{%")
LOOK = """
(() => {
  const all = (what) => [...document.querySelectorAll(what)];
  const root = document.documentElement;
  return JSON.stringify({
    lang: root.lang,
    scroll: root.scrollWidth - root.clientWidth,
    images: all("img").map((i) => ({alt: i.alt.trim(), whole: i.complete && i.naturalWidth > 0})),
    headings: all("h1, h2, h3, h4, h5, h6").map((h) => [Number(h.tagName[1]), h.textContent.trim()]),
    links: all("a[href]").map((a) => a.href),
    places: all("[id]").map((e) => e.id),
    claims: all("#scorecard ~ * .id, #scorecard ~ .id").map((e) => e.textContent.trim().split(/\\s/)[0]),
    text: document.body.innerText,
  });
})()
"""
SETTLED = "Promise.all([...document.images].map((i) => i.decode().catch(() => 0))).then(() => 1)"


class Browser:
    """One tab, spoken to over a web socket."""

    def __init__(self, address: str) -> None:
        self.socket: WebSocket = create_connection(address, timeout=60, suppress_origin=True)
        self.events: list[dict[str, Any]] = []
        self.number = 0
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self.events.append(message)

    def evaluate(self, code: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True)
        return answer["result"].get("value")

    def open(self, address: str, width: int) -> dict[str, Any]:
        """Load a page afresh and say what is on it; `events` then holds what happened meanwhile."""
        self.call("Page.navigate", url="about:blank")
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.events.clear()
        self.call("Page.navigate", url=address)
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(json.loads(self.socket.recv()))
        self.evaluate(SETTLED)
        found = json.loads(self.evaluate(LOOK))
        self.socket.settimeout(0.3)
        try:  # a late request or error
            while True:
                self.events.append(json.loads(self.socket.recv()))
        except WebSocketTimeoutException:
            self.socket.settimeout(60)
        return found


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium of our own, ended afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = ["chromium", *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            tab = Browser(_address(Path(profile) / "DevToolsActivePort"))
            yield tab
            tab.socket.close()
        finally:
            process.terminate()
            process.wait(30)


def _address(file: Path) -> str:
    for _ in range(300):
        lines = file.read_text().split() if file.is_file() else []
        if len(lines) > 1:
            tabs = json.load(urlopen(f"http://127.0.0.1:{lines[0]}/json"))
            return next(str(tab["webSocketDebuggerUrl"]) for tab in tabs if tab["type"] == "page")
        time.sleep(0.1)
    raise RuntimeError("Chromium has not started within 30 seconds.")


def problems(found: dict[str, Any], events: list[dict[str, Any]], home: Path, index: bool) -> Iterator[str]:
    """What is wrong with a page, in words."""
    for event in events:
        method, told = event["method"], event["params"]
        if method == "Network.requestWillBeSent":
            url = told["request"]["url"]
            if urlparse(url).scheme not in {"file", "data"}:
                yield f"requests {url[:80]}"
        elif method == "Runtime.exceptionThrown":
            yield f"script error: {told['exceptionDetails']['text']}"
        elif method == "Runtime.consoleAPICalled" and told["type"] == "error":
            yield "writes an error to the console"
        elif method == "Log.entryAdded" and told["entry"]["level"] == "error":
            yield f"console: {told['entry']['text'][:120]}"
    if not found["lang"]:
        yield "has no language"
    if found["scroll"] > 0:
        yield f"is {found['scroll']} px too wide"
    for number, image in enumerate(found["images"], start=1):
        if not image["whole"]:
            yield f"image {number} is broken"
        if not image["alt"]:
            yield f"image {number} has no alternative text"
    levels = [level for level, _ in found["headings"]]
    if levels.count(1) != 1:
        yield f"has {levels.count(1)} h1"
    for (before, _), (level, text) in zip(found["headings"], found["headings"][1:], strict=False):
        if level > before + 1:
            yield f'heading "{text}" skips from h{before} to h{level}'
    yield from (f'two places "{name}"' for name, times in Counter(found["places"]).items() if times > 1)
    for link in found["links"]:
        bare, anchor = urldefrag(link)
        target = Path(unquote(urlparse(bare).path))
        if urlparse(link).scheme != "file":
            continue
        if not target.is_file():
            yield f"link to {target}, which does not exist"
        elif anchor and not _has(unquote(anchor), target, home, found["places"]):
            yield f"link to #{unquote(anchor)}, which does not exist"
    for match in LEFTOVER.finditer(found["text"]):
        around = found["text"][max(0, match.start() - 30) : match.end() + 30]
        yield f'leftover "{match[0]}" in "{" ".join(around.split())}"'
    if index:
        ledger = Counter(claim["id"] for claim in tomllib.loads(LEDGER.read_text(encoding="utf-8"))["claim"])
        shown = Counter(found["claims"])
        for name in sorted(ledger | shown):
            if shown[name] != ledger[name]:
                yield f"claim {name} is listed {shown[name]} times, not {ledger[name]}"


def _has(place: str, target: Path, home: Path, places: list[str]) -> bool:
    return place in places if target == home else f'id="{place}"' in target.read_text(encoding="utf-8")


def main(folder: Path) -> int:
    pages, failed, passed = [folder / "index.html"], 0, 0
    with browser() as tab:
        for page in pages:  # the front page adds those it links to
            for width in WIDTHS:
                found = tab.open(page.as_uri(), width)
                wrong = list(problems(found, tab.events, page, page == pages[0]))
                print(f"{page.relative_to(folder)} at {width} px: {'; '.join(wrong) or 'ok'}", flush=True)
                failed, passed = failed + bool(wrong), passed + (not wrong)
                if page == pages[0]:
                    linked = [
                        Path(unquote(urlparse(link).path)) for link in found["links"] if ".html" in link
                    ]
                    pages += [one for one in dict.fromkeys(linked) if one.is_file() and one not in pages]
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "index.html").is_file():
        sys.exit("usage: python tests/browser_check.py FOLDER, in which index.html is")
    sys.exit(main(Path(sys.argv[1]).resolve()))
