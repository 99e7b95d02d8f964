package outbound

import (
	"fmt"
	"net/netip"
	"slices"
)

// usual are the ports that are connected to.
var usual = []uint16{80, 443, 8080, 8443}

// inside are the networks that are called global and are not in the public
// internet, or lead out of it again: the special-purpose registries of IANA, and
// the one metadata service that has a public address.
var inside = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"168.63.129.16/32",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)

// global6 is where the public addresses of IPv6 are. What carries an address of
// IPv4 inside (::/96, 64:ff9b::/96, 64:ff9b:1::/48, ::ffff:0:0:0/96) lies outside of it.
var global6 = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

// public refuses an address, as host:port, that is not in the public internet, and
// a port that is neither usual nor among those allowed beside.
func public(address string, ports []uint16) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrForbidden, address)
	}
	ip := at.Addr().Unmap()
	bad := !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.Is6() && !global6.Contains(ip) ||
		slices.ContainsFunc(inside, func(p netip.Prefix) bool { return p.Contains(ip) })
	if bad {
		return fmt.Errorf("%w: %s", ErrForbidden, ip)
	}
	if !slices.Contains(usual, at.Port()) && !slices.Contains(ports, at.Port()) {
		return fmt.Errorf("%w: port %d", ErrForbidden, at.Port())
	}
	return nil
}
