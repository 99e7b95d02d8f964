// What the pages of accounts and settings do beyond what they do without script.
"use strict";
(() => {
	// The time zone of who sets up is likely that of the business.
	const zone = document.querySelector("select[data-zone]");
	if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
	if (zone && zone.selectedIndex < 0) zone.selectedIndex = 0;

	// A text is copied by a button that names where it stands.
	document.addEventListener("click", async (e) => {
		const button = e.target.closest("[data-copy]");
		const from = button && document.querySelector(button.dataset.copy);
		if (!from) return;
		await navigator.clipboard.writeText(from.innerText.trim());
		button.dataset.done = "1";
		setTimeout(() => delete button.dataset.done, 1500);
	});
})();
