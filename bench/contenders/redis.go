package contenders

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/redis/go-redis/v9"
)

// redisGet answers with one Redis GET, which it decodes and writes anew. Its
// values are there before it starts.
type redisGet struct{ client *redis.Client }

func openRedis(ctx context.Context, c Config) (http.Handler, error) {
	if c.Redis == "" {
		return nil, errors.New("there is no Redis")
	}
	o, err := redis.ParseURL(c.Redis)
	if err != nil {
		return nil, err
	}
	g := redisGet{redis.NewClient(o)}
	for _, p := range c.Answers {
		var answer struct {
			Data struct{ Activation kept }
		}
		if err = json.Unmarshal(p.Answer.Body, &answer); err != nil {
			return nil, err
		}
		value, err := json.Marshal(answer.Data.Activation)
		if err != nil {
			return nil, err
		}
		if err = g.client.Set(ctx, p.Request.Target, value, 0).Err(); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// kept is an activation with its metrics, as it lies in Redis.
type kept struct {
	ActivationID string            `json:"activationId"`
	EventKey     string            `json:"eventKey"`
	EventName    string            `json:"eventName"`
	Tier         string            `json:"tier"`
	StartAt      string            `json:"startAt"`
	EndAt        string            `json:"endAt"`
	Metrics      activationMetrics `json:"metrics"`
}

// ServeHTTP implements http.Handler.
func (g redisGet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	value, err := g.client.Get(r.Context(), r.RequestURI).Bytes()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var a kept
	if err = json.Unmarshal(value, &a); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, a)
}
