package contenders

import (
	"context"
	"encoding/json"
	"net/http"

	"footfall/bench/contenders/bare"
)

// openBare puts what the gateway said of activations into memory.
func openBare(_ context.Context, c Config) (http.Handler, error) {
	var all []*bare.Activation
	for _, p := range c.Answers {
		var answer struct {
			Data struct {
				Activation  *bare.Activation
				Activations struct{ Nodes []*bare.Activation }
			}
		}
		if err := json.Unmarshal(p.Answer.Body, &answer); err != nil {
			return nil, err
		}
		if a := answer.Data.Activation; a != nil {
			all = append(all, a)
		}
		all = append(all, answer.Data.Activations.Nodes...)
	}
	return bare.New(all), nil
}
