/**
 * The Chromium that a way is walked in: the one that SEGUE_BROWSER names, or the one of the packages beside this file.
 *
 * That one comes compressed, with the libraries and the font that it needs, so that a bare machine can run it; it is
 * unpacked into a folder of its own for the length of a run.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium, type Browser } from "playwright-core";

const { SEGUE_BROWSER } = process.env;
/** Named like this, its types are not asked for: who only checks the page's has not installed it. */
const PACKAGE: string = "@sparticuz/chromium";
/** The sound of a page that nobody has touched is wanted, and the sandbox refuses to work for root. */
const ARGUMENTS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"];

/** Start a browser; returns it, and what ends it and leaves nothing behind. */
export async function launch(): Promise<{ browser: Browser; end: () => Promise<void> }> {
  const folder = SEGUE_BROWSER ? null : mkdtempSync(join(tmpdir(), "segue-browser-"));
  const executablePath = folder === null ? SEGUE_BROWSER! : await unpack(folder);
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  return {
    browser,
    async end() {
      await browser.close();
      if (folder !== null) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Unpack the packages' Chromium; returns its path. */
async function unpack(folder: string): Promise<string> {
  process.env.TMPDIR = folder;
  // Else it leaves out the libraries, and takes those of the machine.
  process.env.AWS_EXECUTION_ENV = "AWS_Lambda_nodejs22.x";
  const packed = (await import(PACKAGE)) as { default: { executablePath(): Promise<string> } };
  const path = await packed.default.executablePath();
  // Its own looks for fonts where nothing is unpacked here, and text without a font has no height.
  const [fonts, cache] = [join(folder, "fonts"), join(folder, "fonts-cache")];
  const settings = `<fontconfig><dir>${fonts}</dir><cachedir>${cache}</cachedir></fontconfig>`;
  writeFileSync(join(fonts, "fonts.conf"), `<?xml version="1.0"?>\n${settings}\n`);
  return path;
}
