/**
 * The pages beside the mix, in a real browser on a real stack: a song, models, the radio, the queue.
 *
 * SEGUE_SONGS     a folder of five songs; what else there is does not matter
 * See stage.ts for the others.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, expect, test, vi } from "vitest";

import { complaints, JUMPY, misdeeds, page, SEGUE_URL, shifts, shoot, widths } from "./stage";

const { SEGUE_SONGS = "" } = process.env;
const DESK = { width: 1200, height: 850 };
const PHONE = { width: 360, height: 740 };
const V1 = `${SEGUE_URL}/v1`;
const NAMES = readdirSync(SEGUE_SONGS);

/** Ids of the songs, in the order of their names. */
const songs: string[] = [];
const titles: string[] = [];
/** The page of the model that is fitted here. */
let model = "";

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(`${V1}${path}`, init);
  expect(answer.ok, `${path}: ${answer.status}`).toBe(true);
  return (await answer.json()) as T;
}

const post = <T>(path: string, body: unknown) =>
  ask<T>(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });

/** Ask again and again, for as long as a loaded machine may take. */
const poll: typeof expect.poll = (look, how = {}) => expect.poll(look, { timeout: 60_000, ...how });

beforeAll(async () => {
  for (const name of NAMES) {
    const body = readFileSync(join(SEGUE_SONGS, name));
    const query = new URLSearchParams({ name });
    songs.push((await ask<{ id: string }>(`/songs?${query}`, { method: "POST", body })).id);
  }
  for (const id of songs) {
    const state = async () => (await ask<{ state: string }>(`/songs/${id}`)).state;
    await vi.waitFor(async () => expect(await state()).toBe("ready"), { timeout: 120_000, interval: 300 });
    titles.push((await ask<{ title: string }>(`/songs/${id}`)).title);
  }
}, 200_000);

test("a song shows where it may be cut, and lets any chunk be heard", async () => {
  await page.goto(SEGUE_URL);
  await page.getByRole("link", { name: titles[0]!, exact: true }).click();
  await page.getByRole("heading", { level: 1, name: titles[0]! }).waitFor();
  await page.getByRole("combobox").last().selectOption("equal");
  await page.getByRole("button", { name: "Cut it now" }).click();
  const strip = page.getByRole("list", { name: "Chunks of the song" });
  const chunks = strip.getByRole("button");
  await page.getByRole("option", { name: /^in equal pieces: \d+ chunk/ }).waitFor({ state: "attached" });
  const { items } = await ask<{ items: { song: string; cut: { method: string }; chunk_count: number }[] }>(
    "/cuts?limit=200",
  );
  const cut = items.find((one) => one.song === songs[0] && one.cut.method === "equal")!;
  await poll(() => chunks.count()).toBe(cut.chunk_count);
  const [sound] = await Promise.all([page.waitForResponse(/\/chunks\/1\/audio$/), chunks.nth(1).click()]);
  expect(sound.status()).toBeLessThan(300);
  await page.locator("button[aria-pressed=true]").and(chunks.nth(1)).waitFor();
  await page.keyboard.press("ArrowRight");
  await poll(() => chunks.nth(2).evaluate((one) => one === document.activeElement)).toBe(true);
  await Promise.all([page.waitForResponse(/\/chunks\/2\/audio$/), page.keyboard.press("Space")]);
  // It sounds to its end, five seconds later, and then no more.
  await poll(() => page.locator("button[aria-pressed=true]").and(chunks.nth(2)).count()).toBe(1);
  await poll(() => strip.locator("[aria-pressed=true]").count(), { timeout: 30_000 }).toBe(0);
  expect(await complaints()).toEqual([]);
  await shoot("song");
});

test("a model is fitted with the settings that were chosen, and leads to its page", async () => {
  await page.getByRole("link", { name: "Models" }).click();
  const form = page.getByRole("form", { name: "Fit a model" });
  await form.getByLabel("Approach").selectOption("linear");
  await form.getByLabel("Cut").selectOption("equal");
  await form.getByText("Single settings").click();
  await form.getByLabel("random cuts per song").fill("40");
  expect(await complaints()).toEqual([]);
  await shoot("models-fit");
  await form.getByRole("button", { name: "Fit it" }).click();
  await page.waitForURL(/#\/jobs\//);
  await page.waitForURL(/#\/models\/[0-9a-f]{64}$/);
  await page.getByText("It was solved in closed form").waitFor();
  model = page.url();
  const { settings } = await ask<{ settings: Record<string, unknown> }>(`/models/${model.slice(-64)}`);
  expect(settings).toMatchObject({ random_cuts_per_song: 40, ridge: 0.1 });
});

test("the radio plays, tells what plays, and heeds what is wished", async () => {
  await page.getByRole("link", { name: "Radio" }).click();
  await page.getByRole("button", { name: "Start the radio" }).waitFor();
  expect(await complaints()).toEqual([]);
  await shoot("radios");
  await page.getByRole("button", { name: "Start the radio" }).click();
  await page.waitForURL(/#\/radio\/[0-9a-f]{64}\/0$/);
  await page.getByRole("button", { name: "Play the radio" }).click();
  await page.getByRole("status").getByText("On air", { exact: true }).waitFor();
  const playing = page.locator("[data-playing]");
  await poll(() => playing.innerText()).not.toBe("");
  const first = await playing.innerText();
  expect(titles).toContain(first);
  await page.keyboard.press("n");
  await page.getByText(`Leaving ${first}.`).waitFor();
  await poll(() => playing.innerText(), { timeout: 120_000 }).not.toBe(first);
  await page.getByRole("button", { name: "Never play this passage" }).click();
  await page.getByText("is not played any more").waitFor();
  expect(await complaints()).toEqual([]);
  await shoot("radio");
  const pool = page.url().slice(-66, -2);
  // It goes on elsewhere, until it is switched off.
  await page.goto(model);
  await page.goBack();
  await page.getByRole("button", { name: "Stop the radio" }).click();
  await page.getByText("Not on air").waitFor();
  await expect
    .poll(async () => (await ask<{ listeners: number }>(`/radio/${pool}`)).listeners, { timeout: 30_000 })
    .toBe(0);
});

test("the report on a model comes by itself, and ranks it beside the baselines", async () => {
  await page.goto(model);
  await page.getByRole("table", { name: "How well it judges" }).waitFor();
  const chart = page.getByRole("img", { name: "MRR: By the gap at the cut" });
  await poll(() => chart.locator(".line").count()).toBeGreaterThan(2);
  await page.getByText("As a table").click();
  await page.getByRole("row", { name: /^0.1/ }).waitFor();
  expect(await complaints()).toEqual([]);
  await shoot("model");
  await page.getByRole("link", { name: "Models" }).first().click();
  const board = page.getByRole("table", { name: "Leaderboard" });
  await board.getByRole("rowheader", { name: "spectral" }).waitFor();
  expect(await complaints()).toEqual([]);
  await shoot("models");
});

test("the queue shows who works and what is under way, and cancels it", async () => {
  await page.getByRole("link", { name: "Queue" }).click();
  for (const queue of ["chunker", "trainer", "assembler"]) {
    await page.locator(`[data-queue=${queue}]`).waitFor();
    expect(Number(await page.locator(`[data-queue=${queue}]`).getAttribute("data-alive"))).toBeGreaterThan(0);
  }
  const training = { approach: "binary", preset: "seed", seed: Date.now() % 1_000_000 };
  const job = await post<{ id: string }>("/models", { songs, training });
  const row = page.locator("[data-job=queued], [data-job=running]").filter({ hasText: "Fit a model" });
  await row.getByRole("progressbar").waitFor();
  expect(await complaints()).toEqual([]);
  await shoot("queue");
  await row.getByRole("button", { name: "Cancel: Fit a model" }).click();
  await page.locator("[data-job=cancelled]").first().waitFor();
  expect((await ask<{ state: string }>(`/jobs/${job.id}`)).state).toBe("cancelled");
});

test("a phone shows each page without scrolling sideways, in the other language", async () => {
  await page.goto(SEGUE_URL);
  await page.getByRole("button", { name: "Deutsch" }).click();
  await page.setViewportSize(PHONE);
  const places = ["#/radio", "#/models", "#/queue", `#/songs/${songs[0]}`];
  for (const [index, place] of places.entries()) {
    await page.goto("about:blank"); // What shifts is counted from a page's loading on.
    await page.goto(`${SEGUE_URL}/${place}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.locator(".panel").first().waitFor();
    const [content, screen] = await widths();
    expect(content, place).toBeLessThanOrEqual(screen);
    expect(await shifts(), place).toBeLessThan(JUMPY);
    expect(await complaints(), place).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    await shoot(`phone-${index}`);
  }
  await page.setViewportSize(DESK);
});

test("the API is described by a page that asks no other host either", async () => {
  await page.goto(`${SEGUE_URL}/docs`);
  await page.getByRole("heading", { name: /^Segue/ }).waitFor();
  await page.getByText("/v1/leaderboard").first().waitFor();
  await shoot("api");
});

test("all the while it spoke to its gateway alone, and kept to its policy", () => {
  expect(misdeeds).toEqual([]);
});
