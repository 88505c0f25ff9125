CREATE INDEX note_by_time ON note (created_at);
