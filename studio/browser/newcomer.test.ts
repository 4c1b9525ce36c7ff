/** A newcomer's whole way through a real stack, with nothing in it yet: drop the songs of SEGUE_SONGS, make a mix, hear it. */

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { expect, test } from "vitest";

import { clockOf, complaints, misdeeds, page, SEGUE_URL, shoot, widths } from "./stage";

const { SEGUE_SONGS = "" } = process.env;
const SONGS = readdirSync(SEGUE_SONGS).map((name) => join(SEGUE_SONGS, name));
const NOT_A_SONG = {
  name: "notes.mp3",
  mimeType: "audio/mpeg",
  buffer: Buffer.from("no sounds\n".repeat(200)),
};
const PATIENCE_MS = 300_000;

/** Let go files over the page, as from a file manager. */
async function drop(files: { name: string; mimeType: string; buffer: Buffer }[]): Promise<void> {
  const told = files.map(({ name, mimeType, buffer }) => ({
    name,
    mimeType,
    base64: buffer.toString("base64"),
  }));
  const carried = await page.evaluateHandle((files) => {
    const transfer = new DataTransfer();
    for (const { name, mimeType, base64 } of files) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type: mimeType }));
    }
    return transfer;
  }, told);
  await page.dispatchEvent("body", "dragover", { dataTransfer: carried });
  await page.getByText("Let go to add them").waitFor();
  await page.dispatchEvent("body", "drop", { dataTransfer: carried });
}

test("an empty studio says what it is, in the browser's language and another", async () => {
  await page.goto(SEGUE_URL);
  await page.getByRole("heading", { name: "Segue makes a new song out of songs that exist." }).waitFor();
  expect(await complaints()).toEqual([]);
  await shoot("empty");
  await page.getByRole("button", { name: "Deutsch" }).click();
  await page.getByRole("heading", { name: "ein neues" }).waitFor();
  expect(await page.locator("html").getAttribute("lang")).toBe("de");
  await page.getByRole("button", { name: "English" }).click();
});

test("dropped songs are sent, decoded and drawn; what is no song is told by name", async () => {
  const files = SONGS.map((path) => ({
    name: basename(path),
    mimeType: "audio/flac",
    buffer: readFileSync(path),
  }));
  await drop([...files, NOT_A_SONG]);
  await page
    .locator("[data-song=ready]")
    .nth(SONGS.length - 1)
    .waitFor();
  await page
    .locator("[data-song=ready] svg")
    .nth(SONGS.length - 1)
    .waitFor();
  const rejected = page.locator("[data-song=rejected]");
  await rejected.waitFor();
  expect(await rejected.innerText()).toMatch(
    /notes[^]*Not an audio file[^]*Check that the file plays elsewhere/,
  );
  await drop(files.slice(0, 1));
  await page.locator("[data-upload=known]").getByText("was here already").waitFor();
  await page.getByRole("button", { name: /^Wishes/ }).click();
  await page.getByLabel("Judged by").waitFor();
  expect(await complaints()).toEqual([]);
  await shoot("songs");
});

test("one button makes a mix; its job survives a reload and a lost connection", async () => {
  await page.getByRole("button", { name: "Make a mix" }).click();
  await page.waitForURL(/#\/jobs\/[0-9a-f]{32}$/);
  await page.locator("[data-stage=running]").first().waitFor();
  expect(await complaints()).toEqual([]);
  await shoot("job");
  await page.reload();
  await page.locator("[data-stage=running]").first().waitFor();
  const before = misdeeds.length;
  await page.context().setOffline(true);
  await page.waitForTimeout(1000);
  await page.context().setOffline(false);
  await page.waitForURL(/#\/mixes\/[0-9a-f]{64}$/, { timeout: PATIENCE_MS });
  misdeeds.length = before; // The browser itself tells of requests that failed while it was cut off.
});

test("the mix sounds: the clock of the audio runs, and what plays is named", async () => {
  const slider = page.getByRole("slider", { name: "Place in the mix" });
  await slider.waitFor();
  await page.locator("canvas").first().waitFor();
  await page.keyboard.press("Space");
  await expect.poll(clockOf, { timeout: 30_000 }).toBeGreaterThan(1);
  expect(await page.evaluate(() => document.querySelector("audio")!.error)).toBeNull();
  const playing = await page.locator(".now strong").innerText();
  expect(await slider.getAttribute("aria-valuetext")).toContain(playing);
  await page.keyboard.press("Space");
  expect(await page.evaluate(() => document.querySelector("audio")!.paused)).toBe(true);
  const at = await clockOf();
  await page.keyboard.press("ArrowRight");
  // The clock stands some hundredths of a second behind what is told of it while it came to rest.
  expect(await clockOf()).toBeCloseTo(at + 5, 0);
  await page.keyboard.press("Home");
  expect(await clockOf()).toBe(0);
});

test("every chunk is in the colour of its song", async () => {
  const painted = await page.evaluate(() => {
    const host = document.querySelector("[role=slider] > div")!;
    const canvas = host.shadowRoot!.querySelector("canvas")!;
    const { data } = canvas.getContext("2d")!.getImageData(0, canvas.height / 2, canvas.width, 1);
    const columns = Array.from({ length: canvas.width }, (_, x) => [...data.slice(4 * x, 4 * x + 4)]);
    const seen = columns.filter((pixel) => pixel[3] === 255).map(([r, g, b]) => `${r},${g},${b}`);
    return [...new Set(seen)];
  });
  const wished = await page.evaluate(() =>
    [...document.querySelectorAll("section .swatch")].map((swatch) =>
      getComputedStyle(swatch).backgroundColor.replace(/rgb\(|\)| /g, ""),
    ),
  );
  expect(new Set(painted)).toEqual(new Set(wished));
});

test("a seam opens and says why", async () => {
  await page.keyboard.press("n");
  const card = page.getByRole("region", { name: "Seams" });
  await card.getByText("Speaks against it").waitFor();
  const score = await page.locator(".strip [aria-pressed=true] .unseen").innerText();
  expect(score.trim()).toMatch(/^Seam at \d+:\d\d, .+ to .+, score 0\.\d\d/);
  expect(await complaints()).toEqual([]);
  await shoot("mix");
  await page.emulateMedia({ colorScheme: "dark" });
  await shoot("mix-dark");
});

test("a phone shows all of it without scrolling sideways", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const [place, shown] of [
    [page.url(), "[role=slider]"],
    [`${SEGUE_URL}/#/`, "[data-song=ready]"],
  ] as const) {
    await page.goto(place);
    await page.locator(shown).first().waitFor();
    const [content, screen] = await widths();
    expect(content, place).toBeLessThanOrEqual(screen);
    await shoot(place.includes("mixes") ? "mix-phone" : "songs-phone");
  }
  expect(await complaints()).toEqual([]);
});

test("all files of the mix can be had", async () => {
  await page.setViewportSize({ width: 1200, height: 850 });
  await page.locator('a[href^="#/mixes/"]').first().click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download MP3" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^Segue.*\.mp3$/);
  expect(await download.failure()).toBeNull();
  for (const name of ["Cue sheet", "Report"]) {
    const path = await page.getByRole("link", { name }).getAttribute("href");
    expect((await page.request.get(`${SEGUE_URL}${path}`)).ok(), name).toBe(true);
  }
});

test("all the while it spoke to its gateway alone, and kept to its policy", () => {
  expect(misdeeds).toEqual([]);
});
