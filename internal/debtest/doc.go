// Package debtest holds the tests of the Debian packages: what is in them, that
// the same source makes the same bytes, and that a clean Debian root survives
// their installation, upgrade, removal and purge.
//
// The packages for arm64 and armhf have a stand-in for their binary, unless
// -all is given: compiling it takes minutes where nothing is cached.
package debtest
