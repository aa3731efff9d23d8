//go:build !race

package sale_test

const crashesWorthSearching = 4
const crashesBesideDamage = 1
