// The person at the browser. Reads from standard input where everything is, says in single lines
// what VAKA is to do next and goes on when it has been done, and fails with what it did not expect.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import axe from "axe-core";
import { chromium } from "playwright-core";

const ENDS_WITHIN_MS = 60_000;
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
// As wide as WCAG 1.4.10 wants a page to be usable without scrolling sideways.
const NARROWEST = { width: 320, height: 640 };

const said = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const given = JSON.parse((await said.next()).value);
const { fronts, path, users, company } = given;

async function world(command) {
  console.log(command);
  assert.equal((await said.next()).value, "done");
}

// Seconds pass between a click and its effect, here and in a browser of an administrator.
async function until(what, holds, within = ENDS_WITHIN_MS) {
  for (const began = Date.now(); !(await holds()); await new Promise((next) => setTimeout(next, 50))) {
    assert.ok(Date.now() - began < within, `not within ${within} ms: ${what}`);
  }
}

const browser = await chromium.launch({
  executablePath: given.chromium,
  env: { ...process.env, ...given.environment },
  // Tests run as root in containers, where Chromium's own sandbox cannot be set up.
  args: ["--no-sandbox", "--disable-quic", "--disable-background-networking"],
});

// Somebody with a browser of their own. A page that breaks its policy, fails in its script or asks
// for anything beyond its own address breaks the test.
async function somebody(front, locale, options = {}) {
  const context = await browser.newContext({ baseURL: front, locale, viewport: DESK, ...options });
  context.setDefaultTimeout(ENDS_WITHIN_MS);
  const faults = [];
  context.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== front && protocol !== "data:") faults.push(`asked for ${request.url()}`);
  });
  context.on("page", (page) => {
    page.on("pageerror", (error) => faults.push(`failed: ${error}`));
    page.on("console", (message) => {
      // Chromium says so of every answer of 400 and above, and this test wants some.
      const wanted = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !wanted) faults.push(`complained: ${message.text()}`);
    });
  });
  const close = async () => {
    assert.deepEqual(faults, []);
    await context.close();
  };
  return { context, page: await context.newPage(), close };
}

// What axe-core says against a page, in a form that can be read.
async function faultsOf(page) {
  await page.evaluate(axe.source);
  const { passes, violations } = await page.evaluate(() => globalThis.axe.run());
  // Without letters there is no contrast to judge, and nothing to say against it.
  assert.ok(passes.some(({ id }) => id === "color-contrast"), "the page has no text that can be seen");
  return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => html) }));
}

// Judges a state of a page in light and dark, on a desk and on a phone, and leaves pictures of it.
async function look(page, name) {
  for (const [device, viewport] of Object.entries({ desk: DESK, phone: PHONE })) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await faultsOf(page), [], `${name} on a ${device}, ${colorScheme}`);
      await page.screenshot({ path: join(given.pictures, `${name}-${device}-${colorScheme}.png`), fullPage: true });
    }
  }
  await page.setViewportSize(NARROWEST);
  const [wanted, wide] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.scrollingElement;
    return [scrollWidth, clientWidth];
  });
  assert.ok(wanted <= wide, `${name} needs ${wanted} pixels of ${wide}`);
  await page.setViewportSize(DESK);
  await page.emulateMedia({ colorScheme: "light" });
}

const heading = (page) => page.getByRole("heading", { level: 1 }).textContent();
const status = (page) => page.getByRole("status").first().textContent();
const text = (page) => page.getByRole("main").innerText();

// The figures of a job's page, by their names.
async function figures(page) {
  const rows = await page.locator("dl.numbers > div").all();
  return Object.fromEntries(await Promise.all(rows.map(async (row) => {
    const [name, figure] = [row.locator("dt"), row.locator("dd")].map((part) => part.textContent());
    return [await name, Number((await figure).replaceAll(/\D/g, ""))];
  })));
}

// Nobody.
const signIn = {};
for (const [locale, title] of [["sv-SE", "Logga in igen"], ["en-GB", "Sign in again"]]) {
  const { page, close } = await somebody(fronts.nobody, locale);
  const answer = await page.goto(path);
  assert.deepEqual([answer.status(), await heading(page)], [401, title]);
  signIn[locale] = await answer.text();
  await look(page, `401-${locale}`);
  await close();
}

// A company that is not connected.
{
  const { page, close } = await somebody(fronts.unconnected, "sv-SE");
  await page.goto(path);
  await page.getByRole("button", { name: "Starta en synk" }).click();
  await until("the refusal is shown", async () => (await heading(page)) === "Ingen aktiv anslutning till Axema VAKA");
  await look(page, "409-not-connected");
  await close();
}

// Somebody who may look at any company, and whose token says none.
{
  const { page, close } = await somebody(fronts.superadmin, "sv-SE");
  const answer = await page.goto(path);
  assert.deepEqual([answer.status(), await heading(page)], [400, "Vilket företag?"]);
  await look(page, "400-which-company");
  const id = page.getByLabel("Företagets id");
  const go = page.getByRole("button", { name: "Till listan över synkar" });
  for (const [typed, valid] of [["", false], ["BokaMera", false], [` ${company} `, true]]) {
    await id.fill(typed);
    assert.equal(await id.evaluate((input) => input.checkValidity()), valid, typed);
  }
  await go.click();
  await until("the list is shown", async () => (await heading(page)) === "Användarsynkar");
  await close();
}

const swede = await somebody(fronts.administrator, "sv-SE");
const { page } = swede;
const stale = await swede.context.newPage();

// Nothing has run. The second tab stays on what it shows now.
await page.goto(path);
assert.equal(await page.locator("html").getAttribute("lang"), "sv");
assert.match(await text(page), /Det finns ingen synk än/);
await look(page, "list-empty");
await stale.goto(path);

// A sync, started by keyboard alone.
await world("hold the second page");
const start = page.getByRole("button", { name: "Starta en synk" });
for (let at = 0; !(await start.evaluate((button) => button === document.activeElement)); at += 1) {
  assert.ok(at < 20, "the button is not reached by Tab");
  await page.keyboard.press("Tab");
}
await page.keyboard.press("Enter");
await page.waitForURL(`**${path}/*`);
const first = page.url();
await page.evaluate(() => (globalThis.sameDocument = true));
await until("the first page of users is shown", async () => /\d+ användare hittills/.test(await text(page)));
assert.equal((await status(page)).trim(), "Pågår");
await page.getByRole("progressbar", { name: "Förlopp" }).waitFor();
await look(page, "first-running");

// The other tab still has its button. One sync at a time, and a way to the one that runs.
await stale.getByRole("button", { name: "Starta en synk" }).click();
await until("the refusal is shown", async () => (await heading(stale)) === "En synk pågår redan");
await look(stale, "409-running");
await stale.getByRole("link", { name: "Visa synken som pågår" }).click();
await stale.waitForURL(first);
await stale.close();

// The page follows to the end by itself, without being loaded anew.
await world("go on");
await until("the sync is done", async () => (await status(page)).trim() === "Klar");
assert.equal(await page.evaluate(() => globalThis.sameDocument), true);
assert.match(await page.title(), /^Klar/);
assert.match(await text(page), new RegExp(`Alla ${users} användare i VAKA`));
const all = { Hittade: users, Skapade: users, Uppdaterade: 0, Oförändrade: 0, Överhoppade: 0 };
assert.deepEqual(await figures(page), all);
await look(page, "completed");

// The report of it: pages, and a file for a spreadsheet.
await page.getByRole("link", { name: "Visa vad som hände med varje användare" }).click();
assert.equal(await heading(page), "Vad som hände med varje användare");
await look(page, "report");
await page.getByRole("link", { name: "Nästa användare" }).click();
await until("the second page is shown", async () => /Användare 101 till 200 av 250/.test(await text(page)));
const [file] = await Promise.all([
  page.waitForEvent("download"),
  page.getByRole("link", { name: /CSV/ }).click(),
]);
assert.match(file.suggestedFilename(), /\.csv$/);
const rows = (await readFile(await file.path(), "utf8")).trim().split("\r\n");
assert.deepEqual([rows.length, rows[0].split(",")[0]], [users + 1, "DeviceId"]);

// The next one knows how many to expect. Meanwhile the service goes away, and comes back.
await world("change everybody");
await world("hold the second page");
await page.goto(path);
await page.getByRole("button", { name: "Starta en synk" }).click();
await page.waitForURL(`**${path}/*`);
await until("a share is shown", async () => /[1-9]\d* av ungefär 250 användare/.test(await text(page)));
const bar = page.getByRole("progressbar");
assert.equal(await bar.getAttribute("max"), String(users));
assert.ok(Number(await bar.getAttribute("value")) > 0);
await look(page, "second-running");
const trouble = page.locator("#trouble");
await swede.context.setOffline(true);
await until("the page says that it is out of touch", async () => /inaktuellt/.test(await trouble.textContent()));
await look(page, "out-of-touch");
await swede.context.setOffline(false);
await until("it is in touch again", async () => (await trouble.textContent()) === "");

// Cancelling asks first, and Escape is a no.
const ask = page.getByRole("button", { name: "Avbryt synken" }).first();
const dialog = page.getByRole("dialog", { name: "Vill du avbryta synken?" });
await ask.click();
await dialog.waitFor();
assert.equal(await page.evaluate(() => document.activeElement.textContent), "Låt den fortsätta");
await look(page, "cancel-asked");
await page.keyboard.press("Escape");
await dialog.waitFor({ state: "hidden" });
assert.match(await status(page), /^Pågår/);

// What the page's own script asks for by this method is answered in this way until `unrouteAll`.
const answering = (method, answer) => page.route(page.url(), (route) => {
  const request = route.request();
  return request.method() === method && request.resourceType() === "fetch" ? answer(route) : route.fallback();
});
const refreshed = () => page.waitForResponse((answer) => answer.request().method() === "GET");
const confirm = async () => {
  await ask.click();
  await dialog.getByRole("button", { name: "Avbryt synken" }).click();
};

// That it could not be cancelled is said for longer than until the next refresh.
const notCancelled = /^Synken kunde inte avbrytas just nu/;
await answering("DELETE", (route) => route.fulfill({ status: 503 }));
await confirm();
await until("it is said", async () => notCancelled.test(await trouble.textContent()));
for (let refreshes = 0; refreshes < 3; refreshes += 1) await refreshed();
assert.match(await trouble.textContent(), notCancelled);
await look(page, "not-cancelled");
await page.unrouteAll();

// A refusal takes the page's place for good, over the refresh that is due and the one that is under way.
await page.clock.install();
await page.reload();
for (const underWay of [false, true]) {
  await answering("DELETE", (route) => route.fulfill({ status: 401, contentType: "text/html", body: signIn["sv-SE"] }));
  let release = () => {};
  if (underWay) {
    const held = new Promise((next) => (release = next));
    const asked = page.waitForRequest((request) => request.resourceType() === "fetch");
    await answering("GET", async (route) => {
      await held;
      await route.continue();
    });
    await asked;
  }
  await confirm();
  await until("the refusal is shown", async () => (await heading(page)) === "Logga in igen");
  const late = underWay && refreshed().then((answer) => answer.finished());
  release();
  await late;
  const asked = [];
  page.on("request", (request) => asked.push(request.method()));
  await page.clock.runFor(60_000);
  await page.evaluate(() => fetch(location.href, { method: "HEAD" }));
  page.removeAllListeners("request");
  assert.deepEqual(asked, ["HEAD"]);
  assert.deepEqual([await heading(page), await trouble.textContent()], ["Logga in igen", ""]);
  await page.unrouteAll();
  await page.getByRole("link", { name: "Försök igen" }).click();
  await until("the sync is back", async () => /^Pågår/.test(await status(page)));
}

// Who is signed out meanwhile is sent elsewhere by the front, where the page goes and its script may not.
for (const [method, act] of [["GET", () => {}], ["DELETE", confirm]]) {
  await page.evaluate(() => (globalThis.sameDocument = true));
  const elsewhere = { status: 302, headers: { Location: "https://elsewhere.example/" } };
  await answering(method, (route) => route.fulfill(elsewhere));
  await act();
  const opened = () => page.evaluate(() => !globalThis.sameDocument).catch(() => false);
  await until(`the page is opened anew after ${method}`, opened);
  await page.unrouteAll();
  await page.reload();
}
await confirm();
await until("it is cancelled", async () => (await status(page)).trim() === "Avbruten");
await dialog.waitFor({ state: "hidden" });
await look(page, "cancelled");
await world("go on");

// A try changes nothing and says so.
await page.goto(path);
await page.getByRole("button", { name: "Prova utan att ändra något" }).click();
await page.waitForURL(`**${path}/*`);
await until("the try is done", async () => /^Klar/.test(await status(page)));
assert.match(await text(page), /Ingen kund ändrades/);
await look(page, "try-completed");

// The connection, and a test of it, first while VAKA is well and then while it refuses.
await page.goto(path);
await page.getByRole("link", { name: "Anslutning till Axema VAKA" }).click();
assert.equal(await heading(page), "Anslutning till Axema VAKA");
await look(page, "connection");
const test = page.getByRole("button", { name: "Testa anslutningen" });
await test.click();
await until("the test is shown", async () => (await heading(page)) === "Test av anslutningen");
assert.match(await text(page), new RegExp(`${users} användare`));
await look(page, "connection-works");
await world("refuse");
await test.click();
await until("the test fails", async () => /Anslutningen fungerar inte än/.test(await text(page)));
await look(page, "connection-fails");

// A failure, in the language of whoever looks.
await page.goto(path);
await page.getByRole("button", { name: "Starta en synk" }).click();
await page.waitForURL(`**${path}/*`);
await until("the failure is shown", async () => (await status(page)).trim() === "Misslyckades");
assert.match(await text(page), /VAKA Online låter inte tjänsten läsa det här systemet/);
await look(page, "failed");
const failed = page.url().slice(fronts.administrator.length);
await page.goto(path);
await look(page, "list");
assert.deepEqual(await page.getByRole("row").count(), 5);
await swede.close();

// An English reader sees all of it and can start nothing.
{
  const { page, close } = await somebody(fronts.reader, "en-GB");
  await page.goto(failed);
  assert.equal((await status(page)).trim(), "Failed");
  await look(page, "failed-english");
  await page.getByRole("link", { name: "All syncs" }).click();
  assert.equal(await heading(page), "User syncs");
  assert.equal(await page.getByRole("button").count(), 0);
  await look(page, "list-english");
  const missing = await page.goto(`${path}/0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f`);
  assert.deepEqual([missing.status(), await heading(page)], [404, "There is no such sync"]);
  await look(page, "404-english");
  await page.goto("/metadata");
  assert.deepEqual(await faultsOf(page), []);
  await close();
}

// Without a script the page is loaded anew by itself until there is no more to see.
{
  const { page, close } = await somebody(fronts.administrator, "en-GB", { javaScriptEnabled: false });
  await page.goto(path);
  await page.getByRole("button", { name: "Start a sync" }).click();
  await page.waitForURL(`**${path}/*`);
  await until("the failure is shown", async () => (await status(page)).trim() === "Failed");
  await close();
}

await browser.close();
process.stdin.destroy();
