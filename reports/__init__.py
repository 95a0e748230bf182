"""What we know: result documents and the reports made from them. Reads results only."""
