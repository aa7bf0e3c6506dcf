// A real browser opens the kiosk's page: node kiosk.mjs ADDRESS CHROMIUM WAVE [SCREENSHOTS]
// The browser's microphone plays the wave file. Prints what was seen, as one JSON object.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [address, program, wave, pictures] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: program,
  args: [
    "--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
    `--use-file-for-fake-audio-capture=${wave}%noloop`, "--autoplay-policy=no-user-gesture-required",
  ],
});
const seen = { errors: [], requests: [] };

async function opened(mode) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error") seen.errors.push(message.text()); });
  page.on("request", (request) => seen.requests.push(new URL(request.url()).origin));
  await page.goto(`${address}/kiosk${mode}`);
  await page.locator("#name").filter({ hasText: /\S/ }).waitFor({ timeout: 20000 });
  return page;
}

async function findings(page) {
  // The page's policy rightly forbids injected scripts, so axe comes in through the debugger.
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const options = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549", "best-practice"] };
  const { result } = await session.send("Runtime.evaluate", {
    expression: `axe.run(document, ${JSON.stringify(options)}).then((found) => JSON.stringify(found.violations.map((v) => v.id)))`,
    awaitPromise: true,
  });
  return JSON.parse(result.value);
}

const captions = (page) => page.locator("#captions li").allInnerTexts();

const page = await opened("#apart");
seen.title = await page.title();
seen.language = await page.getAttribute("html", "lang");
seen.axe_attract = await findings(page);
if (pictures) await page.screenshot({ path: `${pictures}/attract.png` });
await page.keyboard.press("Tab");
seen.first_focus = await page.evaluate(() => document.activeElement.id);
await page.keyboard.press("Enter");
await page.locator("#captions li.visitor").first().waitFor({ timeout: 60000 });
await page.locator("#captions li.box").nth(1).waitFor({ timeout: 60000 });
if (pictures) await page.screenshot({ path: `${pictures}/conversation.png` });
seen.captions = await captions(page);
seen.axe_talk = await findings(page);
await page.locator("#settings").click();
await page.locator("#contrast").click();
seen.axe_contrast = await findings(page);
if (pictures) await page.screenshot({ path: `${pictures}/contrast.png` });
seen.live = await page.getAttribute("#captions", "aria-live");
await page.locator("#aloud").click();
seen.live_when_asked = await page.getAttribute("#captions", "aria-live");
await page.locator("#mute").click();
seen.muted = await page.locator("#state").innerText();
await page.locator("#mute").click();

// A long reply is stopped by the key, and a written line is answered.
await page.locator("#line").fill("long");
await page.keyboard.press("Enter");
await page.locator("html[data-state=speaking]").waitFor({ timeout: 30000 });
await page.keyboard.press("Escape");
await page.locator("html[data-state=listening]").waitFor({ timeout: 10000 });
seen.stopped = true;

// The connection is lost and comes back.
await page.context().setOffline(false);
await page.evaluate(() => fetch("/kiosk/kiosk.css"));
process.stdout.write("LOSE\n");
await page.locator("html[data-state=lost]").waitFor({ timeout: 30000 });
seen.lost = await page.locator("#state").innerText();
process.stdout.write("LOST\n");
await page.locator("html:not([data-state=lost])").waitFor({ timeout: 30000 });
seen.back = await page.locator("#state").innerText();

await page.locator("#line").fill("code red");
await page.keyboard.press("Enter");
await page.locator("#emergency[open]").waitFor({ timeout: 30000 });
seen.emergency = await page.locator("#emergency-text").innerText();
seen.axe_emergency = await findings(page);
if (pictures) await page.screenshot({ path: `${pictures}/emergency.png` });
seen.errors = seen.errors.filter((text) => !/WebSocket|ERR_CONNECTION|ERR_EMPTY/.test(text));
seen.requests = [...new Set(seen.requests)];
console.log(JSON.stringify(seen));
await browser.close();
