"""From a model to Inductor's text without a GPU: a device that is not there, the capture, Triton for everything."""
