"""Does yours? Backends, inputs, the judge, the pytest plugin, tests by chapter, the command line."""
