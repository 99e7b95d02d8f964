// The API reference: an operation is sent from the page, with the token that was
// pasted into it. The token is read from its field and kept nowhere.
"use strict";
(() => {
	const field = document.getElementById("try-token");
	if (!field) return;
	let whole;
	const api = () => whole ??= fetch("/openapi.json", {credentials: "omit"}).then((r) => r.json());
	const make = (name, attributes = {}, ...inside) => {
		const e = document.createElement(name);
		for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
		e.append(...inside);
		return e;
	};
	const plain = (path) => path.replace(/\{[^}]*\}/g, "{}");

	// An example of what a schema describes: what it must have, and the first of
	// what it may.
	const example = (schema, all, depth = 0) => {
		if (schema.$ref) schema = all.components.schemas[schema.$ref.split("/").pop()] || {};
		if (schema.example !== undefined) return schema.example;
		if (schema.enum) return schema.enum[0];
		const type = [].concat(schema.type || (schema.properties ? "object" : "string"))[0];
		if (type === "object") {
			const out = {};
			if (depth > 2) return out;
			for (const name of schema.required || Object.keys(schema.properties || {}).slice(0, 6)) {
				const of = (schema.properties || {})[name] || {};
				out[name] = name === "locationId" ? document.body.dataset.location : example(of, all, depth + 1);
			}
			return out;
		}
		if (type === "array") return depth > 2 ? [] : [example(schema.items || {}, all, depth + 1)];
		return {string: "", number: 0, integer: 0, boolean: false}[type] ?? null;
	};

	// The first look at an operation makes the fields of its query and body.
	document.addEventListener("toggle", async (e) => {
		const op = e.target;
		if (!op.matches || !op.matches("details.op") || !op.open || op.dataset.made) return;
		op.dataset.made = "1";
		const all = await api(), at = op.querySelector("[data-query]");
		const path = Object.keys(all.paths).find((p) => plain(p) === plain(op.dataset.path));
		const is = path && all.paths[path][op.dataset.method.toLowerCase()];
		if (!is) return;
		for (const p of is.parameters || []) {
			if (p.in !== "query") continue;
			const input = make("input", {name: "query:" + p.name, autocomplete: "off"});
			if (p.name === "locationId") input.value = document.body.dataset.location;
			at.append(make("label", {}, p.name + (p.required ? "" : " (optional)"), input));
		}
		const body = is.requestBody && is.requestBody.content["application/json"];
		if (body) {
			const text = make("textarea", {name: "body", rows: "8", spellcheck: "false", class: "mono"});
			text.value = JSON.stringify(example(body.schema, all), null, 2);
			at.append(make("label", {}, "Body", text));
		}
	}, true);

	document.addEventListener("submit", async (e) => {
		const form = e.target.closest("[data-try]");
		if (!form) return;
		e.preventDefault();
		const op = form.closest("details.op"), answer = form.querySelector("[data-answer]"), query = new URLSearchParams();
		let path = op.dataset.path, body;
		for (const [name, value] of new FormData(form)) {
			const [kind, of] = name.split(/:(.*)/s);
			if (kind === "path") path = path.replace("{" + of + "}", encodeURIComponent(value));
			if (kind === "query" && value) query.append(of, value);
			if (kind === "body") body = value;
		}
		const headers = {Authorization: "Bearer " + field.value.trim()};
		if (op.dataset.version) headers.Version = op.dataset.version;
		if (body !== undefined) headers["Content-Type"] = "application/json";
		const say = (head, text) => {
			const pre = make("pre", {tabindex: "0", "aria-label": "The answer"});
			pre.textContent = text;
			answer.replaceChildren(make("h3", {}, head), pre);
		};
		const began = performance.now();
		try {
			const r = await fetch(path + (query.size ? "?" + query : ""), {method: op.dataset.method, headers, body, credentials: "omit", redirect: "error", cache: "no-store"});
			let text = await r.text();
			try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* as it is */ }
			say(`${r.status} in ${Math.round(performance.now() - began)} ms`, text.slice(0, 100000));
		} catch (problem) {
			say("No answer", String(problem));
		}
	});
	addEventListener("pagehide", () => { field.value = ""; });
})();
