// Package serve lets a renderer's official code render one after another in one process.
//
// It says which version it is in its first line, then reads requests from standard input, a line of
// JSON each, and answers each on standard output: a line of JSON, and so many bytes. What the
// renderer says to people goes to standard error, before the answer. It ends with standard input, or
// when nobody has asked for a while.
package serve

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
)

// Idle is how long to wait for the next request.
const Idle = 30 * time.Second

// laterGC is the collector's percentage once the first render is over: a start makes little garbage
// and is not worth collecting, a process that stays is to be small.
const laterGC = 200

type hello struct {
	Version string `json:"version"`
}

type request struct {
	Directory string   `json:"directory"` // where relative paths begin
	Arguments []string `json:"arguments"` // of the command line, without the program
}

type answer struct {
	Failed bool `json:"failed"`
	Size   int  `json:"size"` // bytes that follow
}

// Renderer writes a render to out. Of an error it has told people itself.
type Renderer func(arguments []string, out io.Writer) error

// Loop serves until standard input ends. The module's version is told as the engine's.
func Loop(module string, render Renderer) {
	if err := loop(module, render); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func loop(module string, render Renderer) error {
	if err := tell(hello{version(module)}, nil); err != nil {
		return err
	}
	idle := time.AfterFunc(Idle, func() { os.Exit(0) })
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		idle.Stop()
		if err := one(line, render); err != nil {
			return err
		}
		debug.SetGCPercent(laterGC)
		idle.Reset(Idle)
	}
}

func one(line []byte, render Renderer) error {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return err
	}
	if err := os.Chdir(asked.Directory); err != nil {
		return err
	}
	var out bytes.Buffer
	failed := render(asked.Arguments, &out) != nil
	if err := clear(os.TempDir()); err != nil {
		return err
	}
	return tell(answer{failed, out.Len()}, out.Bytes())
}

func tell(head any, content []byte) error {
	line, err := json.Marshal(head)
	if err != nil {
		return err
	}
	if _, err := os.Stdout.Write(append(line, '\n')); err != nil {
		return err
	}
	_, err = os.Stdout.Write(content)
	return err
}

// clear leaves nothing in the temporary directory for the next render.
func clear(directory string) error {
	left, err := os.ReadDir(directory)
	if err != nil {
		return err
	}
	for _, each := range left {
		if err := os.RemoveAll(filepath.Join(directory, each.Name())); err != nil {
			return err
		}
	}
	return nil
}

func version(module string) string {
	info, _ := debug.ReadBuildInfo()
	for _, each := range info.Deps {
		if each.Path == module {
			return each.Version
		}
	}
	return ""
}
