package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
)

// volume is a small file system of its own for the servers' data, so that it can
// be filled without harm to anyone. Only root on Linux can have one: nil stands
// for none.
type volume struct{ dir string }

const volumeSize = "size=900m,mode=755"

func mountVolume(ctx context.Context) *volume {
	if os.Geteuid() != 0 {
		return nil
	}
	dir, err := os.MkdirTemp("", "footfall-chaos-")
	if err != nil {
		return nil
	}
	if exec.CommandContext(ctx, "mount", "-t", "tmpfs", "-o", volumeSize, "tmpfs", dir).Run() != nil {
		_ = os.Remove(dir)
		return nil
	}
	return &volume{dir}
}

// data is the folder on the volume, "" without one: a temporary folder then.
func (v *volume) data() string {
	if v == nil {
		return ""
	}
	return filepath.Join(v.dir, "data")
}

// fill takes all the room that is left.
func (v *volume) fill() error {
	ballast, err := os.Create(filepath.Join(v.dir, "ballast"))
	if err != nil {
		return err
	}
	defer func() { _ = ballast.Close() }()
	for block := make([]byte, 1<<20); len(block) > 0; block = block[:len(block)/2] {
		for err = nil; err == nil; {
			_, err = ballast.Write(block)
		}
	}
	return nil // as was wanted, nothing more can be written
}

// drain gives the room back.
func (v *volume) drain() error { return os.Remove(filepath.Join(v.dir, "ballast")) }

func (v *volume) unmount() error {
	if v == nil {
		return nil
	}
	return errors.Join(exec.Command("umount", v.dir).Run(), os.Remove(v.dir))
}
