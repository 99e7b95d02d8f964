package bench

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Machine is where the figures were measured.
type Machine struct {
	CPU        string `json:"cpu"`
	Cores      int    `json:"cores"`
	Memory     string `json:"memory"`
	Kernel     string `json:"kernel"`
	Go         string `json:"go"`
	Filesystem string `json:"filesystem"`
	Foyer      string `json:"foyer"`
}

// machine names this one. dir is where the data is put. What the system does
// not tell stays "unknown".
func machine(dir, version string) Machine {
	m := Machine{CPU: "unknown", Cores: runtime.NumCPU(), Memory: "unknown", Kernel: runtime.GOOS, Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH, Filesystem: filesystem(dir), Foyer: version}
	if v := procLine("/proc/cpuinfo", "model name"); v != "" {
		m.CPU = v
	}
	if kib, err := strconv.ParseInt(strings.TrimSuffix(procLine("/proc/meminfo", "MemTotal"), " kB"), 10, 64); err == nil {
		m.Memory = fmt.Sprintf("%.0f GiB", float64(kib)/(1<<20))
	}
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = "Linux " + strings.TrimSpace(string(b))
	}
	return m
}

// procLine gives the value of "key : value" in a file of /proc, "" if it is not there.
func procLine(path, key string) string {
	text, err := os.ReadFile(path) // #nosec G304 -- paths of this file
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// filesystem names the kind of file system that a folder lies on.
func filesystem(dir string) string {
	f, err := os.Open("/proc/mounts")
	if err != nil {
		return "unknown"
	}
	defer func() { _ = f.Close() }()
	if abs, err := filepath.EvalSymlinks(dir); err == nil {
		dir = abs
	}
	best, kind := -1, "unknown"
	for lines := bufio.NewScanner(f); lines.Scan(); {
		p := strings.Fields(lines.Text())
		if len(p) > 2 && (dir == p[1] || strings.HasPrefix(dir, strings.TrimSuffix(p[1], "/")+"/")) && len(p[1]) >= best {
			best, kind = len(p[1]), p[2]
		}
	}
	return kind
}

// watch sees how busy the machine was with other things than the measurement.
type watch struct {
	start             time.Time
	busy, server, own time.Duration
	pids              []int
}

func newWatch(servers ...*process) *watch {
	w := &watch{start: time.Now(), busy: busyTime(), own: cpu(os.Getpid())}
	for _, p := range servers {
		w.pids = append(w.pids, p.cmd.Process.Pid)
		w.server += cpu(p.cmd.Process.Pid)
	}
	return w
}

// use is what the processors did during a measurement: the server's and this
// program's time, and the share of the machine that others took.
type use struct {
	Server time.Duration `json:"serverNs"`
	Load   time.Duration `json:"loadNs"`
	Others float64       `json:"others"` // 0 to 1
}

func (w *watch) stop() use {
	u := use{Server: -w.server, Load: cpu(os.Getpid()) - w.own}
	for _, pid := range w.pids {
		u.Server += cpu(pid)
	}
	all := time.Since(w.start) * time.Duration(runtime.NumCPU())
	if busy := busyTime() - w.busy; busy > 0 && all > 0 {
		u.Others = max(0, float64(busy-u.Server-u.Load)/float64(all))
	}
	return u
}

// busyTime is the time that all processors together have not been idle.
func busyTime() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	var sum int64
	for i, f := range strings.Fields(line) {
		// user nice system idle iowait irq softirq steal
		if n, err := strconv.ParseInt(f, 10, 64); err == nil && i != 4 && i != 5 && i < 9 {
			sum += n
		}
	}
	return time.Duration(sum) * 10 * time.Millisecond
}
