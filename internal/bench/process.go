package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server under test: this program once more, or another's.
type process struct {
	cmd     *exec.Cmd
	address string
	log     string // file of what it writes
	began   time.Time
	took    time.Duration // from its start until it was ready
	ended   chan struct{} // closed when it is gone, for the reason in err
	err     error
}

// launch starts a server that is told the address to listen on by args(address).
// What it logs goes to a file, as it would in operation.
func launch(ctx context.Context, dir, binary string, args func(address string) []string) (*process, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "*.log")
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(binary), err)
	}
	p := &process{cmd: exec.CommandContext(ctx, binary, args(address)...), address: address, log: f.Name(), ended: make(chan struct{})} // #nosec G204 -- the one who measures names the binary
	p.cmd.Stdout, p.cmd.Stderr = f, f
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = patience
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "FOYER_") { // the settings measured are those said here
			p.cmd.Env = append(p.cmd.Env, v)
		}
	}
	p.began = time.Now()
	err = p.cmd.Start()
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(binary), err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// freeAddress gives a loopback address that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// ready waits until a GET of path answers 200, and notes how long that took. A
// process that does not get ready is stopped.
func (p *process) ready(ctx context.Context, path string) error {
	request := get(path)
	for deadline := p.began.Add(patience); ctx.Err() == nil && time.Now().Before(deadline); {
		if c, err := dial(ctx, p.address); err == nil {
			status, _, err := c.do(request)
			c.close()
			if err == nil && status == 200 {
				p.took = time.Since(p.began)
				return nil
			}
		}
		select {
		case <-p.ended:
			return fmt.Errorf("a server ended with %w: %s", p.err, p.tail())
		case <-time.After(500 * time.Microsecond):
		}
	}
	return errors.Join(fmt.Errorf("a server does not get ready: %s", p.tail()), ctx.Err(), p.stop())
}

// stop ends the process in order.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping a server: %w", err)
	}
	<-p.ended
	var exit *exec.ExitError
	if errors.As(p.err, &exit) && !exit.Exited() {
		return nil // by the signal: not every server catches it
	}
	if p.err != nil {
		return fmt.Errorf("a server ended with %w: %s", p.err, p.tail())
	}
	return nil
}

// tail gives the end of what the process wrote.
func (p *process) tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-1000):])
}

// memory is the process's resident memory in bytes, 0 where the system does not say.
func (p *process) memory() int64 { return p.size("VmRSS:") }

// peak is the most that it has ever been.
func (p *process) peak() int64 { return p.size("VmHWM:") }

func (p *process) size(of string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, of); ok {
			kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10
		}
	}
	return 0
}

// cpu is the processor time that a process has used, 0 where the system does
// not say.
func cpu(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name in brackets may hold anything; user and system time follow as the
	// 12th and 13th field behind it, in hundredths of a second.
	_, rest, _ := strings.Cut(string(text), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}
