"""How a stream is read: pages that lose no row, their size, their price and the pace."""
