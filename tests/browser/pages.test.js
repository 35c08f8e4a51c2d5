// The pages as people use them. SITE is a running `accolade demo`.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { readCertificate } from "./certificate.js";

const { SITE, SHOTS, CHROMIUM } = process.env;
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };

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
async function visit(options, visit) {
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
async function claimLink(page, nth) {
  if (!claimLinks.has(nth)) {
    await page.goto(`${SITE}/dev/outbox`);
    await page.locator(".mails a").nth(nth).click();
    claimLinks.set(nth, await page.getByRole("link", { name: "Follow the claim link" }).getAttribute("href"));
  }
  return claimLinks.get(nth);
}

/** Presses Tab until `wanted` has the focus. */
async function tabTo(page, wanted) {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    const there = await wanted.evaluate((element) => element === element.ownerDocument.activeElement);
    if (there) return;
  }
  assert.fail("Tab does not reach it");
}

/** What axe finds that matters. It is run by the debugger: the pages' policy allows no script. */
async function findings(page) {
  await page.evaluate(AXE);
  const { passes, violations } = await page.evaluate(() => globalThis.axe.run());
  assert.ok(passes.length > 10, "axe looked at the page");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

test("a badge is claimed with the keyboard alone, without JavaScript", async () => {
  await visit({ viewport: PHONE, javaScriptEnabled: false }, async (page) => {
    await page.goto(`${SITE}/dev/outbox`);
    assert.ok((await page.locator(".mails li").count()) > 0, "the demo has sent mails");
    await tabTo(page, page.locator(".mails a").first());
    await page.keyboard.press("Enter");
    await tabTo(page, page.getByRole("link", { name: "Follow the claim link" }));
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/claim\//);
    const link = page.url();
    await page.screenshot({ path: `${SHOTS}/claim-phone.png`, fullPage: true });

    await page.keyboard.press("Tab");
    const skip = page.getByRole("link", { name: "Skip to content" });
    assert.ok(await skip.evaluate((element) => element === document.activeElement), "the first stop skips the header");
    await tabTo(page, page.getByRole("button", { name: "Claim this badge" }));
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/credentials\//);
    assert.match(await page.locator(".holder").innerText(), /\S+ \S+/);
    await page.screenshot({ path: `${SHOTS}/credential-phone.png`, fullPage: true });

    const id = new URL(page.url()).pathname.split("/").pop();
    await page.goto(link);
    await page.getByRole("link", { name: "Open your badge" }).click();
    assert.ok(page.url().endsWith(`/credentials/${id}`), "the link leads to the badge from now on");
  });
});

test("the claim link inside the mail works, too", async () => {
  await visit({}, async (page) => {
    await page.goto(`${SITE}/dev/outbox`);
    await page.locator(".mails a").nth(1).click();
    const mail = page.frameLocator("iframe");
    await mail.getByRole("link", { name: "See and claim your badge" }).click();
    await page.waitForURL(/\/claim\//);
    await page.getByRole("button", { name: "Claim this badge" }).click();
    await page.waitForURL(/\/credentials\//);
  });
});

test("the badge can be downloaded in every form", async () => {
  await visit({}, async (page) => {
    await page.goto(await claimLink(page, 0));
    await page.getByRole("link", { name: "Open your badge" }).click();
    const address = page.url();
    for (const [name, begins] of [["Image (PNG)", "\x89PNG"], ["Image (SVG)", "<"], ["Credential (JSON)", "{"]]) {
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
      assert.match(download.suggestedFilename(), /^[a-z0-9-]+\.(png|svg|json)$/);
      const content = await readFile(await download.path(), "latin1");
      assert.ok(content.startsWith(begins), `${name} is what it says`);
      if (name !== "Credential (JSON)") assert.match(content, /openbadge/, `${name} carries the credential`);
    }
    const document = await page.request.get(address, { headers: { accept: "application/vc" } });
    assert.equal(document.headers()["content-type"], "application/vc+ld+json");
    assert.equal((await document.json()).id, address);
    assert.equal(await document.text(), await (await page.request.get(`${address}.json`)).text());
  });
});

test("the certificate can be printed, copied from and scanned", async () => {
  await visit({}, async (page) => {
    await page.goto(await claimLink(page, 0));
    await page.getByRole("link", { name: "Open your badge" }).click();
    const address = page.url();
    const badge = await page.getByRole("heading", { level: 1 }).innerText();
    const holder = await page.locator(".holder strong").innerText();
    const link = page.getByRole("link", { name: "Certificate to print (PDF)" });
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    assert.match(download.suggestedFilename(), /^[a-z0-9-]+\.pdf$/);
    const { pages, text, code, info, size } = await readCertificate(await readFile(await download.path()));
    assert.deepEqual([pages, size], [1, [842, 595]], "one page of A4, landscape");
    const lines = text.split("\n");
    for (const line of ["Example University", holder, badge, address]) assert.ok(lines.includes(line), line);
    assert.equal(code, address, "the QR code leads to the public page");
    assert.deepEqual([info.Title, info.Author, info.Language], [`${badge}: ${holder}`, "Example University", "en"]);
  });
});

const looks = [];
for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of [["phone", PHONE], ["desk", DESK]]) looks.push({ size, colorScheme, viewport });
}

for (const { size, colorScheme, viewport } of looks) {
  test(`every page is accessible: ${size}, ${colorScheme}`, async () => {
    await visit({ viewport, colorScheme }, async (page) => {
      const claimed = await claimLink(page, 0);
      const unclaimed = await claimLink(page, 2);
      await page.goto(claimed);
      const credential = await page.getByRole("link", { name: "Open your badge" }).getAttribute("href");
      await page.goto(`${SITE}/`);
      const achievement = await page.locator(".tile a").first().getAttribute("href");
      await page.goto(new URL(achievement, SITE).href);
      const issuer = await page.locator(".facts a").first().getAttribute("href");
      await page.goto(`${SITE}/dev/outbox`);
      const mail = await page.locator(".mails a").first().getAttribute("href");
      const pages = {
        front: "/", claim: unclaimed, claimed, credential, achievement, issuer, outbox: "/dev/outbox", mail,
        "unknown-link": "/claim/x", "not-found": "/nothing/here",
      };
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(new URL(path, SITE).href);
        await page.screenshot({ path: `${SHOTS}/${name}-${size}-${colorScheme}.png`, fullPage: true });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(wide <= 0, `${name} does not scroll sideways`);
        assert.deepEqual(await findings(page), [], name);
      }
    });
  });
}

test("a page is readable at four times the size", async () => {
  // WCAG 2.2, 1.4.10: 1280 pixels at 400 % are 320.
  await visit({ viewport: { width: 320, height: 256 } }, async (page) => {
    for (const path of ["/", await claimLink(page, 0), await claimLink(page, 2)]) {
      await page.goto(new URL(path, SITE).href);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wide <= 0, path.replace(/claim\/.*/, "claim/…"));
    }
  });
});
