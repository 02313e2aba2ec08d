package store

import "footfall/loaders"

var _ loaders.Source = (*Store)(nil)
