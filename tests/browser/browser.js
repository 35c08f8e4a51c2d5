// A browser, and what the tests do with it over and over. SITE is a running `accolade demo`.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

export const { SITE, SHOTS, CHROMIUM } = process.env;
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1280, height: 900 };

let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
});
after(() => browser?.close());

/** Runs `visit` with a page of its own; any complaint of the browser fails the test. */
export async function visit(options, visit) {
  const context = await browser.newContext({ viewport: DESK, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
  });
  try {
    await visit(page);
    assert.deepEqual(complaints, [], "the browser complains");
  } finally {
    await context.close();
  }
}

const claimLinks = new Map();

/** The claim link of the nth mail of the outbox. */
export async function claimLink(page, nth) {
  if (!claimLinks.has(nth)) {
    await page.goto(`${SITE}/dev/outbox`);
    await page.locator(".mails a").nth(nth).click();
    const link = new URL(await page.getByRole("link", { name: "Follow the claim link" }).getAttribute("href"));
    // Mails speak their learner's language, and their links with them; these tests speak English, as the browser does.
    link.search = "";
    claimLinks.set(nth, link.href);
  }
  return claimLinks.get(nth);
}

/** Presses Tab until `wanted` has the focus. */
export async function tabTo(page, wanted) {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    const there = await wanted.evaluate((element) => element === element.ownerDocument.activeElement);
    if (there) return;
  }
  assert.fail("Tab does not reach it");
}

/** What axe finds, of whatever level. It is run by the debugger: the pages' policy allows no script. */
export async function findings(page) {
  await page.evaluate(AXE);
  const { passes, violations } = await page.evaluate(() => globalThis.axe.run());
  assert.ok(passes.length > 10, "axe looked at the page");
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** By how many pixels the page is wider than the window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}
