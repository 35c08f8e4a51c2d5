// The pages as people use them. SITE is a running `accolade demo`.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { DESK, PHONE, SHOTS, SITE, claimLink, findings, overflow, tabTo, visit } from "./browser.js";
import { readCertificate } from "./certificate.js";

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
    const skip = page.locator(".skip");
    assert.ok(await skip.evaluate((element) => element === document.activeElement), "the first stop skips the header");
    await tabTo(page, page.locator("form.claim button"));
    await page.keyboard.press("Enter");
    const open = page.getByRole("link", { name: "See the public page" });
    await open.waitFor();
    assert.equal(page.url(), link, "the link leads to what its holder can do");
    for (const name of ["Add to LinkedIn", "Image (PNG)", "Hide the public page", "Send mails to another address"]) {
      assert.ok(await page.getByRole("link", { name }).isVisible(), name);
    }
    assert.ok(await page.getByRole("button", { name: "Offer it to my wallet" }).isVisible());
    await page.screenshot({ path: `${SHOTS}/claimed-phone.png`, fullPage: true });
    const address = await page.locator(".hero bdi").last().innerText();

    await tabTo(page, open);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/credentials\//);
    assert.equal(new URL(page.url()).pathname, new URL(address).pathname, "the page tells the address to share");
    assert.match(await page.locator(".holder").innerText(), /\S+ \S+/);
    await page.screenshot({ path: `${SHOTS}/credential-phone.png`, fullPage: true });
  });
});

test("a badge is verified with the keyboard alone, without JavaScript", async () => {
  await visit({ viewport: PHONE, javaScriptEnabled: false }, async (page) => {
    await page.goto(await claimLink(page, 0));
    const badge = await page.getByRole("link", { name: "See the public page" }).getAttribute("href");
    await page.goto(`${SITE}/`);
    await tabTo(page, page.getByRole("link", { name: "Verify a badge" }).first());
    await page.keyboard.press("Enter");
    await tabTo(page, page.getByLabel("Or paste a badge or a link"));
    await page.keyboard.type(`${SITE}${badge}`);
    await tabTo(page, page.getByRole("button", { name: "Verify" }));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "This badge holds" }).waitFor();
    assert.equal(await page.locator(".check.good").count(), 7);
  });
});

test("the claim link inside the mail works, too", async () => {
  await visit({}, async (page) => {
    await page.goto(`${SITE}/dev/outbox`);
    await page.locator(".mails a").nth(1).click();
    const mail = page.frameLocator("iframe");
    await mail.locator("a[href*='/claim/']").first().click();
    await page.waitForURL(/\/claim\//);
    await page.locator("form.claim button").click();
    await page.getByRole("link", { name: "See the public page" }).click();
    await page.waitForURL(/\/credentials\//);
  });
});

test("a badge is declined, and claimed all the same, without JavaScript", async () => {
  await visit({ viewport: PHONE, javaScriptEnabled: false }, async (page) => {
    await page.goto(await claimLink(page, 3));
    await page.getByRole("link", { name: "I do not want this badge" }).click();
    await page.screenshot({ path: `${SHOTS}/decline-phone.png`, fullPage: true });
    await page.getByRole("button", { name: "Decline the badge" }).click();
    await page.getByText("You declined this badge").waitFor();
    await page.screenshot({ path: `${SHOTS}/declined-phone.png`, fullPage: true });
    await page.getByRole("link", { name: "This is not me" }).click();
    await page.getByRole("link", { name: "Back to the badge" }).click();
    await page.getByRole("button", { name: "Claim this badge" }).click();
    await page.getByRole("link", { name: "See the public page" }).waitFor();
  });
});

test("a badge that is not mine shows no name until that was a slip", async () => {
  await visit({ viewport: PHONE }, async (page) => {
    const link = await claimLink(page, 4);
    await page.goto(link);
    const holder = await page.locator(".holder strong").innerText();
    await page.getByRole("link", { name: "This is not me" }).click();
    await page.screenshot({ path: `${SHOTS}/not-me-phone.png`, fullPage: true });
    assert.deepEqual(await findings(page), []);
    await page.getByRole("button", { name: "This is not me" }).click();
    await page.getByText("Thank you for telling us").waitFor();
    await page.screenshot({ path: `${SHOTS}/not-me-done-phone.png`, fullPage: true });
    assert.ok(!(await page.content()).includes(holder));
    assert.deepEqual(await findings(page), []);
    await page.getByRole("button", { name: "That was a slip: it is me" }).click();
    await page.getByText(holder).waitFor();
    await page.goto(new URL("?lang=ar", new URL(link, SITE)).href);
    assert.equal(await page.locator("html").getAttribute("dir"), "rtl");
    await page.screenshot({ path: `${SHOTS}/claim-ar-phone.png`, fullPage: true });
    assert.deepEqual(await findings(page), []);
  });
});

test("a claimed badge is hidden and shown, and its mails can go elsewhere", async () => {
  await visit({ viewport: PHONE, javaScriptEnabled: false }, async (page) => {
    const link = await claimLink(page, 3);
    await page.goto(link);
    const open = await page.getByRole("link", { name: "See the public page" }).getAttribute("href");
    await page.getByRole("link", { name: "Hide the public page" }).click();
    await page.getByRole("button", { name: "Hide it" }).click();
    await page.getByText("You have hidden this badge").waitFor();
    await page.screenshot({ path: `${SHOTS}/hidden-phone.png`, fullPage: true });
    assert.equal((await page.request.get(new URL(open, SITE).href)).status(), 404);
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Image (PNG)" }).click()]);
    assert.match(await readFile(await download.path(), "latin1"), /openbadge/);
    await page.getByRole("button", { name: "Make it public again" }).click();
    await page.getByRole("link", { name: "See the public page" }).waitFor();
    await page.getByRole("link", { name: "Send mails to another address" }).click();
    await page.getByLabel("New e-mail address").fill("somebody@example.test");
    await page.screenshot({ path: `${SHOTS}/address-phone.png`, fullPage: true });
    await page.getByRole("button", { name: "Ask that address" }).click();
    await page.getByText("Look into that mailbox").waitFor();
  });
});

test("the badge can be downloaded in every form", async () => {
  await visit({}, async (page) => {
    await page.goto(await claimLink(page, 0));
    await page.getByRole("link", { name: "See the public page" }).click();
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
    await page.getByRole("link", { name: "See the public page" }).click();
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

/** A credential that says something else than what was signed. */
async function changed(page, credential) {
  const answer = await page.request.get(new URL(`${credential}.json`, SITE).href);
  return (await answer.text()).replace("Achievement", "Assessment");
}

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
      const credential = await page.getByRole("link", { name: "See the public page" }).getAttribute("href");
      await page.goto(`${SITE}/`);
      const achievement = await page.locator(".tile a").first().getAttribute("href");
      await page.goto(new URL(achievement, SITE).href);
      const issuer = await page.locator(".facts a").first().getAttribute("href");
      await page.goto(`${SITE}/dev/outbox`);
      const mail = await page.locator(".mails a").first().getAttribute("href");
      const pages = {
        front: "/", claim: unclaimed, claimed, credential, achievement, issuer, outbox: "/dev/outbox", mail,
        "unknown-link": "/claim/x", "not-found": "/nothing/here", verify: "/verify", checks: `${credential}/verify`,
      };
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(new URL(path, SITE).href);
        await page.screenshot({ path: `${SHOTS}/${name}-${size}-${colorScheme}.png`, fullPage: true });
        assert.ok((await overflow(page)) <= 0, `${name} does not scroll sideways`);
        assert.deepEqual(await findings(page), [], name);
      }
      for (const [name, text] of [["nothing", " "], ["invalid", await changed(page, credential)]]) {
        await page.goto(`${SITE}/verify`);
        await page.getByLabel("Or paste a badge or a link").fill(text);
        await page.getByRole("button", { name: "Verify" }).click();
        await page.screenshot({ path: `${SHOTS}/verify-${name}-${size}-${colorScheme}.png`, fullPage: true });
        assert.ok((await overflow(page)) <= 0, `verify-${name} does not scroll sideways`);
        assert.deepEqual(await findings(page), [], `verify-${name}`);
      }
    });
  });
}

test("a page is readable at four times the size", async () => {
  // WCAG 2.2, 1.4.10: 1280 pixels at 400 % are 320.
  await visit({ viewport: { width: 320, height: 256 } }, async (page) => {
    for (const path of ["/", "/verify", "/nothing/here", await claimLink(page, 0), await claimLink(page, 2)]) {
      await page.goto(new URL(path, SITE).href);
      assert.ok((await overflow(page)) <= 0, path.replace(/claim\/.*/, "claim/…"));
    }
    // Addresses that are longer than a line: the issuer's, and what it could not be read for.
    await page.goto(await claimLink(page, 0));
    const credential = await page.getByRole("link", { name: "See the public page" }).getAttribute("href");
    await page.goto(new URL(`${credential}/verify`, SITE).href);
    assert.ok((await overflow(page)) <= 0, "checks");
    const badge = await (await page.request.get(new URL(`${credential}.json`, SITE).href)).json();
    const far = `badges-of-the-department-${"x".repeat(36)}.example`;
    badge.issuer.id = `did:web:${far}:departments:chemistry`;
    badge.proof.verificationMethod = `${badge.issuer.id}#${badge.proof.verificationMethod.split("#")[1]}`;
    badge.credentialStatus.statusListCredential = `https://${far}/status/1`;
    await page.goto(`${SITE}/verify`);
    await page.getByLabel("Or paste a badge or a link").fill(JSON.stringify(badge));
    await page.getByRole("button", { name: "Verify" }).click();
    await page.getByText("What could not be read").waitFor();
    await page.screenshot({ path: `${SHOTS}/checks-far.png`, fullPage: true });
    assert.ok((await overflow(page)) <= 0, "checks of a badge from far away");
  });
});

test("the wallet part of a claim page has room on a phone", async () => {
  for (const lang of ["en", "ar"]) {
    for (const colorScheme of ["light", "dark"]) {
      await visit({ viewport: PHONE, javaScriptEnabled: true, colorScheme }, async (page) => {
        const link = `${await claimLink(page, 0)}?lang=${lang}`;
        await page.goto(link);
        const claim = page.locator("form.claim button");
        if (await claim.count()) await claim.click();
        await page.goto(link);
        const part = page.locator("section[aria-labelledby=wallet]");
        if (!(await part.locator(".scan").count())) {
          await part.locator("form button").click();
          await part.locator(".scan").waitFor();
        }
        const gaps = await part.evaluate((section) => {
          const boxes = [...section.querySelectorAll(".button, .scan")].map((element) => element.getBoundingClientRect());
          return boxes.slice(1).map((box, before) => Math.round(box.top - boxes[before].bottom));
        });
        assert.ok(gaps.length === 3 && gaps.every((gap) => gap >= 10), `apart: ${gaps}`);
        assert.ok((await overflow(page)) <= 0, "not wider than the window");
        assert.deepEqual(await findings(page), []);
        await page.screenshot({ path: `${SHOTS}/wallet-phone-${lang}-${colorScheme}.png`, fullPage: true });
      });
    }
  }
});
