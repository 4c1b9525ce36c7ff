/**
 * A page in a real browser, and what is asked of every page.
 *
 * SEGUE_URL       the gateway
 * SEGUE_BROWSER   a Chromium
 * SEGUE_SHOTS     a folder for screenshots; none are taken without it
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { chromium, type Page } from "playwright-core";

const { SEGUE_URL = "", SEGUE_BROWSER = "", SEGUE_SHOTS } = process.env;
const AXE = readFileSync(join(import.meta.dirname, "../node_modules/axe-core/axe.min.js"), "utf8");
export const DESK = { width: 1200, height: 850 };
export const PHONE = { width: 360, height: 740 };

export interface Opened {
  page: Page;
  /** What the page must never do: speak to another host, break its policy, or fail by itself. */
  misdeeds: string[];
  close(): Promise<void>;
}

export async function openPage(): Promise<Opened> {
  const browser = await chromium.launch({
    executablePath: SEGUE_BROWSER,
    args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
  });
  const page = await browser.newPage({ viewport: DESK, locale: "en-GB", colorScheme: "light" });
  page.setDefaultTimeout(150_000);
  const misdeeds: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(`${SEGUE_URL}/`) && !request.url().startsWith("data:")) {
      misdeeds.push(`asks ${request.url()}`);
    }
  });
  page.on("console", (message) => {
    if (message.type() === "error") misdeeds.push(message.text());
  });
  page.on("pageerror", (error) => misdeeds.push(String(error)));
  return { page, misdeeds, close: () => browser.close() };
}

export async function shoot(page: Page, name: string): Promise<void> {
  if (SEGUE_SHOTS) await page.screenshot({ path: join(SEGUE_SHOTS, `${name}.png`), fullPage: true });
}

/** Return what axe finds, in both lights: rule and elements. */
export async function complaints(page: Page): Promise<string[]> {
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

/** Return by how many pixels a page is wider than its window. */
export function tooWide(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** From which sum of shifts on a page feels as if it jumped, by Web Vitals. */
export const JUMPY = 0.1;

/** Return the sum of all shifts of the layout since the page was loaded, that nobody has asked for. */
export function shifts(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean };
        const add = (sum: number, one: Shift) => sum + (one.hadRecentInput ? 0 : one.value);
        new PerformanceObserver((list) => resolve((list.getEntries() as Shift[]).reduce(add, 0))).observe({
          type: "layout-shift",
          buffered: true,
        });
        // Where nothing has shifted the observer is never called.
        setTimeout(() => resolve(0), 500);
      }),
  );
}
