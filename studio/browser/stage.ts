/**
 * What every way needs: a page in a browser, before a gateway, watched for what it must never do.
 *
 * SEGUE_URL       the gateway
 * SEGUE_BROWSER   a Chromium; without it the one of the packages beside this file
 * SEGUE_SHOTS     a folder for screenshots; none are taken without it
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { ConsoleMessage, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";

import { launch } from "./launching";

const { SEGUE_SHOTS } = process.env;
export const { SEGUE_URL = "" } = process.env;
const AXE = readFileSync(join(import.meta.dirname, "../node_modules/axe-core/axe.min.js"), "utf8");

export let page: Page;
/** What the page must never do: speak to another host, break its policy, or fail by itself. */
export const misdeeds: string[] = [];

let end = async (): Promise<void> => {};

beforeAll(async () => {
  const launched = await launch();
  end = launched.end;
  page = await launched.browser.newPage({
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
    if (message.type() === "error" && !isPatience(message)) misdeeds.push(message.text());
  });
  page.on("pageerror", (error) => misdeeds.push(String(error)));
});

afterAll(() => end());

/** Where no sound comes in time, as on a machine with too much to do, a radio says so, and is asked again. */
function isPatience(message: ConsoleMessage): boolean {
  return /\/v1\/radio\//.test(message.location().url) && message.text().includes("503");
}

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

/** Where the mix plays, in seconds. */
export const clockOf = () => page.evaluate(() => document.querySelector("audio")!.currentTime);

/** How far the page reaches sideways, and how wide the screen is. */
export const widths = () =>
  page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth] as const);

/** From which sum of shifts on a page feels as if it jumped, by Web Vitals. */
export const JUMPY = 0.1;

/** Return the sum of all shifts of the layout since the page was loaded, that nobody has asked for. */
export const shifts = () =>
  page.evaluate(
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

const MOST_STOPS = 400;

/** Walk a page that was just loaded by Tab; return what is never reached, or does not show that it is. */
export async function unreachedByTab(): Promise<string[]> {
  const wanted = await page.evaluateHandle(() => {
    const all = document.querySelectorAll<HTMLElement>("a[href], button, input, select, summary, [tabindex]");
    // Of radio buttons Tab reaches one, and arrows the others.
    const apart = (one: HTMLElement) => one.matches(":disabled, [type=radio]") || one.tabIndex < 0;
    return new Map(
      [...all].filter((one) => !apart(one) && one.checkVisibility()).map((one) => [one, "unreached"]),
    );
  });
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    await page.keyboard.press("Tab");
    const isOver = await wanted.evaluate((found) => {
      const here = document.activeElement as HTMLElement;
      if (found.get(here) === "reached") return true;
      const { outlineStyle, boxShadow } = getComputedStyle(here);
      if (found.has(here))
        found.set(here, outlineStyle === "none" && boxShadow === "none" ? "unmarked" : "reached");
      return false;
    });
    if (isOver) break;
  }
  return wanted.evaluate((found) =>
    [...found]
      .filter(([, how]) => how !== "reached")
      .map(([one, how]) => `${how}: ${one.outerHTML.slice(0, 200)}`),
  );
}
