module syncline.dev/engines/serve

go 1.26.0
