"""Who may call, as whom, and how much: API keys, the doorkeeper, sessions of pages, quotas."""
