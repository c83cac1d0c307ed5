// Syncline-kustomize is the official `kustomize build`, for one after another (package serve).
package main

import (
	"io"

	"sigs.k8s.io/kustomize/kustomize/v5/commands/build"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"

	"syncline.dev/engines/serve"
)

func main() {
	serve.Loop("sigs.k8s.io/kustomize/kustomize/v5", kustomize)
}

var schema = openapi.GetSchemaVersion()

func kustomize(arguments []string, out io.Writer) error {
	defer forget()
	command := build.NewCmdBuild(filesys.MakeFsOnDisk(), build.MakeHelp("kustomize", "build"), out)
	command.SetArgs(arguments[1:])
	return command.Execute()
}

// forget drops a schema that a kustomization brought or chose: the next build would use it, too.
func forget() {
	if openapi.GetSchemaVersion() != schema {
		openapi.ResetOpenAPI()
	}
}
