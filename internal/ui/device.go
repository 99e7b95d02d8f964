package ui

import "strings"

// deviceName says in words what a browser says of itself: Firefox on Windows. It
// is for people to know their own sessions again; nothing is decided by it.
func deviceName(agent string) string {
	first := func(otherwise string, pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return otherwise
	}
	// the ones that call themselves others too come first
	name := first("Browser", "Edg", "Edge", "OPR/", "Opera", "SamsungBrowser", "Samsung Internet", "Firefox", "Firefox", "FxiOS", "Firefox", "CriOS", "Chrome", "Chrome", "Chrome", "Safari", "Safari", "curl", "curl")
	system := first("", "iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "Windows", "Windows", "Mac OS X", "Mac", "CrOS", "ChromeOS", "Linux", "Linux")
	if system == "" {
		return name
	}
	return name + " on " + system
}
