// What Foyer's pages do beyond what they do without script. Each part stands by
// itself: pages are read and forms are sent without any of it.
"use strict";
(() => {
	const $ = (selector, at = document) => at.querySelector(selector);
	const $$ = (selector, at = document) => [...at.querySelectorAll(selector)];
	const base = document.body.dataset.base;
	const typing = (e) => e.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

	// A menu closes when something else is used, and with Escape.
	document.addEventListener("click", (e) => {
		for (const menu of $$("details.menu[open]")) if (!menu.contains(e.target)) menu.open = false;
	});

	// The toast goes after a while, and its words leave the address, so that it
	// does not come again with the next look at the page.
	const settle = () => {
		const toast = $("#toasts .toast:not([data-seen])");
		if (toast) {
			toast.dataset.seen = "1";
			setTimeout(() => toast.classList.add("gone"), $("form", toast) ? 12000 : 5000);
			setTimeout(() => toast.remove(), $("form", toast) ? 12400 : 5400);
		}
		const here = new URL(location.href);
		for (const name of ["said", "count", "undo", "new"]) here.searchParams.delete(name);
		if (here.href !== location.href) history.replaceState(history.state, "", here);
	};
	settle();
	document.addEventListener("htmx:after:swap", () => { settle(); picked(); });

	// Dialogs.
	const palette = $("#palette"), keys = $("#keys"), ask = $("#ask");
	const openPalette = () => {
		if (!palette) return;
		ask.value = "";
		$("#answers-people").replaceChildren();
		narrow("");
		palette.showModal();
		ask.focus();
	};
	document.addEventListener("click", (e) => {
		if (e.target.closest("[data-open=keys]")) keys.showModal();
		if (e.target === palette || e.target === keys) e.target.close();
	});

	// The palette: commands that have what was typed, and the people found.
	const answers = () => $$("#answers a").filter((a) => !a.closest("li").hidden);
	const choose = (i) => {
		const all = answers();
		for (const a of $$("#answers a")) a.removeAttribute("aria-selected");
		const at = all[(i + all.length) % all.length];
		if (at) { at.setAttribute("aria-selected", "true"); at.scrollIntoView({block: "nearest"}); }
	};
	const chosen = () => answers().findIndex((a) => a.getAttribute("aria-selected") === "true");
	const narrow = (text) => {
		for (const li of $$("#answers-do li")) li.hidden = !li.textContent.toLowerCase().includes(text.toLowerCase());
		choose(0);
	};
	if (ask) {
		ask.addEventListener("input", () => narrow(ask.value));
		ask.addEventListener("keydown", (e) => {
			if (e.key === "ArrowDown") { e.preventDefault(); choose(chosen() + 1); }
			if (e.key === "ArrowUp") { e.preventDefault(); choose(chosen() - 1); }
			if (e.key === "Enter") { e.preventDefault(); const a = answers()[Math.max(chosen(), 0)]; if (a) a.click(); }
		});
		document.addEventListener("htmx:after:swap", () => { if (palette.open) choose(0); });
	}

	// A list is walked with j and k, whether it is a table or lines.
	const items = () => $$("#rows > tr:not(.more)").concat($$("[data-list] > *"));
	const current = () => items().findIndex((x) => x.classList.contains("at"));
	const go = (by) => {
		const all = items();
		if (!all.length) return;
		const i = Math.min(Math.max(current() + by, 0), all.length - 1);
		for (const x of all) x.classList.remove("at");
		all[i].classList.add("at");
		all[i].scrollIntoView({block: "nearest"});
	};
	const linkOf = (x) => x && (x.matches("a") ? x : $("th a, a", x));

	let waiting = "";
	document.addEventListener("keydown", (e) => {
		if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") { e.preventDefault(); openPalette(); return; }
		if ((e.ctrlKey || e.metaKey) && e.key === "Enter" && e.target.matches("textarea")) { e.target.form.requestSubmit(); return; }
		if (e.key === "Escape") {
			const editing = e.target.closest("td.editing");
			if (editing) { htmx.ajax("GET", $(".cell-form", editing).getAttribute("hx-post") + "?as=text", {target: editing, swap: "outerHTML"}); return; }
			const menu = e.target.closest("details.menu[open]");
			if (menu) { menu.open = false; $("summary", menu).focus(); return; }
			if (typing(e)) { e.target.blur(); return; }
			for (const box of $$(".pick input:checked")) box.checked = false;
			picked();
			return;
		}
		if (e.ctrlKey || e.metaKey || e.altKey || typing(e) || $("dialog[open]")) return;
		if (waiting === "g") {
			waiting = "";
			const way = $(`.ways a[data-key="${CSS.escape(e.key)}"]`);
			if (way) { e.preventDefault(); way.click(); }
			return;
		}
		const at = items()[current()];
		switch (e.key) {
		case "g": waiting = "g"; setTimeout(() => { waiting = ""; }, 1200); break;
		case "?": keys && keys.showModal(); break;
		case "/": e.preventDefault(); ($("#q") || $("#search") || ask)?.focus(); break;
		case "n": if (base) location.href = base + "/contacts?new=1#new"; break;
		case "j": go(1); break;
		case "k": go(-1); break;
		case "x": { const box = at && $(".pick input", at); if (box) { box.checked = !box.checked; picked(); } break; }
		case "Enter": if (at && e.target === document.body) { const a = linkOf(at); if (a) a.click(); } break;
		case "e": {
			const act = at && ($(".cell", at) || $(".tickbox", at));
			if (act) { e.preventDefault(); act.click(); } else { const edit = $(".edit"); if (edit && !at) edit.click(); }
			break;
		}
		case "u": { const undo = $("#toasts .toast form"); if (undo) undo.requestSubmit(); break; }
		}
	});

	// What is selected in the list: how many, and a whole stretch with Shift.
	const picked = () => {
		const n = $$("#rows .pick input:checked").length, say = $("[data-count]");
		if (say) say.textContent = n;
	};
	let last = null;
	document.addEventListener("click", (e) => {
		const box = e.target.closest("#rows .pick input");
		if (box) {
			const all = $$("#rows .pick input");
			if (e.shiftKey && last) {
				const [a, b] = [all.indexOf(last), all.indexOf(box)].sort((x, y) => x - y);
				for (const other of all.slice(a, b + 1)) other.checked = box.checked;
			}
			last = box;
			picked();
		}
		const all = e.target.closest("[data-all]");
		if (all) { for (const one of $$("#rows .pick input")) one.checked = all.checked; picked(); }
	});
	document.addEventListener("reset", () => setTimeout(picked));

	// A field that is to be typed into right after it came.
	document.addEventListener("htmx:after:settle", () => { const f = $("td.editing [autofocus]"); if (f && document.activeElement !== f) f.focus(); });
	const form = $("#new[open] input");
	if (form) form.focus();

	// Today stays as it is outside: what happens is told as an event, and the page
	// is asked for again, at most once a second.
	if ($("[data-live]") && window.EventSource) {
		const stream = new EventSource("/events?" + new URLSearchParams({locationId: document.body.dataset.location, since: $("[data-live]").dataset.live}));
		let due = 0;
		const soon = () => {
			if (due || document.hidden) { due = due || -1; return; }
			due = setTimeout(() => { due = 0; htmx.ajax("GET", location.pathname, {target: "#today", select: "#today", swap: "outerMorph"}); }, 900);
		};
		for (const type of ["contact.created", "contact.updated", "contact.deleted", "contact.merged", "task.created", "task.completed", "task.updated", "task.deleted", "appointment.created", "appointment.updated", "appointment.deleted", "message.inbound", "message.outbound", "duplicate.found", "duplicate.dismissed", "opportunity.created", "opportunity.updated"]) stream.addEventListener(type, soon);
		document.addEventListener("visibilitychange", () => { if (!document.hidden && due === -1) { due = 0; soon(); } });
		setInterval(soon, 60000); // ages grow
		addEventListener("pagehide", () => stream.close());
	}
})();
