package main

import (
	"slices"

	"kioskd/internal/simweb"
	"kioskd/sale"
)

// assortment is what the simulated machine sells unless it is told otherwise.
func assortment() []sale.Product {
	return []sale.Product{
		{Slot: 11, Name: "农夫山泉 550ml", Price: 200},
		{Slot: 12, Name: "可口可乐 330ml", Price: 350},
		{Slot: 13, Name: "海盐柠檬苏打水", Price: 450},
		{Slot: 14, Name: "东方树叶 茉莉花茶 500ml", Price: 550},
		{Slot: 21, Name: "奥利奥夹心饼干 97g", Price: 680},
		{Slot: 22, Name: "乐事薯片 原味 75g", Price: 750},
		{Slot: 23, Name: "士力架花生夹心巧克力", Price: 500},
		{Slot: 24, Name: "卫龙大面筋 65g", Price: 400},
		{Slot: 31, Name: "三只松鼠每日坚果", Price: 990},
		{Slot: 32, Name: "心相印纸巾", Price: 150},
	}
}

// shelf is the products of these slots; one that the assortment has not gets
// a plain name and price.
func shelf(slots []int) []sale.Product {
	all := assortment()
	if len(slots) == 0 {
		return all
	}
	var on []sale.Product
	for _, n := range slots {
		i := slices.IndexFunc(all, func(p sale.Product) bool { return int(p.Slot) == n })
		if i < 0 {
			on = append(on, sale.Product{Slot: sale.Slot(n), Name: "商品", Price: 100})
			continue
		}
		on = append(on, all[i])
	}
	return on
}

// onPage is the products as the page names them.
func onPage(products []sale.Product) []simweb.Product {
	var list []simweb.Product
	for _, p := range products {
		list = append(list, simweb.Product{Slot: int(p.Slot), Name: p.Name, Price: p.Price.String()})
	}
	return list
}
