/**
 * The gateway is killed while a large file is sent, and while a mix is made; its supervisor starts it anew.
 *
 * SEGUE_SONGS     a folder of songs
 * SEGUE_STATE     the file in which the stack names the processes that run
 * See stage.ts for the others.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { complaints, misdeeds, page, SEGUE_URL } from "./stage";

const { SEGUE_SONGS = "", SEGUE_STATE = "" } = process.env;
const PATIENCE_MS = 300_000;
const LINE_BYTES_PER_S = 3_000_000;
const RATE_HZ = 44_100;
const LONG_S = 150;
const folder = mkdtempSync(join(tmpdir(), "segue-outages-"));
const LARGE = join(folder, "A long tone.wav");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A tone that comes and goes, as a stereo WAV of 26 MB: the gateway stores what comes in parts of 8 MiB. */
function longTone(): Buffer {
  const frames = RATE_HZ * LONG_S;
  const sound = Buffer.alloc(44 + 4 * frames);
  sound.write("RIFF", 0);
  sound.writeUInt32LE(36 + 4 * frames, 4);
  sound.write("WAVEfmt ", 8);
  sound.writeUInt32LE(16, 16);
  sound.writeUInt16LE(1, 20);
  sound.writeUInt16LE(2, 22);
  sound.writeUInt32LE(RATE_HZ, 24);
  sound.writeUInt32LE(4 * RATE_HZ, 28);
  sound.writeUInt16LE(4, 32);
  sound.writeUInt16LE(16, 34);
  sound.write("data", 36);
  sound.writeUInt32LE(4 * frames, 40);
  for (let frame = 0; frame < frames; frame += 1) {
    const s = frame / RATE_HZ;
    const level =
      9000 *
      Math.max(0, Math.sin(Math.PI * s) ** 3) *
      Math.sin(440 * Math.PI * s * (1 + Math.floor(s / 4) / 12));
    sound.writeInt16LE(Math.round(level), 44 + 4 * frame);
    sound.writeInt16LE(Math.round(level), 46 + 4 * frame);
  }
  return sound;
}

const gateway = () =>
  (JSON.parse(readFileSync(SEGUE_STATE, "utf8")) as { children: { gateway?: number } }).children.gateway;

/** Kill the gateway as a crash would; what the browser itself tells of what then failed is not the page's. */
async function killGateway(): Promise<number> {
  const pid = gateway()!;
  process.kill(pid, "SIGKILL");
  await expect.poll(gateway, { timeout: 30_000 }).not.toBe(pid);
  return pid;
}

beforeAll(async () => {
  writeFileSync(LARGE, longTone());
  await page.goto(SEGUE_URL);
  const songs = readdirSync(SEGUE_SONGS).map((name) => join(SEGUE_SONGS, name));
  await page.locator("[data-files]").setInputFiles(songs);
  await page
    .locator("[data-song=ready]")
    .nth(songs.length - 1)
    .waitFor();
}, PATIENCE_MS);

test("a large file goes on where it was when the gateway is back", async () => {
  const line = await page.context().newCDPSession(page);
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: LINE_BYTES_PER_S };
  await line.send("Network.enable");
  await line.send("Network.emulateNetworkConditions", slow);
  const offsets: number[] = [];
  page.on("request", (request) => {
    if (request.method() === "PATCH") offsets.push(Number(request.headers()["upload-offset"]));
  });
  await page.locator("[data-files]").setInputFiles(LARGE);
  const row = page.locator("[data-upload=sending]").filter({ hasText: "A long tone" });
  await row.getByText(/\b[5-8]\d %/).waitFor();
  await killGateway();
  await row.getByText("The connection is lost; it goes on by itself").waitFor();
  await page
    .locator("[data-song=ready]")
    .filter({ hasText: "A long tone" })
    .waitFor({ timeout: PATIENCE_MS });
  await line.detach();
  expect(offsets[0]).toBe(0);
  expect(offsets.length).toBeGreaterThan(1);
  expect(Math.min(...offsets.slice(1))).toBeGreaterThan(0);
  expect(await complaints()).toEqual([]);
});

test("a job goes on, and so does its page, when the gateway is back", async () => {
  await page.getByRole("button", { name: "Make a mix" }).click();
  await page.waitForURL(/#\/jobs\/[0-9a-f]{32}$/);
  await page.locator("[data-stage=running]").first().waitFor();
  const job = page.url();
  await killGateway();
  await page.waitForURL(/#\/mixes\/[0-9a-f]{64}$/, { timeout: PATIENCE_MS });
  await page.getByRole("slider", { name: "Place in the mix" }).waitFor();
  const told = await page.request.get(job.replace("/#/jobs/", "/v1/jobs/"));
  expect(((await told.json()) as { state: string }).state).toBe("succeeded");
});

test("but for requests that nobody answered, nothing failed", () => {
  expect(misdeeds.filter((one) => !one.startsWith("Failed to load resource"))).toEqual([]);
});
