// The inbox: what is said elsewhere comes in by itself, an open conversation counts
// as read, and keys answer and put away.
(() => {
	"use strict";
	const $ = (selector, at = document) => at.querySelector(selector);
	const inbox = $("[data-inbox]");
	if (!inbox) return;
	const typing = (e) => e.target.closest("input, textarea, select");
	const said = $("#said");
	const down = () => { if (said) said.scrollTop = said.scrollHeight; };
	if (!new URL(location.href).searchParams.get("before")) down();

	// An open conversation is read.
	const read = () => {
		const form = $("form[data-read]");
		if (!form || document.hidden) return;
		form.removeAttribute("data-read");
		const what = new URLSearchParams(new FormData(form));
		what.set("do", "read");
		fetch(form.action, {method: "POST", body: what, redirect: "manual"}).then(() => {
			const here = $(".thread.here");
			if (here) { here.classList.remove("unread"); $(".dot", here)?.remove(); }
		});
	};
	read();
	document.addEventListener("visibilitychange", read);

	// What happened is told as an event; then the parts that change are asked for.
	if (window.EventSource) {
		const stream = new EventSource("/events?" + new URLSearchParams({locationId: document.body.dataset.location, since: inbox.dataset.inbox}));
		let due = 0;
		const ask = async () => {
			due = 0;
			const atEnd = said && said.scrollHeight - said.scrollTop - said.clientHeight < 80;
			const answer = await fetch(location.href, {headers: {"HX-Request": "true"}});
			if (!answer.ok) return;
			const page = new DOMParser().parseFromString(await answer.text(), "text/html");
			for (const id of ["threads", "said", "talk-acts"]) {
				const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
				if (old && fresh && !$("details[open]", old) && old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
			}
			if (atEnd) down();
			read();
		};
		const soon = () => { if (!due) due = setTimeout(ask, 400); };
		for (const type of ["message.inbound", "message.outbound", "message.status", "message.updated", "conversation.created", "conversation.updated", "conversation.unread", "conversation.deleted", "contact.updated"]) stream.addEventListener(type, soon);
		addEventListener("pagehide", () => stream.close());
	}

	// A template goes where the cursor is.
	const use = $("[data-use]");
	if (use) use.addEventListener("change", async () => {
		const wanted = $("select", use).value, body = $("#body"), subject = $("#subject");
		if (!wanted) return;
		const answer = await fetch(use.getAttribute("action").split("#")[0] + "?" + new URLSearchParams(new FormData(use)));
		if (!answer.ok) return;
		const page = new DOMParser().parseFromString(await answer.text(), "text/html");
		body.setRangeText($("#body", page).value, body.selectionStart, body.selectionEnd, "end");
		const words = $("#subject", page)?.value;
		if (subject && words && (!subject.value || !body.dataset.touched)) subject.value = words;
		$("select", use).value = "";
		body.focus();
		body.dispatchEvent(new Event("input"));
	});

	// How many texts an SMS will be.
	const length = $("[data-length]"), body = $("#body");
	if (length && body) body.addEventListener("input", () => {
		const wide = /[^\x00-\x7f£¥èéùìòÇØøÅåÆæßÉÄÖÑÜ§¿äöñüà€]/.test(body.value), n = body.value.length, one = wide ? 70 : 160, part = wide ? 67 : 153;
		const texts = n <= one ? 1 : Math.ceil(n / part);
		length.textContent = n ? n + (texts > 1 ? " · " + texts + " texts" : "") : "";
	});

	document.addEventListener("keydown", (e) => {
		if (e.ctrlKey || e.metaKey || e.altKey || typing(e) || $("dialog[open]")) return;
		if (e.key === "r" && body) { e.preventDefault(); setTimeout(() => body.focus()); }
		if (e.key === "e" && !$(".thread.at")) { const done = $("button.edit[value=done]"); if (done) { e.preventDefault(); e.stopImmediatePropagation(); done.click(); } }
	}, true);
})();
