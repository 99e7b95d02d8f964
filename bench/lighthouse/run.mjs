// Looks at pages of a Foyer as Lighthouse does, and fails where a score is below
// the bar. It needs in its environment: FOYER (the address), COOKIE (of a session),
// PAGES (paths, with blanks between), CHROME_PATH.
import {launch} from "chrome-launcher";
import lighthouse, {desktopConfig} from "lighthouse";

const {FOYER, COOKIE, PAGES} = process.env;
const bar = 0.95;
let low = 0;
console.log("| page | as | performance | accessibility | best practices | first paint | transferred |");
console.log("|---|---|---|---|---|---|---|");
for (const path of PAGES.split(" ")) {
	for (const [as, config] of [["phone", undefined], ["desktop", desktopConfig]]) {
		const chrome = await launch({chromeFlags: ["--headless=new", "--no-sandbox"]});
		const {lhr} = await lighthouse(FOYER + path, {
			port: chrome.port, logLevel: "error", extraHeaders: {Cookie: COOKIE}, disableStorageReset: true,
			onlyCategories: ["performance", "accessibility", "best-practices"],
		}, config);
		await chrome.kill();
		const {performance, accessibility, "best-practices": practices} = lhr.categories;
		console.log(`| ${path.replace(/^\/in\/[^/]*/, "").replace(/[A-Za-z0-9]{20}/, "ID")} | ${as} | ${performance.score} | ${accessibility.score} | ${practices.score} | ${lhr.audits["first-contentful-paint"].displayValue} | ${Math.round(lhr.audits["total-byte-weight"].numericValue / 1024)} KiB |`);
		for (const c of [performance, accessibility]) {
			if (c.score >= bar) continue;
			low++;
			for (const {id, weight} of c.auditRefs) {
				const a = lhr.audits[id];
				if (weight > 0 && a.score !== null && a.score < 0.9) console.error(`  ${id}: ${a.score} ${a.displayValue ?? a.title}`);
			}
		}
	}
}
if (low) {
	console.error(`${low} scores are below ${bar}`);
	process.exit(1);
}
