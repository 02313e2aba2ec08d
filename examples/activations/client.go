package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const createActivation = `mutation($input: CreateActivationInput!) { createActivation(input: $input) { activation { activationId } token } }`

// client asks a gateway.
type client struct {
	endpoint, key string
	http          http.Client
	wait          func(time.Duration)
}

func newClient(url, key string) *client {
	return &client{
		endpoint: strings.TrimSuffix(url, "/") + "/graphql", key: key,
		http: http.Client{Timeout: 30 * time.Second}, wait: time.Sleep,
	}
}

// answer is what the gateway says: the activation, or errors.
type answer struct {
	Data struct {
		CreateActivation *struct {
			Activation struct{ ActivationID string }
			Token      string
		}
	}
	Errors []struct {
		Message    string
		Extensions struct{ Code string }
	}
}

// create makes one activation. Asked to come back later, it does, a few times.
func (c *client) create(in input) (id, token string, err error) {
	for tries := 1; ; tries++ {
		got, err := c.post(in)
		if err != nil {
			return "", "", &fatal{err}
		}
		switch {
		case (got.status == http.StatusTooManyRequests || got.status == http.StatusServiceUnavailable) && tries < 5:
			c.wait(time.Duration(min(max(got.later, 1), 60)) * time.Second)
			continue
		case got.status >= 500 || got.status == http.StatusUnauthorized || got.status == http.StatusForbidden || got.status == http.StatusTooManyRequests:
			return "", "", &fatal{fmt.Errorf("the gateway answers %d: %.200s", got.status, bytes.TrimSpace(got.body))}
		}
		return read(got)
	}
}

// reply is an HTTP answer.
type reply struct {
	status, later int // later: seconds to wait, when asked to
	body          []byte
}

func (c *client) post(in input) (reply, error) {
	body, err := json.Marshal(map[string]any{"query": createActivation, "variables": map[string]any{"input": in}})
	if err != nil {
		return reply{}, err
	}
	request, err := http.NewRequest(http.MethodPost, c.endpoint, bytes.NewReader(body)) //nolint:gosec // the user names the gateway
	if err != nil {
		return reply{}, err
	}
	request.Header.Set("Authorization", "Bearer "+c.key)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/graphql-response+json, application/json")
	response, err := c.http.Do(request) //nolint:gosec // the user names the gateway
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	later, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	return reply{response.StatusCode, later, said}, err
}

func read(got reply) (id, token string, err error) {
	var a answer
	switch err := json.Unmarshal(got.body, &a); {
	case err != nil:
		return "", "", &fatal{fmt.Errorf("not an answer of a GraphQL gateway: %d: %.200s", got.status, got.body)}
	case len(a.Errors) > 0:
		first := a.Errors[0]
		err := errors.New(first.Message)
		if code := first.Extensions.Code; code == "FORBIDDEN" || code == "UNAUTHENTICATED" {
			err = &fatal{err}
		}
		return "", "", err
	case a.Data.CreateActivation == nil:
		return "", "", fmt.Errorf("the gateway answers %d without an activation", got.status)
	}
	made := a.Data.CreateActivation
	return made.Activation.ActivationID, made.Token, nil
}
