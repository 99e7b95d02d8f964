// Integrations: copying, and parts of a page that renew themselves.
"use strict";
(() => {
	// A copy button takes the text of what it names.
	document.addEventListener("click", async (e) => {
		const button = e.target.closest("[data-copy]");
		const from = button && document.getElementById(button.dataset.copy);
		if (!from) return;
		let done = false;
		try {
			await navigator.clipboard.writeText(from.textContent);
			done = true;
		} catch { // a browser lets only safe addresses write to the clipboard by themselves
			getSelection().selectAllChildren(from);
			done = document.execCommand("copy");
		}
		const say = button.querySelector("span");
		say.textContent = done ? "Copied" : "Press Ctrl C";
		setTimeout(() => { say.textContent = "Copy"; }, 1600);
	});

	// A part that says so is asked for again every few seconds, while somebody looks.
	setInterval(() => {
		const part = document.querySelector("[data-poll]");
		if (!part || document.hidden || part.contains(document.activeElement) && document.activeElement !== part) return;
		htmx.ajax("GET", location.pathname + location.search, {target: part.dataset.poll, select: part.dataset.poll, swap: "outerMorph"});
	}, 3000);
})();
