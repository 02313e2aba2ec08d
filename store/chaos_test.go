package store

const childURL = "FOOTFALL_TEST_CHILD"

func runChild(string) int { return 1 }
