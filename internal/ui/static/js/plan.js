// Boards and calendars: things are dragged to where they belong, and what others
// do there shows. The forms of the pages do the same without any of it.
"use strict";
(() => {
	const $ = (selector, at = document) => at.querySelector(selector);
	const $$ = (selector, at = document) => [...at.querySelectorAll(selector)];
	const parts = (at = document) => $$("[data-part][id]", at);
	let dragging = false;

	// A choice that shows something else does so at once.
	document.addEventListener("change", (e) => { if (e.target.matches("[data-submit]")) e.target.form.requestSubmit(); });

	// swap takes the parts of a page, and its toast, out of an answer.
	const swap = async (answer) => {
		const text = await answer.text(), page = new DOMParser().parseFromString(text, "text/html");
		if (!answer.ok || !parts(page).length) {
			const said = $("#main .empty p, #main h1", page);
			tell(said ? said.textContent : "This cannot be done now.");
			return false;
		}
		for (const next of parts(page)) {
			const now = document.getElementById(next.id);
			if (!now) continue;
			const {scrollLeft, scrollTop} = now;
			now.replaceWith(next);
			Object.assign(next, {scrollLeft, scrollTop});
			if (window.htmx) htmx.process(next);
		}
		const toast = $("#toasts .toast", page);
		if (toast) $("#toasts").replaceChildren(toast);
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
		const list = $(".stage-cards", column), below = $$(".deal", list).find((c) => c !== card && e.clientY < c.getBoundingClientRect().top + c.offsetHeight / 2);
		list.insertBefore(line, below || null);
	});
	document.addEventListener("drop", (e) => {
		if (!card || !line.isConnected) return;
		e.preventDefault();
		const list = line.closest(".stage-cards"), moved = card;
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
	// What stands on a calendar is moved, and made longer or shorter at its end. An
	// empty place of it begins something new.
	let ev = null;
	const rowHeight = 12, perRow = 15; // pixels and minutes of a row
	const clock = (day, minutes) => {
		const d = new Date(day + "T00:00:00Z");
		d.setUTCMinutes(minutes);
		return d.toISOString().slice(0, 16);
	};
	const between = (a, b) => (Date.parse(b + "Z") - Date.parse(a + "Z")) / 60000;
	const firstHour = (slots) => { const m = /^(\d+) (AM|PM)$/.exec(slots.dataset.first); return m ? m[1] % 12 + (m[2] === "PM" ? 12 : 0) : 0; };
	document.addEventListener("pointerdown", (e) => {
		const at = e.pointerType === "mouse" && !e.button && e.target.closest(".cal-slots .ev");
		if (!at) return;
		const box = at.getBoundingClientRect();
		ev = {at, x: e.clientX, y: e.clientY, grab: e.clientY - box.top, longer: e.clientY > box.bottom - 7, moved: false, from: at.closest(".cal-slots")};
	});
	document.addEventListener("pointermove", (e) => {
		if (!ev) return;
		if (!ev.moved && Math.abs(e.clientX - ev.x) + Math.abs(e.clientY - ev.y) < 5) return;
		if (!ev.moved) { ev.moved = dragging = true; ev.at.classList.add("dragged"); ev.height = ev.at.offsetHeight; }
		const snapped = Math.round((e.clientY - ev.y) / rowHeight) * rowHeight;
		if (ev.longer) { ev.at.style.height = Math.max(ev.height + snapped, rowHeight) + "px"; ev.by = snapped / rowHeight; return; }
		const under = document.elementsFromPoint(e.clientX, e.clientY).map((x) => x.closest(".cal-slots")).find(Boolean);
		if (under) ev.to = under;
		const over = (ev.to || ev.from).getBoundingClientRect().left - ev.from.getBoundingClientRect().left;
		ev.at.style.transform = `translate(${over}px, ${snapped}px)`;
		ev.by = snapped / rowHeight;
	});
	document.addEventListener("pointerup", () => {
		if (!ev) return;
		const {at, moved, longer, from, to = from, by = 0} = ev;
		ev = null;
		dragging = false;
		if (!moved) return;
		addEventListener("click", (e) => { e.preventDefault(); e.stopPropagation(); }, {capture: true, once: true});
		setTimeout(() => at.classList.remove("dragged"));
		const {id, start, end} = at.dataset, minutes = Number(start.slice(11, 13)) * 60 + Number(start.slice(14)) + (longer ? 0 : by * perRow);
		const length = between(start, end) + (longer ? by * perRow : 0);
		const values = {do: "when", id, back: $("#cal").dataset.here};
		values.start = clock(start.slice(0, 10) === from.dataset.day ? to.dataset.day : start.slice(0, 10), minutes);
		values.end = clock(values.start.slice(0, 10), Number(values.start.slice(11, 13)) * 60 + Number(values.start.slice(14)) + Math.max(length, perRow));
		if (to.dataset.user && to !== from) values.user = to.dataset.user;
		send($("#cal").dataset.move, values);
	});
	document.addEventListener("dblclick", (e) => {
		if (!e.target.matches(".cal-slots")) return;
		const row = Math.floor((e.clientY - e.target.getBoundingClientRect().top) / rowHeight / 2) * 2;
		const here = new URL($("#cal").dataset.new, location.href);
		here.searchParams.set("date", e.target.dataset.day);
		here.searchParams.set("at", clock(e.target.dataset.day, firstHour(e.target) * 60 + row * perRow));
		location.href = here + "#event";
	});

	// What is to be copied.
	document.addEventListener("click", async (e) => {
		const button = e.target.closest("[data-copy]");
		if (!button) return;
		await navigator.clipboard.writeText(button.dataset.copy).then(() => { button.lastChild.textContent = "Copied"; }, () => tell("The browser does not let pages copy: select the address instead."));
	});

	const ready = () => {
		const fine = matchMedia("(pointer: fine)").matches;
		for (const c of $$("#board .deal")) c.draggable = fine;
		for (const e of $$(".cal-slots .ev")) {
			e.draggable = false;
			const grip = document.createElement("span");
			grip.className = "grip";
			e.append(grip);
		}
	};
	ready();

	// What others do is shown when nobody is in the middle of something.
	const followed = $("[data-follow]");
	if (followed && window.EventSource) {
		const stream = new EventSource("/events?" + new URLSearchParams({locationId: document.body.dataset.location, since: followed.dataset.since}));
		let due = 0;
		const busy = () => dragging || parts().some((p) => p.contains(document.activeElement) && document.activeElement.matches("select, input, textarea") || $("details[open]", p));
		const soon = () => { if (!due) due = setTimeout(async () => { due = 0; if (document.hidden || busy()) soon(); else await again(); }, 900); };
		for (const type of followed.dataset.follow.split(" ")) stream.addEventListener(type, soon);
		addEventListener("pagehide", () => stream.close());
	}
})();
