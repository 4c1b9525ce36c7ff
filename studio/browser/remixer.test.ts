/** Someone who comes back to a mix: changes it, goes back, looks at its map, compares two versions blind. */

import { expect, test } from "vitest";

import { complaints, JUMPY, misdeeds, page, SEGUE_URL, shifts, shoot, unreachedByTab, widths } from "./stage";

const PATIENCE_MS = 300_000;
const MIX = /#\/mixes\/([0-9a-f]{64})$/;

interface Told {
  sequence: { song: string; chunk: number; pinned: boolean; seam: { manner: string } | null }[];
  edits: { done: string }[];
}
/** The mix that a newcomer made, the version made of it here, and what it was made of. */
let first = "";
let second = "";
let seamAt = 0;
/** The page of a comparison. */
let comparing = "";
let swapped = { position: 0, song: "", chunk: 0 };

const idOf = () => MIX.exec(page.url())![1]!;
const numberShown = async () =>
  Number(/\d+/.exec(await page.getByRole("heading", { name: /^Chunk \d+ of/ }).innerText())![0]);

async function ask<T>(path: string): Promise<T> {
  const answer = await page.request.get(`${SEGUE_URL}/v1/${path}`);
  expect(answer.ok(), path).toBe(true);
  return (await answer.json()) as T;
}

test("a seam is heard as it would be, while the mix is silent", async () => {
  await page.goto(SEGUE_URL);
  await page.locator('a[href^="#/mixes/"]').first().click();
  await page.getByRole("slider", { name: "Place in the mix" }).waitFor();
  first = idOf();
  await page.keyboard.press("n");
  await page.getByLabel("Make it").selectOption("cut");
  await page.keyboard.press("Home");
  await page.getByRole("button", { name: "Preview" }).click();
  const clock = () =>
    page.evaluate(() => document.querySelector<HTMLAudioElement>("[data-snippet]")!.currentTime);
  await expect.poll(clock, { timeout: PATIENCE_MS }).toBeGreaterThan(0.5);
  expect(await page.evaluate(() => document.querySelector("audio")!.paused)).toBe(true);
  await page.getByRole("button", { name: "Stop" }).click();
  seamAt = (await numberShown()) - 1;
  await page.getByRole("button", { name: "Keep for the next version" }).click();
  await page.getByText(`Seam before chunk ${seamAt + 1}: a hard cut`).waitFor();
});

test("a chunk is swapped for one of the next best, and another pinned, by keyboard alone", async () => {
  await page.keyboard.press("e");
  const { sequence } = await ask<Told>(`mixes/${first}/report`);
  // Away from the seam: a change of its chunks would make another seam of it.
  swapped.position = seamAt > 4 ? 1 : sequence.length - 2;
  while ((await numberShown()) - 1 !== swapped.position) {
    const name = (await numberShown()) - 1 < swapped.position ? "Next chunk" : "Previous chunk";
    await page.getByRole("button", { name }).press("Enter");
  }
  await page.getByRole("button", { name: "Swap", exact: true }).press("Enter");
  const taking = page.getByRole("button", { name: /^Take / });
  await taking.first().waitFor({ timeout: PATIENCE_MS });
  const { candidates } = await ask<{ candidates: { song: string; chunk: number }[] }>(
    `mixes/${first}/chunks/${swapped.position}/candidates`,
  );
  // The least of them, so that it was chosen and is not what a swap takes by itself, where there are several.
  const { song, chunk } = candidates.at(-1)!;
  swapped = { ...swapped, song, chunk };
  await taking.last().press("Enter");
  expect(await taking.last().getAttribute("aria-pressed")).toBe("true");
  await page.getByRole("button", { name: "Previous chunk" }).press("Enter");
  await page.getByRole("button", { name: "Pin", exact: true }).press("Enter");
  await page.getByRole("button", { name: "Next chunk" }).press("Enter");
  expect(await complaints()).toEqual([]);
  await shoot("changes");
});

test("what was chosen becomes a new version, and a step back leads to the old one", async () => {
  await page.getByRole("button", { name: "Make the new version (3 changes)" }).press("Enter");
  await page.waitForURL((url) => MIX.test(url.hash) && !url.hash.endsWith(first), { timeout: PATIENCE_MS });
  second = idOf();
  await page.getByText("this one").waitFor();
  const { sequence, edits } = await ask<Told>(`mixes/${second}/report`);
  expect(edits).toHaveLength(3);
  const { song, chunk } = sequence[swapped.position]!;
  expect({ position: swapped.position, song, chunk }).toEqual(swapped);
  expect(sequence[swapped.position - 1]!.pinned).toBe(true);
  expect(sequence[seamAt]!.seam!.manner).toBe("cut");
  await shoot("version");
  await page.keyboard.press("z");
  await page.waitForURL((url) => url.hash.endsWith(first));
  await page.getByRole("link", { name: /^Pin|^Chunk|; / }).waitFor();
  await page.getByRole("link", { name: /^Pin|^Chunk|; / }).click();
  await page.waitForURL((url) => url.hash.endsWith(second));
});

test("the map shows the way through the pool, and a point of it chooses its chunk", async () => {
  await page.getByRole("button", { name: "Draw the map" }).click();
  const way = page.locator("polyline");
  await way.waitFor({ state: "attached", timeout: PATIENCE_MS });
  const { sequence } = await ask<Told>(`mixes/${second}/report`);
  expect((await way.getAttribute("points"))!.trim().split(" ")).toHaveLength(sequence.length);
  const { points, path } = await ask<{ points: unknown[]; path: number[] }>(`mixes/${second}/map`);
  expect(path).toHaveLength(sequence.length);
  expect(points.length).toBeGreaterThan(path.length);
  const before = await numberShown();
  const other = page.locator("svg circle:not(.here)").nth(before === 3 ? 4 : 2);
  await other.click({ force: true });
  await expect.poll(numberShown).not.toBe(before);
  expect(await complaints()).toEqual([]);
  await shoot("map");
  await page.emulateMedia({ colorScheme: "dark" });
  await shoot("map-dark");
});

test("two versions are compared blind, and the vote is kept for the one that was meant", async () => {
  await page.getByRole("link", { name: "Compare", exact: true }).click();
  await page.getByRole("heading", { name: "A blind comparison" }).waitFor();
  const better = page.getByRole("button", { name: "The second is better" });
  await better.waitFor();
  expect(await better.isDisabled()).toBe(true);
  const clocks = () =>
    page.evaluate(() => [...document.querySelectorAll("audio")].map((audio) => audio.currentTime));
  await page.keyboard.press("1");
  await expect.poll(async () => (await clocks())[0]).toBeGreaterThan(0.5);
  await page.keyboard.press("2");
  await expect.poll(async () => (await clocks())[1]).toBeGreaterThan(1);
  expect(await page.locator("main").innerText()).not.toContain("judged by");
  expect(await complaints()).toEqual([]);
  await shoot("compare");
  await better.press("Enter");
  await page.getByText("Kept. This is what they were:").waitFor();
  const liked = page.locator("dd", { hasText: "you liked this one better" });
  const chosen = MIX.exec((await liked.locator("a").getAttribute("href"))!)![1];
  const { items } = await ask<{ items: { a: string; b: string; choice: "a" | "b" }[] }>("votes");
  expect(items).toHaveLength(1);
  expect(items[0]![items[0]!.choice as "a" | "b"]).toBe(chosen);
  expect(new Set([items[0]!.a, items[0]!.b])).toEqual(new Set([first, second]));
  await shoot("compared");
  comparing = page.url();
});

test("Tab reaches all that can be used, and shows where it is", async () => {
  for (const [place, shown] of [
    [`${SEGUE_URL}/#/`, "[data-song=ready]"],
    [`${SEGUE_URL}/#/mixes/${second}`, "[role=slider]"],
  ] as const) {
    await page.goto("about:blank");
    await page.goto(place);
    await page.locator(shown).first().waitFor();
    await page.waitForLoadState("networkidle");
    expect(await unreachedByTab(), place).toEqual([]);
    expect(await shifts(), place).toBeLessThan(JUMPY);
  }
});

test("a phone shows all of it without scrolling sideways", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const [name, place, heading] of [
    ["compare-phone", comparing, "A blind comparison"],
    ["changes-phone", `${SEGUE_URL}/#/mixes/${second}`, "Versions"],
  ] as const) {
    await page.goto(place);
    await page.getByRole("heading", { name: heading }).waitFor();
    const [content, screen] = await widths();
    expect(content, place).toBeLessThanOrEqual(screen);
    await shoot(name);
  }
  expect(await complaints()).toEqual([]);
});

test("all the while it spoke to its gateway alone, and kept to its policy", () => {
  expect(misdeeds).toEqual([]);
});
