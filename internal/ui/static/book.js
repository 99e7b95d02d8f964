// The page of a calendar that anybody can book on: the browser knows the time zone
// of whoever looks at it, and a choice of another one shows at once.
"use strict";
(() => {
	const zones = document.querySelector("#zone");
	if (!zones) return;
	const here = new URL(location.href);
	const go = (zone) => { here.searchParams.set("zone", zone); location.replace(here); };
	zones.addEventListener("change", () => go(zones.value));
	const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
	if (zones.dataset.guess && own && own !== zones.value && [...zones.options].some((o) => o.value === own)) go(own);
})();
