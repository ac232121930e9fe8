"""Building blocks of the tools that train and measure the default model, pocket."""
