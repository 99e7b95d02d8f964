// Boards and calendars: things are dragged to where they belong, and what others
// do there shows. The forms of the pages do the same without any of it.
"use strict";
(() => {
	const $ = (selector, at = document) => at.querySelector(selector);
	const $$ = (selector, at = document) => [...at.querySelectorAll(selector)];
	const part = () => $("[data-part]");
	let dragging = false;

	// A choice that shows something else does so at once.
	document.addEventListener("change", (e) => { if (e.target.matches("[data-submit]")) e.target.form.requestSubmit(); });

	// swap takes the part of a page, and its toast, out of an answer.
	const swap = async (answer) => {
		const text = await answer.text(), page = new DOMParser().parseFromString(text, "text/html");
		const now = part(), next = $("[data-part]", page);
		if (!answer.ok || !now || !next) {
			const said = $("#main .empty p, #main h1", page);
			tell(said ? said.textContent : "This cannot be done now.");
			return false;
		}
		const left = now.scrollLeft, top = $("[data-scroll]", now)?.scrollTop;
		now.replaceWith(next);
		next.scrollLeft = left;
		if (top !== undefined && $("[data-scroll]", next)) $("[data-scroll]", next).scrollTop = top;
		const toast = $("#toasts .toast", page);
		if (toast) $("#toasts").replaceChildren(toast);
		if (window.htmx) htmx.process(next);
		ready();
		document.dispatchEvent(new Event("htmx:after:swap"));
		return true;
	};
	const tell = (text) => {
		const toast = document.createElement("div");
		toast.className = "toast bad";
		toast.setAttribute("role", "status");
		toast.textContent = text;
		$("#toasts").replaceChildren(toast);
		document.dispatchEvent(new Event("htmx:after:swap"));
	};
	const again = async () => { const answer = await fetch(location.pathname + location.search); if (answer.ok) swap(answer); };
	const send = async (path, values) => {
		const done = await swap(await fetch(path, {method: "POST", body: new URLSearchParams(values)})).catch(() => { tell("The server cannot be reached."); return false; });
		if (!done) again();
	};
	window.plan = {send, tell};

	document.addEventListener("click", async (e) => {
		const link = e.target.closest("a[data-swap]");
		if (!link || e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
		e.preventDefault();
		swap(await fetch(link.href));
	});

	// Cards of a board.
	let card = null;
	const line = document.createElement("li");
	line.className = "drop-line";
	line.setAttribute("aria-hidden", "true");
	document.addEventListener("dragstart", (e) => {
		card = e.target.closest && e.target.closest(".deal");
		if (!card) return;
		dragging = true;
		e.dataTransfer.effectAllowed = "move";
		e.dataTransfer.setData("text/plain", card.dataset.id);
		setTimeout(() => card && card.classList.add("dragged"));
	});
	document.addEventListener("dragover", (e) => {
		const column = card && e.target.closest(".stage-column");
		if (!column) return;
		e.preventDefault();
		for (const c of $$(".stage-column.over")) if (c !== column) c.classList.remove("over");
		column.classList.add("over");
		const list = $(".cards", column), below = $$(".deal", list).find((c) => c !== card && e.clientY < c.getBoundingClientRect().top + c.offsetHeight / 2);
		list.insertBefore(line, below || null);
	});
	document.addEventListener("drop", (e) => {
		if (!card || !line.isConnected) return;
		e.preventDefault();
		const list = line.closest(".cards"), moved = card;
		let above = line.previousElementSibling;
		if (above === moved) above = above.previousElementSibling;
		list.insertBefore(moved, line);
		const board = $("#board");
		end();
		send(board.dataset.move, {do: "move", id: moved.dataset.id, stage: list.dataset.stage, behind: above ? above.dataset.id : "", back: board.dataset.here});
	});
	const end = () => {
		line.remove();
		for (const c of $$(".over")) c.classList.remove("over");
		for (const c of $$(".dragged")) c.classList.remove("dragged");
		card = null;
		dragging = false;
	};
	document.addEventListener("dragend", end);
	const ready = () => {
		const fine = matchMedia("(pointer: fine)").matches;
		for (const c of $$("#board .deal")) c.draggable = fine;
		document.dispatchEvent(new Event("plan:ready"));
	};
	ready();

	// What others do is shown when nobody is in the middle of something.
	const followed = $("[data-follow]");
	if (followed && window.EventSource) {
		const stream = new EventSource("/events?" + new URLSearchParams({locationId: document.body.dataset.location, since: followed.dataset.since}));
		let due = 0;
		const busy = () => dragging || window.plan.busy || part().contains(document.activeElement) && document.activeElement !== part() && document.activeElement.matches("select, input, textarea") || $("details[open]", part());
		const soon = () => { if (!due) due = setTimeout(async () => { due = 0; if (document.hidden || busy()) soon(); else await again(); }, 900); };
		for (const type of followed.dataset.follow.split(" ")) stream.addEventListener(type, soon);
		addEventListener("pagehide", () => stream.close());
	}
})();
