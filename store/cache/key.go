package cache

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"time"

	"footfall/analytics"
)

// topic is a tenant's topic: what changes together.
type topic struct {
	tenant int64
	name   analytics.Topic
}

// key names a value: what a topic says to one question.
type key struct {
	topic
	what string
}

// item is a value to be had, and how long it is believed.
type item struct {
	key
	ttl time.Duration
}

// totalsKey is the key of a query: all of it counts, but how many peers there are.
func totalsKey(tenant int64, q analytics.Query) key {
	b := binary.AppendUvarint([]byte{byte(q.Kind), byte(q.Want)}, uint64(len(q.Ranges)))
	var last int64
	for _, r := range q.Ranges {
		for _, t := range [2]time.Time{r.Start, r.End} {
			at := t.UnixMicro()
			b = binary.AppendVarint(b, at-last)
			last = at
		}
	}
	if len(q.Where) > 0 || q.By != nil {
		b = append(b, plainData(q.Where, q.By)...)
	}
	return key{topic{tenant, analytics.SubjectTopic(q.Subject)}, "totals:" + digest(b)}
}

// nounKey is the key of a question about nouns.
func nounKey(tenant int64, name analytics.Topic, question string, args ...any) key {
	if len(args) > 0 {
		question += ":" + digest(plainData(args...))
	}
	return key{topic{tenant, name}, question}
}

// plainData writes arguments, which are plain data and always ours.
func plainData(args ...any) []byte {
	b, err := json.Marshal(args)
	if err != nil {
		panic("cache: arguments: " + err.Error())
	}
	return b
}

// digest shortens b; two of the same digest do not occur.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// The keys of Redis. What a topic's values depend on shares their slot of a
// cluster; the era comes first (see remote.era).

func (t topic) redisKey(prefix, what string) string {
	return prefix + "{" + strconv.FormatInt(t.tenant, 10) + ":" + string(t.name) + "}:" + what
}

// tokenKey holds the topic's version token; no question has its name.
func (t topic) tokenKey(prefix string) string { return t.redisKey(prefix, "v") }

func (k key) valueKey(prefix string) string { return k.redisKey(prefix, k.what) }
