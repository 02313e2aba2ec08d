package chart

import "fmt"

// frame is what surrounds a plot: both axes with their titles.
type frame struct {
	Height, Base  string
	Values, Steps string // titles
	Up            []tick
	Along         []tick
}

type tick struct {
	At   string // a height, or a share of the width
	Text string
	Wide bool // only where there is room
}

func newFrame(s scale, labels []string, values, steps string) frame {
	f := frame{Height: pixels(height), Base: pixels(base), Values: values, Steps: steps}
	up := s.ticks()
	for _, v := range up {
		f.Up = append(f.Up, tick{At: pixels(s.y(v)), Text: short(v, up[len(up)-1])})
	}
	const wide = 12
	step := every(len(labels), wide)
	for i := 0; i < len(labels); i += step {
		f.Along = append(f.Along, tick{At: percent(center(i, len(labels))), Text: labels[i], Wide: i/step%2 == 1})
	}
	return f
}

// summary says where a series begins, ends and is highest.
func summary(values string, n int, at func(int) (string, float64)) string {
	if n == 0 {
		return "There is nothing to show."
	}
	first, _ := at(0)
	last, _ := at(n - 1)
	text, most := fmt.Sprintf("%s from %s to %s.", values, first, last), 0.0
	highest := ""
	for i := range n {
		if label, v := at(i); known(v) && v > most {
			highest, most = label, v
		}
	}
	if highest == "" {
		return text + " All are 0."
	}
	return text + fmt.Sprintf(" Highest: %s, %s.", highest, Number(most))
}
