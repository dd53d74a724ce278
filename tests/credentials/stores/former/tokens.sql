BEGIN TRANSACTION;
CREATE TABLE tap_jobber_credentials (
	client_id VARCHAR(255) NOT NULL, 
	account_id VARCHAR(255) NOT NULL, 
	access_token TEXT NOT NULL, 
	refresh_token TEXT NOT NULL, 
	record TEXT NOT NULL, 
	PRIMARY KEY (client_id, account_id)
);
INSERT INTO "tap_jobber_credentials" VALUES('client','Z2lkOi8vSm9iYmVyL0FjY291bnQvMQ==','access-1','refresh-1','{"version": 1, "client_id": "client", "account": {"id": "Z2lkOi8vSm9iYmVyL0FjY291bnQvMQ==", "name": "Green Lawns"}, "installer": {"user_id": "Z2lkOi8vSm9iYmVyL1VzZXIvMQ==", "name": "Alice"}, "access_token_obtained_at": 1750000000.0, "access_token_expires_at": 1750003600.0, "seed_fingerprint": "sha256:19b25856e1c150ca834cffc8b59b23adbd0ec0389e58eb22b3b64768098d002b", "connected_at": 1740000000.5, "name": "main", "description": "nightly", "pending": null, "past_seeds": ["sha256:da925a30e31f7fdaa7044e3e5ba4ae17670de82d677b0e7adf5700428a137a36"], "state": "refused", "state_since": 1750000100.0, "state_reason": "Jobber refused the refresh token", "scopes": ["read_clients", "read_jobs"], "api_version": "2025-04-16", "api_version_warning": "Support ends soon", "syncs": [{"began_at": 1749000000.0, "ended_at": 1749000060.0, "rows": {"clients": 3}, "error": "not complete: jobs", "incomplete": {"jobs": "jobs was set aside"}}]}');
INSERT INTO "tap_jobber_credentials" VALUES('client','pending:0a1b2c','access-2','refresh-2','{"version": 1, "client_id": "client", "account": null, "installer": null, "access_token_obtained_at": 1750000000.0, "access_token_expires_at": 1750003600.0, "seed_fingerprint": "sha256:19b25856e1c150ca834cffc8b59b23adbd0ec0389e58eb22b3b64768098d002b", "connected_at": 1740000000.5, "name": "main", "description": "nightly", "pending": "0a1b2c", "past_seeds": ["sha256:da925a30e31f7fdaa7044e3e5ba4ae17670de82d677b0e7adf5700428a137a36"], "state": "connected", "state_since": null, "state_reason": null, "scopes": ["read_clients", "read_jobs"], "api_version": "2025-04-16", "api_version_warning": "Support ends soon", "syncs": []}');
CREATE TABLE tap_jobber_locks (
	client_id VARCHAR(255) NOT NULL, 
	account_id VARCHAR(255) NOT NULL, 
	PRIMARY KEY (client_id, account_id)
);
COMMIT;
