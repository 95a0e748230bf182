"""A hook of MkDocs: the pages that are generated from the canon and from the command line."""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from tensorcanon.conformance import book
from tensorcanon.spec import canon


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the chapters to the navigation, in the order of the canon."""
    chapters = [f"canon/{name}.md" for name in ("index", *canon.CHAPTERS)]
    config.nav = [*(config.nav or []), {"The canon": chapters}]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to those of the folder."""
    for path, text in {**book.pages(), "commands.md": book.commands()}.items():
        files.append(File.generated(config, path, content=text))
    return files
