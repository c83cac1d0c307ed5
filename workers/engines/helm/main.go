// Syncline-helm is the official Helm's `template`, for one render after another (package serve).
package main

import (
	"io"
	"log/slog"

	"helm.sh/helm/v4/pkg/cmd"

	"syncline.dev/engines/serve"
)

func main() {
	serve.Loop("helm.sh/helm/v4", template)
}

func template(arguments []string, out io.Writer) error {
	root, err := cmd.NewRootCmd(out, arguments, cmd.SetupLogging)
	if err != nil {
		slog.Warn("command failed", slog.Any("error", err))
		return err
	}
	root.SetArgs(arguments)
	return root.Execute()
}
