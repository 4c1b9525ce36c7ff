"""What comes with a mix beside its sound: chapters, cover, plot, snippets, edit lists."""
