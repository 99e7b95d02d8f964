// The document beside the builder: its lines are numbered while somebody writes,
// and Tab indents.
(() => {
	"use strict";
	const text = document.querySelector(".lined textarea");
	if (!text) return;
	const gutter = document.querySelector(".gutter");
	const number = () => {
		const n = Math.max(text.value.split("\n").length, 8);
		if (gutter.childElementCount === n) return;
		gutter.replaceChildren(...Array.from({length: n}, (_, i) => {
			const span = document.createElement("span");
			span.textContent = i + 1;
			return [span, "\n"];
		}).flat());
		text.rows = n;
	};
	text.addEventListener("input", number);
	text.addEventListener("keydown", (e) => {
		if (e.key !== "Tab" || e.shiftKey || text.readOnly) return;
		e.preventDefault();
		text.setRangeText("  ", text.selectionStart, text.selectionEnd, "end");
	});
})();
