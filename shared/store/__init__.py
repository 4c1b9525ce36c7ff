"""What lasts: every object key, the documents behind them, and the object store itself."""
