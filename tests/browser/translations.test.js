// The pages in every language, mirrored where its script is. Runs after pages.test.js, which claims.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DESK, PHONE, SHOTS, SITE, findings, overflow, tabTo, visit } from "./browser.js";

// Of each language: the button that claims, the name of the badge, and a verdict.
const LANGUAGES = {
  en: { claim: "Claim this badge", badge: "First Aid", holds: "This badge holds" },
  fr: { claim: "Accepter ce badge", badge: "Premiers secours", holds: "Ce badge tient" },
  de: { claim: "Diesen Badge annehmen", badge: "Erste Hilfe", holds: "Dieser Badge hält der Prüfung stand" },
  es: { claim: "Aceptar esta insignia", badge: "Primeros auxilios", holds: "Esta insignia es válida" },
  ar: { claim: "استلام هذه الشارة", badge: "الإسعافات الأولية", holds: "هذه الشارة صحيحة" },
};

/** The claim link of a mail of the outbox: of First Aid, or of the last that is for another badge. */
async function linkOf(page, aid) {
  await page.goto(`${SITE}/dev/outbox`);
  const mails = page.locator(".mails a");
  const wanted = aid ? mails.filter({ hasText: LANGUAGES.en.badge }) : mails.filter({ hasNotText: LANGUAGES.en.badge });
  // The last mail may still be on its way.
  while ((await wanted.count()) === 0) await page.reload();
  await wanted.last().click();
  return page.getByRole("link", { name: "Follow the claim link" }).getAttribute("href");
}

/** An address, with the choice of a language. */
function inLanguage(path, language) {
  const address = new URL(path, SITE);
  address.searchParams.set("lang", language);
  return address.href;
}

test("First Aid is opened in German, as the browser asks, with the keyboard alone", async () => {
  await visit({ locale: "de-AT", viewport: PHONE, javaScriptEnabled: false }, async (page) => {
    const link = new URL(await linkOf(page, true));
    link.search = "";
    await page.goto(link.href);
    assert.equal(await page.locator("html").getAttribute("lang"), "de");
    const claim = page.locator("form.claim button");
    if (await claim.count()) {
      await tabTo(page, claim);
      await page.keyboard.press("Enter");
    }
    const open = page.getByRole("link", { name: "Öffentliche Seite ansehen" });
    await open.waitFor();
    await tabTo(page, open);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/credentials\//);
    assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), LANGUAGES.de.badge);
  });
});

for (const [language, words] of Object.entries(LANGUAGES)) {
  for (const [size, viewport, colorScheme] of [["phone", PHONE, "dark"], ["desk", DESK, "light"]]) {
    test(`every page speaks ${language} and is accessible: ${size}, ${colorScheme}`, async () => {
      await visit({ viewport, colorScheme }, async (page) => {
        const claim = await linkOf(page, false);
        const claimed = await linkOf(page, true);
        await page.goto(inLanguage(claimed, language));
        const credential = (await page.locator("a.button.big").getAttribute("href")).split("?")[0];
        const pages = {
          front: "/", verify: "/verify", achievement: "/achievements/first-aid", claim, claimed, credential,
          error: "/nothing/here", "unknown-link": "/claim/x",
          ...(size === "desk" ? { checks: `${credential}/verify` } : {}),
        };
        await page.goto(`${SITE}/achievements/first-aid`);
        pages.issuer = await page.locator(".facts a").first().getAttribute("href");
        for (const [name, path] of Object.entries(pages)) {
          await page.goto(inLanguage(path, language));
          await page.screenshot({ path: `${SHOTS}/${language}-${name}-${size}.png`, fullPage: true });
          const html = page.locator("html");
          assert.equal(await html.getAttribute("lang"), language, name);
          assert.equal(await html.getAttribute("dir"), language === "ar" ? "rtl" : "ltr", name);
          assert.ok((await overflow(page)) <= 0, `${name} does not scroll sideways`);
          assert.deepEqual(await findings(page), [], name);
          if (name === "claim") await page.getByRole("button", { name: words.claim }).waitFor();
          if (name === "credential" || name === "achievement") {
            assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), words.badge, name);
          }
          if (name === "checks") assert.equal(await page.locator("#verdict").innerText(), words.holds);
        }
      });
    });
  }
}

test("a page in Arabic begins at the right", async () => {
  await visit({}, async (page) => {
    await page.goto(`${SITE}/achievements/first-aid?lang=ar`);
    const image = await page.locator(".hero-image").boundingBox();
    const text = await page.locator(".hero-text").boundingBox();
    assert.ok(image.x > text.x, "the image stands before the text");
    const skip = page.locator(".skip");
    await page.keyboard.press("Tab");
    assert.ok(await skip.evaluate((element) => element === document.activeElement));
    assert.ok((await skip.boundingBox()).x > DESK.width / 2, "the link that skips is at the beginning of the line");
  });
});

test("the choice of a language goes on from page to page", async () => {
  await visit({ javaScriptEnabled: false }, async (page) => {
    await page.goto(`${SITE}/`);
    await page.getByRole("link", { name: "Français" }).click();
    await page.locator(".tile a").first().click();
    assert.equal(await page.locator("html").getAttribute("lang"), "fr");
    await page.getByRole("link", { name: "Vérifier un badge" }).click();
    await page.getByRole("button", { name: "Vérifier" }).click();
    await page.getByText("Choisissez un fichier").waitFor();
  });
});
