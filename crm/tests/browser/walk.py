"""Looking at pages with a browser's eyes: axe, the width of a page, the console. Used by test_every_page."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

from playwright.sync_api import BrowserContext, Page

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
# What htmx says when a newer request takes the place of one under way, as with every letter typed into a search.
REPLACED = ("htmx:sendAbort", "htmx:afterRequest")
GRAVE = ["serious", "critical"]
DESK, PHONE, NARROWEST = (1440, 900), (390, 844), (320, 640)

# Only what weighs; and once the frame was looked at, only what stands in it. A rule names the most it can weigh.
_RUN = """async ([rules, grave, inside]) => {
  const what = inside && document.getElementById("content") ? { include: [["#content"]] } : document;
  const usual = (rule) => rule.enabled && !rule.tags.includes("experimental") && !rule.tags.includes("deprecated");
  const values = rules ?? axe._audit.rules.filter((rule) => usual(rule) && grave.includes(rule.impact)).map((rule) => rule.id);
  const found = await axe.run(what, { resultTypes: ["violations"], runOnly: { type: "rule", values } });
  return found.violations.flatMap((rule) => rule.nodes.map((node) => ({
    rule: rule.id, impact: node.impact ?? rule.impact, where: node.target.join(" "), html: node.html.slice(0, 160),
    why: [...node.any, ...node.all, ...node.none].map((one) => one.message).join("; ").slice(0, 240),
  })));
}"""

_TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

# The page itself, or the region that scrolls in it, is wider than what one sees.
_TOO_WIDE = """() => {
  const places = [document.documentElement, ...document.querySelectorAll("#content, .drawer-body, .record-mid")];
  const scrolls = (node, place) => {
    for (let up = node.parentElement; up && up !== place; up = up.parentElement)
      if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(up).overflowX)) return true;
    return false;
  };
  return places.filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1).map((place) => {
    const edge = place.getBoundingClientRect().left + place.clientWidth + 1;
    const guilty = [...place.querySelectorAll("*")].filter((node) =>
      node.checkVisibility() && node.getBoundingClientRect().right > edge && !scrolls(node, place));
    const names = guilty.slice(0, 1).concat(guilty.slice(-1)).map((one) => `${one.tagName}.${one.className}`.slice(0, 60));
    return `${place.tagName} ${place.scrollWidth} > ${place.clientWidth}: ${names.join(", ")}`;
  });
}"""

# The middle of what has the focus is covered by something else: a bar that sticks, a foot.
_COVERED = """() => {
  const node = document.activeElement;
  if (!node || node === document.body || node.closest(".skip-link, .sr-only")) return "";
  const box = node.getBoundingClientRect();
  if (box.width < 2 || box.height < 2) return "";
  const at = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 10));
  if (!at || node.contains(at) || at.contains(node) || at.closest("label")?.control === node) return "";
  return `${node.outerHTML.slice(0, 90)} under ${at.outerHTML.slice(0, 60)}`;
}"""


class Eyes:
    """What was found wrong on the pages somebody opened, each as one readable line."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        self.at = ""
        page.on("console", lambda said: self._said(said.type, said.text))
        page.on("pageerror", lambda error: self._said("error", str(error)))
        page.add_init_script(AXE)

    def _said(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith(REPLACED):
            self.wrong.append(f"{self.at}: the console says {text[:200]}")

    def open(self, address: str) -> bool:
        """Go there; whether it answered with a page, and not with a download or a part of one."""
        self.at = address
        response = self.page.goto(address, wait_until="load")
        if response is None or response.status != 200:
            self.wrong.append(f"{address}: {response and response.status}")
            return False
        self._settle()
        return True

    def look(self, note: str, *rules: str) -> None:
        """Judge the page a click has led to."""
        self.at = self.page.url
        self._settle()
        self.judge(note, *rules)

    def _settle(self) -> None:
        self.page.locator(".htmx-request").first.wait_for(state="detached")  # parts that load by themselves

    def size(self, size: tuple[int, int]) -> None:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def begin(self) -> None:
        """The next page opens as on a desk and in light."""
        self.size(DESK)
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")

    def dark(self, on: bool) -> None:
        """Change what the system asks for; the colours have followed two frames later."""
        self.page.emulate_media(color_scheme="dark" if on else "light", reduced_motion="reduce")
        self.page.evaluate(_TWO_FRAMES)

    def judge(self, note: str, *rules: str, inside: bool = False) -> None:
        """Run axe, all of it or some rules, on everything or on what stands in the frame."""
        for one in self.page.evaluate(_RUN, [list(rules) or None, GRAVE, inside]):
            if one["impact"] in GRAVE:
                self.wrong.append(
                    f"{self.at} {note}: {one['rule']} {one['where']} {one['html']} ({one['why']})"
                )

    def measure(self, note: str) -> None:
        self.wrong += [f"{self.at} {note}: too wide {one}" for one in self.page.evaluate(_TOO_WIDE)]

    def tab_through(self, steps: int) -> None:
        """Press Tab so often; what has the focus is in sight each time."""
        for _step in range(steps):
            self.page.keyboard.press("Tab")
            if covered := self.page.evaluate(_COVERED):
                self.wrong.append(f"{self.at}: the focus is hidden: {covered}")


@contextmanager
def eyes_of(context: BrowserContext) -> Iterator[Eyes]:
    """A page of a signed-in browser with motion reduced, and what is found on it."""
    page = context.new_page()
    page.set_default_timeout(20_000)
    seen = Eyes(page)
    seen.begin()
    yield seen
