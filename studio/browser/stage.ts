/**
 * What every way needs: a page in a browser, before a gateway, watched for what it must never do.
 *
 * SEGUE_URL       the gateway
 * SEGUE_BROWSER   a Chromium
 * SEGUE_SHOTS     a folder for screenshots; none are taken without it
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";

const { SEGUE_BROWSER = "", SEGUE_SHOTS } = process.env;
export const { SEGUE_URL = "" } = process.env;
const AXE = readFileSync(join(import.meta.dirname, "../node_modules/axe-core/axe.min.js"), "utf8");

export let page: Page;
/** What the page must never do: speak to another host, break its policy, or fail by itself. */
export const misdeeds: string[] = [];

let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: SEGUE_BROWSER,
    args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
  });
  page = await browser.newPage({
    viewport: { width: 1200, height: 850 },
    locale: "en-GB",
    colorScheme: "light",
  });
  page.setDefaultTimeout(150_000);
  page.on("request", (request) => {
    if (!request.url().startsWith(`${SEGUE_URL}/`) && !request.url().startsWith("data:")) {
      misdeeds.push(`asks ${request.url()}`);
    }
  });
  page.on("console", (message) => {
    if (message.type() === "error") misdeeds.push(message.text());
  });
  page.on("pageerror", (error) => misdeeds.push(String(error)));
});

afterAll(() => browser?.close());

export async function shoot(name: string): Promise<void> {
  if (SEGUE_SHOTS) await page.screenshot({ path: join(SEGUE_SHOTS, `${name}.png`), fullPage: true });
}

/** Return what axe finds, in both lights: rule and elements. */
export async function complaints(): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // Outside the page's own policy, which would refuse it.
    if (!(await page.evaluate("'axe' in window"))) await page.evaluate(AXE);
    const violations = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
      // It would copy style sheets of shadow roots into the page, which the policy refuses it.
      "axe.run({ preload: false }).then((result) => result.violations)",
    );
    found.push(...violations.map((one) => `${colorScheme} ${one.id}: ${one.nodes.map((node) => node.html)}`));
  }
  return found;
}

/** How far the page reaches sideways, and how wide the screen is. */
export const widths = () =>
  page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth] as const);
