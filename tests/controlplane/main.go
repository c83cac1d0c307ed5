// One binary that is etcd, kube-apiserver and kube-controller-manager.
//
// It acts as the program whose name it was called by (a symbolic link), or as
// the one that its first argument names. The three share most of their code,
// so that one link step and 120 MB serve for all. kubelet and scheduler are not in it:
// nothing here runs containers.
//
// With CONTROLPLANE_LIFELINE=stdin it ends as soon as its standard input does: whoever
// started it holds the other end, so that no server outlives a killed test run.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	_ "time/tzdata" // CronJobs name time zones, and the machine may have no database of them

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

const usage = "usage: controlplane etcd|kube-apiserver|kube-controller-manager [flag...]"

func main() {
	name, args := filepath.Base(os.Args[0]), os.Args[1:]
	if !known(name) && len(args) > 0 {
		name, args = args[0], args[1:]
	}
	if os.Getenv("CONTROLPLANE_LIFELINE") == "stdin" {
		go endWith(os.Stdin)
	}
	switch name {
	case "etcd":
		etcdmain.Main(append([]string{name}, args...))
	case "kube-apiserver":
		run(apiserver.NewAPIServerCommand(), args)
	case "kube-controller-manager":
		run(controllers.NewControllerManagerCommand(), args)
	default:
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
}

func known(name string) bool {
	return name == "etcd" || name == "kube-apiserver" || name == "kube-controller-manager"
}

func run(command *cobra.Command, args []string) {
	command.SetArgs(args)
	os.Exit(cli.Run(command))
}

func endWith(lifeline io.Reader) {
	_, _ = io.Copy(io.Discard, lifeline)
	os.Exit(1)
}
