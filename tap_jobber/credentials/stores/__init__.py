"""Token stores: the stored record, its encryption, its locks, and a module for each kind of store."""
